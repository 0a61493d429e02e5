"""Which sentences carry a tag.

Two questions are asked of each sentence of the passage that speaks for the tag: how far does the article's score fall
without it, and how much does it say standing alone? The first alone picks sentences that only make sense beside
others, or happen to hold strong words; the second alone picks one of three that say the same thing. Only what the
score needs can be evidence, and among that the sentence that says it itself comes first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from classifiers.invisible import Visible
from classifiers.linear import EncodedArticle, Floats, LinearModel
from classifiers.passages import TITLE, Sentence, handicaps
from spywatch.records import Evidence

MAX_SENTENCES = 3
MAX_TRIED = 60
"""Sentences of the best passage that are tried one by one; no more than this in the longest."""
NEEDED_FIRST, NEEDED = 0.9, 0.4
"""Evidence is a sentence whose loss is at least this share of the greatest one's, the first and any further one."""
ENOUGH = 0.55
"""A further sentence is shown when its strength is at least this share of the first one's."""
ALONE = 1.0
"""What a logit that a sentence has alone counts beside one that is lost without it."""
DENIED = 0.7
"""What a sentence that denies something is worth: a consulate that was not closed is no closed consulate."""
TITLE_ALONE = 0.6
"""A title must say alone at least this share of what the best sentence of the text says alone."""

_DENIAL = re.compile(
    r"\b(?:no|not(?! (?:be |been )?(?:renew|extend|prolong|allow|permit))|nor|never|neither|denie[sd]|deny|denials?"
    r"|rejects?|rejected|dismiss(?:es|ed)|nonsense|made up|baseless|groundless|unfounded|untrue|innocent)\b|n['’]t\b"
)


@dataclass(frozen=True, slots=True)
class Scored:
    """An article with the scores of its passages.

    Attributes:
        title, text, language: the article's own, the texts without what nobody sees.
        sentences, read, article: its sentences as they stand, as they were counted (in English words, where its
            language has a glossary), and in numbers.
        ranges, logits: its passages and their logits less their handicaps, (passages, categories).
    """

    title: Visible
    text: Visible
    language: str
    sentences: Sequence[Sentence]
    read: Sequence[str]
    article: EncodedArticle
    ranges: Sequence[tuple[int, int]]
    logits: Floats

    def field(self, sentence: Sentence) -> Visible:
        """The title or the text, wherever a sentence stands."""
        return self.title if sentence.field == TITLE else self.text

    def best(self, column: int) -> int:
        """The passage that speaks for a category."""
        return int(self.logits[:, column].argmax())


@dataclass(frozen=True, slots=True)
class Carriers:
    """The sentences that carry a tag, by position, strongest first.

    Attributes:
        evidence: one to `MAX_SENTENCES` that are shown.
        others: the next strongest of the same passage, down to none.
    """

    evidence: tuple[int, ...]
    others: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Tried:
    """Sentences of a passage: how far the article's logits fall without each, and what each has alone."""

    positions: list[int]
    lost: Floats
    alone: Floats


def find_carriers(scored: Scored, columns: Sequence[int], model: LinearModel) -> list[Carriers]:
    """The sentences that carry each of some categories.

    Args:
        scored: the article.
        columns: the categories'.
    """
    tried: dict[int, _Tried] = {}
    found = []
    for column in columns:
        best = scored.best(column)
        if best not in tried:
            tried[best] = _try(scored, best, model)
        found.append(_choose(scored, tried[best], column))
    return found


def as_evidence(scored: Scored, position: int) -> Evidence:
    """A sentence as the article has it; its offsets count code points of the article's own title or text."""
    sentence = scored.sentences[position]
    shown = scored.field(sentence)
    start, end = shown.original(sentence.start, sentence.end)
    return Evidence(field=sentence.field, start=start, end=end, text=shown.source[start:end])


def _choose(scored: Scored, tried: _Tried, column: int) -> Carriers:
    lost = tried.lost[:, column]
    alone = np.maximum(tried.alone[:, column], 0.0)
    strength = lost + ALONE * alone
    fields = [scored.sentences[position].field for position in tried.positions]
    said = TITLE_ALONE * max(
        (value for value, field in zip(alone, fields, strict=True) if field != TITLE), default=0.0
    )
    idle = np.array([field == TITLE for field in fields]) & (alone < said)
    for index, position in enumerate(tried.positions):
        if _DENIAL.search(scored.read[position].lower()):
            strength[index] *= DENIED
    greatest = float(lost[~idle].max())
    order = [int(index) for index in np.lexsort((-strength, lost < NEEDED * greatest)) if not idle[index]]
    enough = min(NEEDED_FIRST * greatest, greatest)  # below nothing where every removal helps: then the least harmful
    first = next(index for index in order if lost[index] >= enough)
    order.remove(first)
    further = [i for i in order if lost[i] >= NEEDED * lost[first] and strength[i] >= ENOUGH * strength[first]]
    shown = [first, *further[: MAX_SENTENCES - 1]]
    others = [index for index in order if index not in shown and lost[index] > 0]
    return Carriers(
        tuple(tried.positions[index] for index in shown), tuple(tried.positions[index] for index in others)
    )


def _try(scored: Scored, best: int, model: LinearModel) -> _Tried:
    first, last = scored.ranges[best]
    tried = [position for position in range(first, last) if scored.article.words[position]][:MAX_TRIED]
    pairs = [
        (number, part)
        for number, position in enumerate(tried)
        for part, (start, end) in enumerate(scored.ranges)
        if start <= position < end and end - start > 1
    ]
    remaining = np.tile(scored.logits, (len(tried), 1, 1))
    if pairs:
        numbers, parts = (np.array(values, dtype=np.intp) for values in zip(*pairs, strict=True))
        without = [tried[number] for number in numbers]
        reduced = model.score(scored.article, [scored.ranges[part] for part in parts], without)
        remaining[numbers, parts] = reduced - handicaps(len(scored.ranges))[parts, None]
    nothing, *single = model.score(scored.article, [(0, 0), *((position, position + 1) for position in tried)])
    return _Tried(tried, scored.logits.max(axis=0) - remaining.max(axis=1), np.array(single) - nothing)
