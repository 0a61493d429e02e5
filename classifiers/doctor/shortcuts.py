"""Shortcut features: a country, a form, a decade, a name or a word that alone predicts a label.

What a label is about is meant to predict it: words of the category's definition and of the lexicon of concepts are
not looked at. What is left is tested one by one (see `chance`), and a finding must also be strong, because with many
examples a harmless leaning is significant, too.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from classifiers.concepts import STATE
from classifiers.corpus import BACKGROUND, Corpus, Example
from classifiers.doctor.chance import SIGNIFICANCE, enriched, holm
from classifiers.features import FINDER, normalize, split_words, term_of
from classifiers.glossary import gloss
from classifiers.passages import sentences_of

LEAST_EXAMPLES = 5
"""Features in fewer examples are not tested: the model hardly learns from them, and each test costs power."""
PREDICTS = 0.5
"""The share of the examples with the feature that must carry the label."""
ODDS = 4.0
"""How many times the label's odds must be what they are in the other examples."""
NOUNS_ARE_CAPITALISED = frozenset({"de", "lb"})
METADATA = ("country", "form", "decade", "year")
MOSTLY_LOWER = 0.1
"""A word that the corpus writes small in a larger share of the places is no name: "Police", "Ministry"."""
_WORD = re.compile(r"[^\W\d_][\w’'-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortcut:
    """A feature that predicts a label without being its subject.

    Attributes:
        kind: "country", "form", "decade", "year", "name" or "word".
        feature: its value, e.g. "KP", "court-report", "1980s", "Zurich"; a word stands for its other endings, too.
        label: a category, or "background".
        examples: how many examples have the feature.
        labelled: how many of these carry the label.
        share: `labelled / examples`.
        base: the label's share of all examples.
        coverage: the share of the label's examples that have the feature.
        p: of Fisher's exact test, after Holm's correction.
        ids: of up to five that have the feature and the label.
    """

    kind: str
    feature: str
    label: str
    examples: int
    labelled: int
    share: float
    base: float
    coverage: float
    p: float
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortcutTest:
    """What was tested and what came out; `tests` is the number that the correction is for."""

    tests: int
    found: tuple[Shortcut, ...]


def find_shortcuts(corpus: Corpus) -> ShortcutTest:
    """Test every feature against every label."""
    holders: dict[tuple[str, str], set[int]] = {}
    common = _common_words(corpus)
    spoken: Counter[tuple[str, str]] = Counter()
    for row, example in enumerate(corpus.examples):
        for feature in features_of_example(example, common):
            holders.setdefault(feature, set()).add(row)
        spoken.update((term_of(word), word) for word in set(_glossed(example)))
    surfaces = {term: word for (term, word), _ in sorted(spoken.items(), key=lambda item: (item[1], item[0]))}
    features = sorted(feature for feature, rows in holders.items() if len(rows) >= LEAST_EXAMPLES)
    total = len(corpus.examples)
    tested: list[tuple[tuple[str, str], str, int, int, float]] = []
    carrying = {name: {r for r, e in enumerate(corpus.examples) if name in e.labels} for name in corpus.names}
    carrying[BACKGROUND] = {row for row, example in enumerate(corpus.examples) if example.unrelated}
    for label, rows in carrying.items():
        subject = _subject(corpus, label)
        asked = [
            feature
            for feature in features
            if len(holders[feature]) < total and not (feature[0] == "word" and feature[1] in subject)
        ]
        having = [len(holders[feature]) for feature in asked]
        both = [len(holders[feature] & rows) for feature in asked]
        chances = enriched(both, having, len(rows), total)
        tested += zip(asked, [label] * len(asked), having, both, chances, strict=True)
    adjusted = holm([chance for *_, chance in tested])
    found = []
    for (feature, label, having_it, labelled, _), p in zip(tested, adjusted, strict=True):
        rows = carrying[label]
        if p >= SIGNIFICANCE or not _strong(having_it, labelled, len(rows), total):
            continue
        shown = sorted(holders[feature] & rows)[:5]
        found.append(
            Shortcut(
                kind=feature[0],
                feature=surfaces.get(feature[1], feature[1]) if feature[0] == "word" else feature[1],
                label=label,
                examples=having_it,
                labelled=labelled,
                share=labelled / having_it,
                base=len(rows) / total,
                coverage=labelled / len(rows),
                p=p,
                ids=tuple(corpus.examples[row].id for row in shown),
            )
        )
    order = {kind: number for number, kind in enumerate((*METADATA, "name", "word"))}
    found.sort(key=lambda one: (order[one.kind], one.p, -one.labelled, one.feature, one.label))
    return ShortcutTest(tests=len(tested), found=tuple(found))


def _strong(having: int, both: int, labelled: int, total: int) -> bool:
    """Whether the feature predicts the label; half an example is added to each cell, so that no odds are endless."""
    inside = (both + 0.5) / (having - both + 0.5)
    outside = (labelled - both + 0.5) / (total - having - labelled + both + 0.5)
    return both / having >= PREDICTS and inside / outside >= ODDS


def features_of_example(example: Example, common: frozenset[str]) -> set[tuple[str, str]]:
    """The features of one example that could be shortcuts, as (kind, value).

    Args:
        common: words that are no names wherever they are capitalised, in lower case.
    """
    found = {("country", example.country), ("form", example.form)}
    if example.year is not None:
        found |= {("year", str(example.year)), ("decade", f"{example.year // 10 * 10}s")}
    names = {name for name in _names(example) if name.lower() not in common}
    found |= {("name", name) for name in names}
    inside_names = {normalize(name) for name in names}
    for word in _glossed(example):
        term = term_of(word)
        if term and not term.startswith("@") and word not in inside_names and not FINDER.of_word(word):
            found.add(("word", term))
    return {feature for feature in found if feature[1]}


def _common_words(corpus: Corpus) -> frozenset[str]:
    small: Counter[str] = Counter()
    every: Counter[str] = Counter()
    for example in corpus.examples:
        for word in _WORD.findall(example.text):
            every[word.lower()] += 1
            small[word] += word.islower()
    return frozenset(word for word, count in every.items() if small[word] > MOSTLY_LOWER * count)


def _glossed(example: Example) -> Iterator[str]:
    """The words of an example as the model counts them."""
    for sentence in sentences_of(example.title, example.text):
        yield from map(normalize, split_words(gloss(sentence.content, example.language)))


def _names(example: Example) -> Iterator[str]:
    """Words that look like names: capitalised inside a sentence of the text, and no state.

    Titles are left out, since many are written in capitals. Where every noun is capitalised, a word that the
    language's glossary knows is taken for a noun.
    """
    nouns = example.language in NOUNS_ARE_CAPITALISED
    for sentence in sentences_of("", example.text):
        words = _WORD.findall(sentence.content)
        for word in words[1:]:
            if not word[0].isupper() or len(word) < 2:
                continue
            plain = normalize(word)
            if STATE in FINDER.of_word(normalize(gloss(plain, example.language))) or not term_of(plain):
                continue
            if nouns and gloss(plain, example.language) != plain:
                continue
            yield word[:-2] if word.endswith(("'s", "’s")) else word


def _subject(corpus: Corpus, label: str) -> frozenset[str]:
    """The terms that a category's own definition uses; it is about them."""
    told = [
        " ".join((category.name.replace("-", " "), category.title, category.summary, *category.includes))
        for category in corpus.categories
        if category.name == label
    ]
    return frozenset(term_of(normalize(word)) for text in told for word in split_words(text))
