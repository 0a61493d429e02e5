"""Reads the seed corpus: what each category means, and the labelled examples that the model learns from.

The corpus is data. A folder is a category, and a new category is a new folder: nothing here knows their names,
except that `background/` holds what is not a match.

    seed_corpus/
      expulsion/definition.toml     title, summary, includes, excludes
      expulsion/*.toml              [[example]] tables: id, labels, language, title, text, ...
      background/*.toml             the same with labels = []
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

BACKGROUND = "background"
LOOK_ALIKE = "look-alike"
GENERAL = "general"
KINDS = (LOOK_ALIKE, "security", GENERAL)
"""Of background examples; one that names none is general."""
_KEYS = frozenset(["id", "labels", "language", "form", "country", "year", "title", "text", "kind", "resembles"])
DEFINITION = "definition.toml"
MIN_EXAMPLES = 5
"""Fewer examples than this cannot be cross-validated in five folds, let alone trusted. It holds for a category, and
for a language: so many labelled ones and so many in the background."""

_EXAMPLE_HEADER = re.compile(r"^[ \t]*\[\[[ \t]*example[ \t]*\]\]", re.MULTILINE)


class CorpusError(ValueError):
    """The seed corpus cannot be used as it is; the message names the file, the line and the example."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """What a label means.

    Attributes:
        name: the folder's name, which is the label.
        includes, excludes: what is in and what is out, a sentence each.
    """

    name: str
    title: str
    summary: str
    includes: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One labelled text.

    Attributes:
        id: unique in the corpus.
        labels: every category that applies; empty in the background.
        folder: the folder it stands in, a category's name or "background".
        source: file and line, for messages.
        kind: of a background example: "look-alike", "security" or "general"; "" elsewhere.
        resembles: of a look-alike: the category that it could be mistaken for, else "".
        unknown: categories of which nobody has said whether they apply; only verdicts leave some open.
    """

    id: str
    labels: tuple[str, ...]
    language: str
    title: str
    text: str
    folder: str
    source: str = ""
    form: str = ""
    country: str = ""
    year: int | None = None
    kind: str = ""
    resembles: str = ""
    unknown: tuple[str, ...] = ()

    @property
    def unrelated(self) -> bool:
        """Whether it is known to match no category."""
        return not self.labels and not self.unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """The whole corpus, examples in the order of their ids.

    Attributes:
        hash: SHA-256 over everything that can change a model (definitions, labels, languages, texts); the layout
            of the files does not enter.
    """

    categories: tuple[Category, ...]
    examples: tuple[Example, ...]
    hash: str = field(default="")

    @property
    def version(self) -> str:
        """A short name of this content, e.g. "corpus-51d0ab37"."""
        return f"corpus-{self.hash[:8]}"

    @property
    def names(self) -> tuple[str, ...]:
        """The categories' names, sorted."""
        return tuple(category.name for category in self.categories)

    @property
    def languages(self) -> frozenset[str]:
        """The languages that articles may be scored in: those with enough examples, two-letter codes.

        One stray example teaches nothing and would turn "not scored, and counted" into bad scores.
        """
        labelled = Counter(example.language for example in self.examples if example.labels)
        others = Counter(example.language for example in self.background)
        return frozenset(
            language for language, count in labelled.items() if min(count, others[language]) >= MIN_EXAMPLES
        )

    @property
    def background(self) -> tuple[Example, ...]:
        """The examples that match no category."""
        return tuple(example for example in self.examples if example.unrelated)

    def of(self, category: str) -> tuple[Example, ...]:
        """Every example that carries the label `category`, from whatever folder."""
        return tuple(example for example in self.examples if category in example.labels)


def load_corpus(folder: Path) -> Corpus:
    """Read and check a corpus folder.

    Args:
        folder: holds one folder a category and `background/`.

    Raises:
        CorpusError: at the first thing that is wrong, naming the file (and the line and example where there is one).
    """
    if not folder.is_dir():
        raise CorpusError(f"{folder}: there is no such corpus folder")
    folders = sorted(item for item in folder.iterdir() if item.is_dir() and not item.name.startswith((".", "_")))
    category_folders = [item for item in folders if item.name != BACKGROUND]
    if not category_folders:
        raise CorpusError(f"{folder}: no category in it; a category is a folder with a {DEFINITION} and examples")
    if len(category_folders) == len(folders):
        raise CorpusError(
            f"{folder / BACKGROUND}: missing; without examples of what is not a match nothing can be told apart"
        )
    categories = tuple(_read_definition(item) for item in category_folders)
    known = frozenset(category.name for category in categories)
    seen: dict[str, str] = {}
    examples: list[Example] = []
    for item in folders:
        found = _read_examples(item, known, seen)
        if len(found) < MIN_EXAMPLES:
            _refuse_few(item, len(found))
        examples += found
    examples.sort(key=lambda example: example.id)
    return Corpus(categories=categories, examples=tuple(examples), hash=content_hash(categories, examples))


def _read_toml(file: Path) -> tuple[dict[str, Any], str]:
    try:
        raw = file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = file.read_bytes()[: error.start].count(b"\n") + 1
        raise CorpusError(f"{file}, line {line}: not UTF-8 (byte {error.start})") from error
    except OSError as error:
        raise CorpusError(f"{file}: cannot be read: {error.strerror}") from error
    try:
        return tomllib.loads(raw), raw
    except tomllib.TOMLDecodeError as error:
        raise CorpusError(f"{file}: not valid TOML: {error}") from error


def _read_definition(folder: Path) -> Category:
    file = folder / DEFINITION
    if not file.is_file():
        raise CorpusError(f"{file}: missing; it says what the category means: title, summary, includes, excludes")
    data, _ = _read_toml(file)
    for key in ("title", "summary"):
        if not isinstance(data.get(key), str) or not data[key].strip():
            raise CorpusError(f"{file}: {key} is missing or empty")
    lists: dict[str, tuple[str, ...]] = {}
    for key in ("includes", "excludes"):
        value = data.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise CorpusError(f"{file}: {key} must be a list of sentences")
        lists[key] = tuple(value)
    return Category(name=folder.name, title=data["title"].strip(), summary=data["summary"].strip(), **lists)


def _read_examples(folder: Path, known: frozenset[str], seen: dict[str, str]) -> list[Example]:
    examples: list[Example] = []
    for file in sorted(item for item in folder.iterdir() if item.suffix.lower() == ".toml"):
        if file.name == DEFINITION:
            continue
        data, raw = _read_toml(file)
        tables = data.get("example")
        if not isinstance(tables, list) or not tables:
            raise CorpusError(f"{file}: no [[example]] in it")
        headers = [raw.count("\n", 0, match.start()) + 1 for match in _EXAMPLE_HEADER.finditer(raw)]
        for index, table in enumerate(tables):
            line = headers[index] if len(headers) == len(tables) else None
            source = f"{file}, line {line}" if line else str(file)
            examples.append(_read_example(table, folder.name, source, index + 1, known, seen))
    return examples


def _read_example(
    table: object, folder: str, source: str, number: int, known: frozenset[str], seen: dict[str, str]
) -> Example:
    def refuse(reason: str) -> NoReturn:
        raise CorpusError(f"{source}, example {name}: {reason}")

    name = f"number {number}"
    if not isinstance(table, dict):
        refuse("is not a table")
    identity = table.get("id")
    if not isinstance(identity, str) or not identity.strip():
        refuse("id is missing")
    name = repr(identity)
    if identity in seen:
        refuse(f"the id is already used in {seen[identity]}")
    seen[identity] = source
    labels = table.get("labels")
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        refuse('labels are missing; write labels = ["category", ...], or [] in the background')
    for label in labels:
        if label not in known:
            refuse(f"unknown label {label!r}; the categories are {', '.join(sorted(known))}")
    if len(set(labels)) != len(labels):
        refuse("a label is given twice")
    if folder == BACKGROUND and labels:
        refuse("the background holds what is no match, so labels must be []")
    if folder != BACKGROUND and folder not in labels:
        refuse(f"it stands in {folder}/, but {folder!r} is not among its labels")
    values: dict[str, Any] = {}
    for key in ("title", "text", "language", "form", "country", "kind", "resembles"):
        value = table.get(key, "")
        if not isinstance(value, str):
            refuse(f"{key} must be a string")
        values[key] = value.strip()
    if not values["text"]:
        refuse("text is missing or empty")
    if not re.fullmatch(r"[a-z]{2,3}", values["language"]):
        refuse('language is missing; write the two-letter code, for example language = "en"')
    if values["resembles"] and values["resembles"] not in known:
        refuse(f"resembles the unknown category {values['resembles']!r}")
    if folder == BACKGROUND:
        values["kind"] = values["kind"] or GENERAL
        if values["kind"] not in KINDS:
            refuse(f"unknown kind {values['kind']!r}; background is {', '.join(KINDS)}")
    if unknown := sorted(table.keys() - _KEYS):
        refuse(f"unknown key {unknown[0]!r}; an example has {', '.join(sorted(_KEYS))}")
    year = table.get("year")
    if year is not None and (not isinstance(year, int) or isinstance(year, bool)):
        refuse("year must be a number")
    return Example(id=identity, labels=tuple(labels), folder=folder, source=source, year=year, **values)


def _refuse_few(folder: Path, count: int) -> NoReturn:
    missing = MIN_EXAMPLES - count
    has = "no example" if count == 0 else f"only {count} example{'s' if count > 1 else ''}"
    what = "text that is no match" if folder.name == BACKGROUND else f"text labelled {folder.name!r}"
    raise CorpusError(
        f"{folder}: {has}; at least {MIN_EXAMPLES} are needed: add {missing} more, each an [[example]] table with "
        f"id, labels, language, title and {what}, in any .toml file of this folder"
    )


def content_hash(categories: Sequence[Category], examples: Sequence[Example]) -> str:
    """What `Corpus.hash` holds."""
    content = {
        "categories": [[c.name, c.title, c.summary, c.includes, c.excludes] for c in categories],
        "examples": [
            [e.id, sorted(e.labels), e.language, e.title, e.text, e.kind, sorted(e.unknown)] for e in examples
        ],
    }
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()
