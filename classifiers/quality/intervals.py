"""How sure a figure is.

Proportions get E. B. Wilson's score interval (1927), which stays honest where a handful of examples are all right.
Figures that are no proportions are resampled (B. Efron's bootstrap, 1979): whole groups of examples on one event are
drawn with replacement, since two texts on one event are no two proofs. The seed is fixed.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifiers.calibration import CONFIDENCE

RESAMPLES = 1_000
SEED = 1927
_NORMAL = 1.959963984540054
"""The 97.5 % point of the normal distribution, for intervals of 95 %."""

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure with its 95 % interval; `value` is None where there is nothing to measure it on."""

    value: float | None
    low: float = 0.0
    high: float = 1.0


def wilson(hits: int, trials: int) -> Figure:
    """A proportion."""
    if not trials:
        return Figure(value=None)
    share, square = hits / trials, _NORMAL**2
    centre = share + square / (2 * trials)
    spread = _NORMAL * math.sqrt(share * (1 - share) / trials + square / (4 * trials**2))
    scale = 1 + square / trials
    return Figure(value=share, low=max(0.0, (centre - spread) / scale), high=min(1.0, (centre + spread) / scale))


class Bootstrap:
    """Resamples of a set of examples."""

    def __init__(self, groups: NDArray[np.int64]) -> None:
        """Args: the group of each example; a group is drawn as a whole."""
        numbers, members = np.unique(groups, return_inverse=True)
        generator = np.random.default_rng(SEED)
        count = max(len(numbers), 1)
        drawn = generator.multinomial(count, np.full(count, 1.0 / count), size=RESAMPLES)
        self._weights: Matrix = drawn[:, members].astype(np.float64) if len(groups) else np.zeros((RESAMPLES, 0))

    def figure(self, measure: Callable[[Matrix], Matrix]) -> Figure:
        """A figure with the interval that holds the middle 95 % of its resamples.

        Args:
            measure: from weights, (resamples, examples), to the figure of each resample, NaN where it has none.
        """
        value = float(measure(np.ones((1, self._weights.shape[1])))[0])
        resampled = measure(self._weights)
        known = resampled[~np.isnan(resampled)]
        if math.isnan(value) or not len(known):
            return Figure(value=None)
        tail = (1.0 - CONFIDENCE) / 2
        low, high = (float(bound) for bound in np.quantile(known, [tail, 1.0 - tail]))
        return Figure(value=value, low=low, high=high)


def weighted_f1(told: NDArray[np.bool_], truth: NDArray[np.bool_]) -> Callable[[Matrix], Matrix]:
    """F1 of weighted examples."""

    def measure(weights: Matrix) -> Matrix:
        both = weights @ (told & truth).astype(np.float64)
        return _ratio(2 * both, weights @ (told.astype(np.float64) + truth.astype(np.float64)))

    return measure


def weighted_average_precision(scores: Matrix, truth: NDArray[np.bool_]) -> Callable[[Matrix], Matrix]:
    """Average precision of weighted examples; with weights of one the same as `calibration.average_precision`."""
    order = np.argsort(-scores, kind="stable")
    ranked = truth[order].astype(np.float64)

    def measure(weights: Matrix) -> Matrix:
        sorted_weights = weights[:, order]
        hits = sorted_weights * ranked
        precision = np.cumsum(hits, axis=1) / np.maximum(np.cumsum(sorted_weights, axis=1), 1e-12)
        return _ratio((hits * precision).sum(axis=1), hits.sum(axis=1))

    return measure


def _ratio(part: Matrix, whole: Matrix) -> Matrix:
    ratios: Matrix = np.full(len(whole), np.nan)
    np.divide(part, whole, out=ratios, where=whole > 0)
    return ratios
