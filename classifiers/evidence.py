"""Which sentences carry a tag: those without which the score would fall most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from classifiers.linear import EncodedArticle, Floats, LinearModel
from classifiers.passages import Sentence, handicaps
from spywatch.records import Evidence

MAX_SENTENCES = 3
MAX_TRIED = 60
"""Sentences of the best passage that are tried one by one; no more than this in the longest."""
ENOUGH = 0.5
"""A further sentence is shown when its loss is at least this share of the strongest one's."""


@dataclass(frozen=True, slots=True)
class Scored:
    """An article with the scores of its passages.

    Attributes:
        title, text: the article's own.
        sentences, article: its sentences, in words and in numbers.
        ranges, logits: its passages and their logits less their handicaps, (passages, categories).
    """

    title: str
    text: str
    sentences: Sequence[Sentence]
    article: EncodedArticle
    ranges: Sequence[tuple[int, int]]
    logits: Floats


def find_evidence(scored: Scored, columns: Sequence[int], model: LinearModel) -> list[tuple[Evidence, ...]]:
    """The sentences that carry each of some categories, strongest first.

    Args:
        scored: the article.
        columns: the categories'.

    Returns:
        A category, one to `MAX_SENTENCES` pieces whose offsets count code points of the article's own title or text.
    """
    losses: dict[int, tuple[list[int], Floats]] = {}
    found = []
    for column in columns:
        best = int(scored.logits[:, column].argmax())
        if best not in losses:
            losses[best] = _losses(scored, best, model)
        tried, of_all = losses[best]
        lost = of_all[:, column]
        order = [int(index) for index in np.argsort(-lost, kind="stable")]
        chosen = [index for index in order[:MAX_SENTENCES] if lost[index] >= ENOUGH * lost[order[0]]] or order[:1]
        found.append(
            tuple(as_evidence(scored.title, scored.text, scored.sentences[tried[index]]) for index in chosen)
        )
    return found


def _losses(scored: Scored, best: int, model: LinearModel) -> tuple[list[int], Floats]:
    """The sentences of a passage, and how far the article's logits fall without each, (sentences, categories)."""
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
    losses: Floats = scored.logits.max(axis=0) - remaining.max(axis=1)
    return tried, losses


def as_evidence(title: str, text: str, sentence: Sentence) -> Evidence:
    """A sentence as the article has it."""
    source = title if sentence.field == "title" else text
    return Evidence(
        field=sentence.field,
        start=sentence.start,
        end=sentence.end,
        text=source[sentence.start : sentence.end],
    )
