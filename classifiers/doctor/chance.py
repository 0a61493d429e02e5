"""Could it be chance? The exact test of R. A. Fisher (1922), and S. Holm's correction for many tests (1979)."""

from __future__ import annotations

from collections.abc import Sequence

from scipy.stats import hypergeom

SIGNIFICANCE = 0.05
"""The chance of any false finding among all the tests of one question."""


def enriched(both: Sequence[int], having: Sequence[int], labelled: int, total: int) -> list[float]:
    """The chance (p, one-sided) that so many labelled examples have a feature, did it know nothing of the label.

    Args:
        both: a feature, the labelled examples that have it.
        having: a feature, all examples that have it.
        labelled: how many examples carry the label.
        total: how many examples there are.
    """
    return [float(hypergeom.sf(hits - 1, total, labelled, count)) for hits, count in zip(both, having, strict=True)]


def holm(chances: Sequence[float]) -> list[float]:
    """Holm's step-down correction: p-values that hold for all tests together, in the order given."""
    order = sorted(range(len(chances)), key=lambda index: (chances[index], index))
    adjusted = [0.0] * len(chances)
    highest = 0.0
    for rank, index in enumerate(order):
        highest = max(highest, min(1.0, chances[index] * (len(chances) - rank)))
        adjusted[index] = highest
    return adjusted
