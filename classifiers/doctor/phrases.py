"""Phrases that too many examples of one label share: a model learns such wording instead of the matter.

Ordinary English is told from a habit by its spread: what other labels' examples say nearly as often is ordinary (the
exact test of `chance`, corrected for the number of phrases), and so is a run of nothing but function words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from classifiers.corpus import BACKGROUND, Corpus
from classifiers.doctor.chance import SIGNIFICANCE, enriched, holm
from classifiers.doctor.copies import words_of
from classifiers.features import term_of

SHORTEST = 4
LEAST_EXAMPLES = 4
LEAST_SHARE = 0.02
"""A phrase in fewer of a label's examples than this (or than `LEAST_EXAMPLES`) is no habit."""
CONTENT_WORDS = 2

Words = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedPhrase:
    """A run of words in many examples of one label.

    Attributes:
        label: a category, or "background".
        examples: how many of the label's examples have it.
        share: of the label's examples, 0 to 1.
        elsewhere: how many other examples have it.
        ids: of up to five that have it.
    """

    phrase: str
    label: str
    examples: int
    share: float
    elsewhere: int
    ids: tuple[str, ...]


def find_phrases(corpus: Corpus) -> tuple[SharedPhrase, ...]:
    """The shared phrases, longest form only, most frequent first."""
    texts = [words_of(example) for example in corpus.examples]
    candidates: list[tuple[str, Words, list[int], int, int]] = []
    for label in (*corpus.names, BACKGROUND):
        inside = {
            number
            for number, example in enumerate(corpus.examples)
            if (label in example.labels if label != BACKGROUND else example.unrelated)
        }
        least = max(LEAST_EXAMPLES, round(LEAST_SHARE * len(inside)))
        for phrase in _frequent([texts[number] for number in sorted(inside)], least):
            if sum(bool(term_of(word)) for word in phrase) >= CONTENT_WORDS:
                having = [number for number, words in enumerate(texts) if _stands_in(phrase, words)]
                members = [number for number in having if number in inside]
                candidates.append((label, phrase, members, len(having), len(inside)))
    chances = [
        enriched([len(members)], [having], labelled, len(texts))[0] for _, _, members, having, labelled in candidates
    ]
    found = [
        SharedPhrase(
            phrase=" ".join(phrase),
            label=label,
            examples=len(members),
            share=len(members) / labelled,
            elsewhere=having - len(members),
            ids=tuple(corpus.examples[number].id for number in members[:5]),
        )
        for (label, phrase, members, having, labelled), p in zip(candidates, holm(chances), strict=True)
        if p < SIGNIFICANCE
    ]
    return tuple(sorted(found, key=lambda shared: (-shared.examples, shared.label, shared.phrase)))


def _frequent(texts: Sequence[Words], least: int) -> dict[Words, int]:
    """Runs of words in at least so many texts, without those that are only part of a longer one as frequent."""
    found: dict[Words, int] = {}
    size, known = SHORTEST, None
    while True:
        counts: Counter[Words] = Counter()
        for words in texts:
            runs = {words[start : start + size] for start in range(len(words) - size + 1)}
            counts.update(run for run in runs if known is None or (run[:-1] in known and run[1:] in known))
        known = {run: count for run, count in counts.items() if count >= least}
        if not known:
            return found
        for run, count in known.items():
            for part in (run[:-1], run[1:]):
                if found.get(part) == count:
                    del found[part]
        found |= known
        size += 1


def _stands_in(phrase: Words, words: Words) -> bool:
    size = len(phrase)
    return any(words[start : start + size] == phrase for start in range(len(words) - size + 1))
