"""Duplicates, near-duplicates and label conflicts.

Texts are compared as sets of shingles, runs of `SHINGLE` words (A. Z. Broder, "On the resemblance and containment of
documents", 1997). Containment is the share of the shorter text's shingles that stand in the other, so that a brief
copied into a long piece is found; the Jaccard index is told beside it. A few thousand texts are compared exactly.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from classifiers.corpus import Corpus, Example
from classifiers.doctor.neighbours import SAME_EVENT, Neighbours
from classifiers.features import normalize, split_words

SHINGLE = 5
NEAR = 0.2
"""Containment from which two texts are near-duplicates: texts written apart share no more than a set phrase or two,
under 0.05."""
CONTRADICTION = 0.2
"""Cosine of terms from which a match and a background example on one event contradict each other for certain; below,
two texts may still share a set of trade words and nothing else."""
_EVERYWHERE = 100
"""A shingle in more texts than this makes no candidates; whole copies are found before shingles are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """Two examples that say the same in the same words.

    Attributes:
        first, second: their ids, in order.
        sources: file and line of each.
        how: "same text", "near-duplicate" or "same title".
        containment, jaccard: of their shingles, 0 to 1.
        shared: words of the longest run that both have, "" for whole copies.
    """

    first: str
    second: str
    sources: tuple[str, str]
    how: str
    containment: float
    jaccard: float
    shared: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Two examples that say the same and are labelled differently.

    Attributes:
        how: "same text", "near-duplicate" or "same event" (told in other words; see `neighbours.SAME_EVENT`).
        similarity: containment of shingles, or the cosine of terms for "same event".
        certain: whether it has to be mended: a copy, or one event as match and as background (`CONTRADICTION`). Two
            matches on one event may rightly differ in a label where one tells more; those are to be looked at.
    """

    first: str
    second: str
    sources: tuple[str, str]
    labels: tuple[tuple[str, ...], tuple[str, ...]]
    how: str
    similarity: float
    certain: bool


def words_of(example: Example) -> tuple[str, ...]:
    """An example's text as normalised words."""
    return tuple(map(normalize, split_words(example.text)))


def find_copies(corpus: Corpus) -> tuple[Copy, ...]:
    """Whole copies, near-duplicates and titles given twice, strongest first.

    Of texts that are the same word for word, each is told with the first of them only.
    """
    texts: dict[tuple[str, ...], list[Example]] = {}
    titles: dict[tuple[str, ...], list[Example]] = {}
    for example in corpus.examples:
        texts.setdefault(words_of(example), []).append(example)
        if title := tuple(map(normalize, split_words(example.title))):
            titles.setdefault(title, []).append(example)
    found = [_copy(same[0], other, "same text", 1.0, 1.0, "") for same in texts.values() for other in same[1:]]
    found += _near(list(texts.items()))
    told = {(copy.first, copy.second) for copy in found}
    for same in titles.values():
        for other in same[1:]:
            if (same[0].id, other.id) not in told:
                found.append(_copy(same[0], other, "same title", 0.0, 0.0, same[0].title))
    return tuple(sorted(found, key=lambda copy: (-copy.containment, copy.first, copy.second)))


def _near(texts: Sequence[tuple[tuple[str, ...], list[Example]]]) -> list[Copy]:
    shingles = [shingles_of(words) for words, _ in texts]
    holders: dict[tuple[str, ...], list[int]] = {}
    for number, held in enumerate(shingles):
        for shingle in held:
            holders.setdefault(shingle, []).append(number)
    common: Counter[tuple[int, int]] = Counter()
    for numbers in holders.values():
        if 1 < len(numbers) <= _EVERYWHERE:
            common.update(combinations(numbers, 2))
    found = []
    for (one, other), count in common.items():
        if count < NEAR * min(len(shingles[one]), len(shingles[other])):
            continue
        both = len(shingles[one] & shingles[other])
        containment = both / min(len(shingles[one]), len(shingles[other]))
        jaccard = both / len(shingles[one] | shingles[other])
        shared = " ".join(longest_run(texts[one][0], texts[other][0]))
        found.append(_copy(texts[one][1][0], texts[other][1][0], "near-duplicate", containment, jaccard, shared))
    return found


def _copy(one: Example, other: Example, how: str, containment: float, jaccard: float, shared: str) -> Copy:
    first, second = sorted((one, other), key=lambda example: example.id)
    return Copy(
        first=first.id,
        second=second.id,
        sources=(first.source, second.source),
        how=how,
        containment=containment,
        jaccard=jaccard,
        shared=shared,
    )


def shingles_of(words: Sequence[str]) -> frozenset[tuple[str, ...]]:
    """The runs of `SHINGLE` words in a text; a shorter text is one run."""
    if len(words) <= SHINGLE:
        return frozenset([tuple(words)])
    return frozenset(tuple(words[start : start + SHINGLE]) for start in range(len(words) - SHINGLE + 1))


def longest_run(one: Sequence[str], other: Sequence[str]) -> tuple[str, ...]:
    """The longest run of words that stands in both texts, the first of several."""
    best, end = 0, 0
    before = [0] * (len(other) + 1)
    for row, word in enumerate(one, start=1):
        lengths = [0] * (len(other) + 1)
        for column, candidate in enumerate(other, start=1):
            if word == candidate:
                lengths[column] = before[column - 1] + 1
                if lengths[column] > best:
                    best, end = lengths[column], row
        before = lengths
    return tuple(one[end - best : end])


def find_conflicts(corpus: Corpus, copies: Sequence[Copy], neighbours: Neighbours) -> tuple[Conflict, ...]:
    """Examples that say the same and carry different labels.

    Args:
        copies: of the corpus.
        neighbours: its examples in their order.
    """
    examples = {example.id: example for example in corpus.examples}
    found = []
    told = set()
    for copy in copies:
        one, other = examples[copy.first], examples[copy.second]
        if copy.containment >= NEAR and set(one.labels) != set(other.labels):
            told.add((copy.first, copy.second))
            found.append(_conflict(one, other, copy.how, copy.containment))
    for row, column, similarity in neighbours.alike(SAME_EVENT):
        one, other = corpus.examples[row], corpus.examples[column]
        if set(one.labels) != set(other.labels) and (one.id, other.id) not in told:
            found.append(_conflict(one, other, "same event", similarity))
    return tuple(
        sorted(
            found, key=lambda conflict: (not conflict.certain, -conflict.similarity, conflict.first, conflict.second)
        )
    )


def _conflict(one: Example, other: Example, how: str, similarity: float) -> Conflict:
    return Conflict(
        first=one.id,
        second=other.id,
        sources=(one.source, other.source),
        labels=(one.labels, other.labels),
        how=how,
        similarity=similarity,
        certain=how != "same event" or (similarity >= CONTRADICTION and not (one.labels and other.labels)),
    )
