"""Which sentences carry a tag: those without which the score would fall most."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from classifiers.linear import EncodedSentence, Floats
from classifiers.passages import Sentence
from spywatch.records import Evidence

MAX_SENTENCES = 3
MAX_TRIED = 60
"""In the longest texts only the best passage's sentences are tried one by one, and no more than this."""
ENOUGH = 0.5
"""A further sentence is shown when its loss is at least this share of the strongest one's."""

Score = Callable[[Sequence[EncodedSentence]], Floats]


def find_evidence(
    title: str,
    text: str,
    sentences: Sequence[Sentence],
    encoded: Sequence[EncodedSentence],
    candidates: Sequence[int],
    category: int,
    score: Score,
) -> tuple[Evidence, ...]:
    """The sentences that carry a category, strongest first.

    Args:
        sentences, encoded: the article's, in step.
        candidates: the positions of the best passage's sentences.
        category: the column of the score.
        score: from sentences to the logits of the article that they make.

    Returns:
        One to `MAX_SENTENCES` pieces whose offsets count code points of the article's own title or text.
    """
    tried = [position for position in candidates if encoded[position].words][:MAX_TRIED]
    if len(tried) == 1:
        return (as_evidence(title, text, sentences[tried[0]]),)
    whole = float(score(encoded)[category])
    losses = []
    for position in tried:
        rest = [sentence for other, sentence in enumerate(encoded) if other != position]
        losses.append(whole - float(score(rest)[category]))
    order = [int(index) for index in np.argsort(-np.array(losses), kind="stable")]
    strongest = losses[order[0]]
    chosen = [index for index in order[:MAX_SENTENCES] if losses[index] >= ENOUGH * strongest] or order[:1]
    return tuple(as_evidence(title, text, sentences[tried[index]]) for index in chosen)


def as_evidence(title: str, text: str, sentence: Sentence) -> Evidence:
    """A sentence as the article has it."""
    source = title if sentence.field == "title" else text
    return Evidence(
        field=sentence.field,
        start=sentence.start,
        end=sentence.end,
        text=source[sentence.start : sentence.end],
    )
