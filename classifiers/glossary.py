"""Other languages read through a glossary: each word that it knows is replaced by its English meaning.

The corpus has a thousand English examples and a few dozen in each other language. What the English ones teach holds
in every language as soon as the words are the same, so an article is glossed word by word before it is counted. The
result is no translation and nobody reads it; words that the glossary doesn't know stay as they are and are learned
from the examples in their own language. A language without a glossary is learned from its examples alone.

    glossaries/de.toml    function = "der die das ..."      words that are left out
                          [words]
                          "botschaft*" = "embassy"          a star stands for any ending
                          "des landes verwiesen" = "expelled"
                          "weist * diplomaten aus" = "expels diplomats"    any one word stands between; it is lost
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

FOLDER = Path(__file__).parent / "glossaries"
SHORTEST_STEM = 3
"""Letters before a star."""

_WORD = re.compile(r"[^\W_]+|[.,;:!?]")
_REMEMBERED = 20_000


class GlossaryError(ValueError):
    """A glossary cannot be read; the message names the file and what is wrong."""


@dataclass(frozen=True, slots=True)
class _Meaning:
    """An entry that begins with some word: the words that must follow it, and what they mean together."""

    rest: tuple[str, ...]
    english: str
    exactness: int

    def holds(self, following: list[str]) -> bool:
        return len(self.rest) <= len(following) and all(
            word.startswith(pattern[:-1]) if pattern.endswith("*") else word == pattern
            for pattern, word in zip(self.rest, following, strict=False)
        )


class Glossary:
    """The glossary of one language."""

    def __init__(self, file: Path) -> None:
        """Read a glossary file.

        Raises:
            GlossaryError: it is not what the module's text describes.
        """
        try:
            data = tomllib.loads(file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise GlossaryError(f"{file}: cannot be read: {error}") from error
        self._exact: dict[str, list[_Meaning]] = {}
        self._stems: dict[str, list[_Meaning]] = {}
        words = data.get("words", {})
        for word in str(data.get("function", "")).split():
            self._add(file, word, "")
        for pattern, english in words.items():
            if not isinstance(english, str):
                raise GlossaryError(f"{file}: {pattern!r}: the meaning must be a string")
            self._add(file, pattern, english)
        self._longest = max((len(stem) for stem in self._stems), default=0)
        self._meanings = lru_cache(maxsize=_REMEMBERED)(self._look_up)

    def _add(self, file: Path, pattern: str, english: str) -> None:
        first, *rest = pattern.split() or [""]
        table, key = (self._stems, first[:-1]) if first.endswith("*") else (self._exact, first)
        if not key or (table is self._stems and len(key) < SHORTEST_STEM):
            raise GlossaryError(f"{file}: {pattern!r}: at least {SHORTEST_STEM} letters must stand before a star")
        exactness = sum(len(word) + (not word.endswith("*")) for word in (first, *rest))
        table.setdefault(key, []).append(_Meaning(tuple(rest), english, exactness))

    def _look_up(self, word: str) -> tuple[_Meaning, ...]:
        """The entries that begin with a word: phrases before words, exact ones before stems, long before short."""
        found = list(self._exact.get(word, ()))
        for length in range(min(len(word), self._longest), SHORTEST_STEM - 1, -1):
            found += self._stems.get(word[:length], ())
        found.sort(key=lambda meaning: (-len(meaning.rest), -meaning.exactness))
        return tuple(found)

    def gloss(self, sentence: str) -> str:
        """A sentence with the words that the glossary knows in English."""
        return " ".join(english for english, _, _ in self.gloss_words(sentence))

    def gloss_words(self, sentence: str) -> list[tuple[str, int, int]]:
        """The same word by word, with the offsets of what each stands for."""
        matches = list(_WORD.finditer(sentence))
        words = [match[0] for match in matches]
        lower = [word.lower() for word in words]
        found: list[tuple[str, int, int]] = []
        position = 0
        while position < len(words):
            following = lower[position + 1 : position + 7]
            for meaning in self._meanings(lower[position]):
                if meaning.holds(following):
                    end = position + 1 + len(meaning.rest)
                    found.append((meaning.english, matches[position].start(), matches[end - 1].end()))
                    position = end
                    break
            else:
                found.append((words[position], *matches[position].span()))
                position += 1
        return [word for word in found if word[0]]


def gloss(sentence: str, language: str) -> str:
    """A sentence as the model counts it: in English words as far as its language has a glossary.

    Args:
        sentence: any text.
        language: two-letter code; English and languages without a glossary come back as they are.
    """
    glossary = _glossary(language)
    return sentence if glossary is None else glossary.gloss(sentence)


def gloss_words(sentence: str, language: str) -> list[tuple[str, int, int]] | None:
    """The words of a sentence as the model counts them, with the offsets of what each stands for.

    Args:
        sentence: any text.
        language: two-letter code.

    Returns:
        (English, start, end) in order, function words left out; None where `gloss` changes nothing.
    """
    glossary = _glossary(language)
    return None if glossary is None else glossary.gloss_words(sentence)


@lru_cache(maxsize=32)
def _glossary(language: str) -> Glossary | None:
    file = FOLDER / f"{language}.toml"
    return Glossary(file) if re.fullmatch("[a-z]{2,3}", language) and file.is_file() else None


@lru_cache(maxsize=1)
def glossaries_version() -> str:
    """A hash over all glossaries; it enters the model's identity."""
    files = sorted(FOLDER.glob("*.toml"))
    return hashlib.sha256(b"\0".join(file.name.encode() + b"\0" + file.read_bytes() for file in files)).hexdigest()
