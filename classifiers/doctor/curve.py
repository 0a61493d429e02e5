"""Learning curves: what the same cross-validation gives with fewer examples to learn from.

Of the examples that a fold's model may learn from, only a nested fraction is used: the first of an order drawn by a
hash of their ids, the same share of every set of labels (and kind of background) and language. All examples are still
judged, and the levels are set anew by the same rule, so the points of a curve differ in nothing but what was learned
from. Several orders are drawn; their spread says how much the choice of examples matters. A fraction that leaves a
category fewer examples than a corpus must have, or too few features, is left out.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifiers.calibration import CategoryQuality, calibrate
from classifiers.corpus import MIN_EXAMPLES, Corpus
from classifiers.doctor.crossval import Counted, CrossValidation, Watch, blind_logits, join_blind

FRACTIONS = (0.125, 0.25, 0.5, 0.75)
DRAWS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One point of a curve.

    Attributes:
        fraction: of the examples, 1 for all.
        examples: of the category in that fraction, before the folds are parted.
        average_precision, f1: the mean over the draws.
        average_precision_range, f1_range: least and most over the draws; equal where there is one draw.
    """

    fraction: float
    examples: int
    average_precision: float
    average_precision_range: tuple[float, float]
    f1: float
    f1_range: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class LearningCurve:
    """A category's curve, the fewest examples first.

    Attributes:
        gain: of average precision by the last doubling, from half to all examples; None where half are too few.
    """

    category: str
    points: tuple[Point, ...]
    gain: float | None


def learning_curves(blind: CrossValidation, watch: Watch, what: str = "curve") -> tuple[LearningCurve, ...]:
    """The curves of all categories; this fits the views once a fold, fraction and draw.

    Args:
        blind: the cross-validation with all examples, each curve's last point.
        what: how the work is called before `watch`.
    """
    counted = blind.counted
    corpus, folds = counted.corpus, counted.settings.folds
    # the strata do not depend on the draw, so neither do the counts
    sizes = {fraction: _counts(corpus, nested(corpus, fraction, 0)) for fraction in FRACTIONS}
    enough = [
        fraction
        for fraction in FRACTIONS
        if min(sizes[fraction]) >= MIN_EXAMPLES
        and all(_teaches(counted, nested(corpus, fraction, d)) for d in range(DRAWS))
    ]
    watch.expect(what, folds * len(enough) * DRAWS)
    measured: list[tuple[float, list[tuple[CategoryQuality, ...]], list[int]]] = []
    for fraction in enough:
        qualities = []
        for draw in range(DRAWS):
            used = nested(corpus, fraction, draw)
            logits, _ = join_blind(counted, blind_logits(counted, used, watch, what)[0], used)
            qualities.append(calibrate(corpus, logits, folds)[1].categories)
        measured.append((fraction, qualities, sizes[fraction]))
    everything = np.ones(len(corpus.examples), dtype=np.bool_)
    measured.append((1.0, [blind.report.categories], _counts(corpus, everything)))
    curves = []
    for column, name in enumerate(corpus.names):
        points = tuple(
            _point(fraction, counts[column], [quality[column] for quality in qualities])
            for fraction, qualities, counts in measured
        )
        half = next((point for point in points if point.fraction == 0.5), None)
        gain = points[-1].average_precision - half.average_precision if half else None
        curves.append(LearningCurve(category=name, points=points, gain=gain))
    return tuple(curves)


def _point(fraction: float, examples: int, drawn: Sequence[CategoryQuality]) -> Point:
    precision = [quality.average_precision for quality in drawn]
    f1 = [quality.f1 for quality in drawn]
    return Point(
        fraction=fraction,
        examples=examples,
        average_precision=sum(precision) / len(precision),
        average_precision_range=(min(precision), max(precision)),
        f1=sum(f1) / len(f1),
        f1_range=(min(f1), max(f1)),
    )


def nested(corpus: Corpus, fraction: float, draw: int) -> NDArray[np.bool_]:
    """Which examples a fraction holds; a larger one holds all of a smaller one's, and at least one of each set."""
    strata: dict[tuple[tuple[str, ...], str, str], list[int]] = {}
    for row, example in enumerate(corpus.examples):
        strata.setdefault((tuple(sorted(example.labels)), example.kind, example.language), []).append(row)
    used = np.zeros(len(corpus.examples), dtype=np.bool_)
    for rows in strata.values():
        order = sorted(rows, key=lambda row: hashlib.sha256(f"{draw} {corpus.examples[row].id}".encode()).hexdigest())
        used[order[: math.ceil(fraction * len(order))]] = True
    return used


def _teaches(counted: Counted, used: NDArray[np.bool_]) -> bool:
    """Whether every fold's models find features frequent enough to learn from."""
    texts = counted.texts
    for fold in range(counted.settings.folds):
        rows = np.flatnonzero((counted.folds != fold) & used)
        occurring = (texts.terms[rows] > 0, (texts.words[rows] > 0) @ texts.pieces > 0, texts.cues[rows] > 0)
        for present, least in zip(occurring, counted.settings.least, strict=True):
            if not present.shape[1] or present.sum(axis=0).max() < least:
                return False
    return True


def _counts(corpus: Corpus, used: NDArray[np.bool_]) -> list[int]:
    return [
        sum(bool(kept) for kept, example in zip(used, corpus.examples, strict=True) if name in example.labels)
        for name in corpus.names
    ]
