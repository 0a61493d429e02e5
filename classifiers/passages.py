"""From title and text to sentences with offsets, and from sentences to the passages that are scored.

A text is scored as a whole and, when it is long, passage by passage; the best of them speaks for it. So one paragraph
in a long round-up is found, while a passing mention stays one sentence among a passage's many. Who may choose among
many passages finds a high score by luck: the odds of a passage are divided by the number of passages (the bound of
C. E. Bonferroni, 1936), without which a broad category is found in every long text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifiers.sentences import split_sentences

TITLE = "title"
TEXT = "text"
MAX_TITLE = 1_000
MAX_CHARACTERS = 60_000
"""Longer texts are sampled: the first half of this budget from the start, the rest in equal steps to the end."""
SAMPLE = 3_000
LONG_TEXT = 260
"""Words. The corpus's examples are shorter than this, so up to here a text is scored as they are."""
PASSAGE = 160
"""Words. Passages overlap by half."""

_MARKUP = re.compile(
    r"<(script|style)\b.{0,2000}?</\1\s*>|<!--.{0,1000}?-->|</?[a-zA-Z][^<>]{0,1000}>|&(?:[a-zA-Z]{2,8}|#\d{1,7});",
    re.DOTALL,
)
_CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]")


class Sentence(NamedTuple):
    """A sentence of an article; `text[start:end]` of its field is the sentence as the article has it.

    Attributes:
        content: the same with mark-up and control characters blanked.
    """

    field: str
    start: int
    end: int
    content: str


def sentences_of(title: str, text: str) -> list[Sentence]:
    """The sentences of an article, the title's first. Of very long texts only a sample (see `MAX_CHARACTERS`)."""
    found = _split(TITLE, title, [(0, min(len(title), MAX_TITLE))])
    return found + _split(TEXT, text, _spans(len(text)))


def _spans(length: int) -> list[tuple[int, int]]:
    if length <= MAX_CHARACTERS:
        return [(0, length)]
    head = MAX_CHARACTERS // 2
    samples = (MAX_CHARACTERS - head) // SAMPLE
    step = (length - head) // samples
    return [(0, head), *((head + n * step, head + n * step + SAMPLE) for n in range(samples))]


def _split(field: str, text: str, spans: list[tuple[int, int]]) -> list[Sentence]:
    found: list[Sentence] = []
    for first, last in spans:
        clean = _blanked(text[first:last])
        found += [
            Sentence(field, first + start, first + end, clean[start:end]) for start, end in split_sentences(clean)
        ]
    return found


def _blanked(text: str) -> str:
    """The text with mark-up and control characters blanked; most texts have none and are only looked at."""
    if not text.replace("\n", "").isprintable() and _CONTROL.search(text):
        text = _CONTROL.sub(" ", text)
    return _MARKUP.sub(_blank, text) if "<" in text or "&" in text else text


def _blank(match: re.Match[str]) -> str:
    return " " * (match.end() - match.start())


def passages(lengths: Sequence[int], titles: int) -> list[tuple[int, int]]:
    """The passages to score, as ranges of sentences; the whole text is the first.

    Args:
        lengths: the words of each sentence.
        titles: how many sentences at the front are the title's; they belong to the first passage.
    """
    whole = (0, len(lengths))
    if sum(lengths) <= LONG_TEXT:
        return [whole]
    found = [whole]
    start = 0
    while start < len(lengths):
        end, words = start, 0
        while end < len(lengths) and (words < PASSAGE or end < titles):
            words += lengths[end]
            end += 1
        found.append((start, end))
        if end == len(lengths):
            break
        half, moved = start, 0
        while half < end and (moved < PASSAGE // 2 or half < titles):
            moved += lengths[half]
            half += 1
        start = half
    return found


def handicaps(passages: int) -> NDArray[np.float32]:
    """What is taken off the logit of each passage of an article before the best speaks; nothing off the whole's.

    The odds are divided by the number of passages to the power of 0.75. Powers of 0.5 and 1 gave the same labels on
    the development articles; 1 lost the one paragraph of a long round-up even for review, 0.5 let passing mentions
    alert in two of eleven long documents.

    Args:
        passages: how many there are, the whole text being the first.
    """
    found = np.full(passages, 0.75 * np.log(max(passages - 1, 1)), dtype=np.float32)
    found[0] = 0.0
    return found
