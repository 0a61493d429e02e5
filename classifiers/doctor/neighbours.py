"""Which examples are alike: cosine similarity of their weighted terms, the measure that assigns folds, too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from classifiers.fitting import weigh

SAME_EVENT = 0.12
"""Cosine from which two examples are taken to tell of one event. Chosen by reading the most similar pairs of the
shipped corpus: above it nearly all are one event told twice, below it most only share a subject."""
_BLOCK = 400


class Neighbours:
    """The examples of a corpus as weighted terms of length one."""

    def __init__(self, terms: sparse.csr_matrix) -> None:
        """Args: how often each term occurs in each example, (examples, terms)."""
        frequency = np.asarray((terms > 0).sum(axis=0)).ravel()
        self._rows = weigh(terms, np.log((1 + terms.shape[0]) / (1 + frequency)), 0.0)

    def alike(self, least: float) -> Iterator[tuple[int, int, float]]:
        """Every pair of examples at least so similar, the lower row first, in order."""
        for start in range(0, self._rows.shape[0], _BLOCK):
            block = (self._rows[start : start + _BLOCK] @ self._rows.T).tocoo()
            chosen = (block.data >= least) & (block.col > block.row + start)
            found = zip(block.row[chosen] + start, block.col[chosen], block.data[chosen], strict=True)
            yield from sorted((int(one), int(other), float(value)) for one, other, value in found)

    def nearest(self, row: int, among: Sequence[int], count: int) -> list[tuple[int, float]]:
        """The most similar of some rows (itself left out), best first; those with no term in common are none."""
        others = np.array([other for other in among if other != row], dtype=np.int64)
        if not len(others):
            return []
        values = (self._rows[others] @ self._rows[row].T).toarray().ravel()
        order = np.argsort(-values, kind="stable")[:count]
        return [(int(others[index]), float(values[index])) for index in order if values[index] > 0]


def event_groups(count: int, pairs: Iterator[tuple[int, int, float]]) -> NDArray[np.int64]:
    """A group for each example, numbered from 0: those linked by a pair, directly or by way of others, share one."""
    groups = list(range(count))

    def root(item: int) -> int:
        while groups[item] != item:
            groups[item] = groups[groups[item]]
            item = groups[item]
        return item

    for one, other, _ in pairs:
        low, high = sorted((root(one), root(other)))
        groups[high] = low
    return np.unique([root(item) for item in range(count)], return_inverse=True)[1].astype(np.int64)
