"""Which sentences carry a tag: those without which the score would fall most."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from classifiers.linear import EncodedArticle, Floats, LinearModel
from classifiers.passages import Sentence, handicaps
from spywatch.records import Evidence

MAX_SENTENCES = 3
MAX_TRIED = 60
"""Sentences of the best passage that are tried one by one; no more than this in the longest."""
ENOUGH = 0.5
"""A further sentence is shown when its loss is at least this share of the strongest one's."""


def find_evidence(
    title: str,
    text: str,
    sentences: Sequence[Sentence],
    article: EncodedArticle,
    ranges: Sequence[tuple[int, int]],
    scores: Floats,
    column: int,
    model: LinearModel,
) -> tuple[Evidence, ...]:
    """The sentences that carry a category, strongest first.

    Args:
        sentences, article: the article's sentences, in words and in numbers.
        ranges, scores: its passages and their logits less their handicaps, (passages, categories).
        column: the category's.

    Returns:
        One to `MAX_SENTENCES` pieces whose offsets count code points of the article's own title or text.
    """
    start, end = ranges[int(scores[:, column].argmax())]
    tried = [position for position in range(start, end) if article.words[position]][:MAX_TRIED]
    if len(tried) == 1:
        return (as_evidence(title, text, sentences[tried[0]]),)
    losses = _losses(tried, article, ranges, scores[:, column], column, model)
    order = [int(index) for index in np.argsort(-losses, kind="stable")]
    strongest = losses[order[0]]
    chosen = [index for index in order[:MAX_SENTENCES] if losses[index] >= ENOUGH * strongest] or order[:1]
    return tuple(as_evidence(title, text, sentences[tried[index]]) for index in chosen)


def _losses(
    tried: Sequence[int],
    article: EncodedArticle,
    ranges: Sequence[tuple[int, int]],
    scores: Floats,
    column: int,
    model: LinearModel,
) -> Floats:
    """How far the article's logit falls without each of the sentences."""
    pairs = [
        (number, part)
        for number, position in enumerate(tried)
        for part, (start, end) in enumerate(ranges)
        if start <= position < end and end - start > 1
    ]
    reduced = model.score(article, [ranges[part] for _, part in pairs], [tried[number] for number, _ in pairs])[
        :, column
    ]
    reduced = reduced - handicaps(len(ranges))[[part for _, part in pairs]]
    remaining = np.tile(scores, (len(tried), 1))
    for (number, part), score in zip(pairs, reduced, strict=True):
        remaining[number, part] = score
    losses: Floats = scores.max() - remaining.max(axis=1)
    return losses


def as_evidence(title: str, text: str, sentence: Sentence) -> Evidence:
    """A sentence as the article has it."""
    source = title if sentence.field == "title" else text
    return Evidence(
        field=sentence.field,
        start=sentence.start,
        end=sentence.end,
        text=source[sentence.start : sentence.end],
    )
