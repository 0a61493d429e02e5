"""The fitted model as plain arrays: how a passage becomes a score. Needs numpy only.

Four views of a passage, each with its own linear model:

* terms: stems and pairs of stems (TF-IDF);
* pieces: runs of 3 to 5 letters inside words (TF-IDF), for endings and kin of known words;
* cues: concepts and pairs of concepts said in one sentence (TF-IDF over `classifiers.concepts`);
* meaning: the mean of static word vectors, for words that the corpus never uses.

Each view answers one question a category ("is it this?") and one more, the gate ("is it a case at all?"). A category
holds only if both do: the word-rich report of a chip maker's new plant looks like technology transfer and like no
case. So the logit of a category joins its own sum over the views with the soft minimum of that sum and the gate's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifiers.features import SentenceFeatures, pieces_of, sentence_features
from classifiers.vectors import WordVectors

Floats = NDArray[np.float32]
Indices = NDArray[np.int32]
BAGS = ("terms", "pieces", "cues")
MEANING = "meaning"
MEANING_SCALE = 1 / 16
"""Brings 256 standardised numbers to about the length of a normalised bag."""


@dataclass(frozen=True, slots=True)
class Bag:
    """A view that counts features.

    Attributes:
        vocabulary: feature to column.
        idf: inverse document frequency a column.
        floor: added in quadrature to a passage's length when it is normalised, so that three known words alone
            don't shout.
        weights, intercepts: the linear model, (columns, outputs) and (outputs); the outputs are the categories,
            then the gate.
    """

    vocabulary: dict[str, int]
    idf: Floats
    floor: float
    weights: Floats
    intercepts: Floats

    def score(self, columns: Indices) -> Floats:
        """The view's logits for a passage's features (columns, repeated as often as they occur)."""
        if not len(columns):
            return self.intercepts
        counts = np.bincount(columns, minlength=len(self.idf))
        present = np.flatnonzero(counts)
        values: Floats = ((1.0 + np.log(counts[present])) * self.idf[present]).astype(np.float32)
        length = np.sqrt(float(values @ values) + self.floor**2)
        scores: Floats = (values @ self.weights[present]) / np.float32(length) + self.intercepts
        return scores


@dataclass(frozen=True, slots=True)
class Meaning:
    """The view over word vectors; the scaling of each dimension is already in the weights."""

    weights: Floats
    intercepts: Floats

    def score(self, total: Floats) -> Floats:
        """The view's logits for the sum of a passage's word vectors."""
        length = float(np.linalg.norm(total))
        scores: Floats = (total / length if length else total) @ self.weights + self.intercepts
        return scores


@dataclass(frozen=True, slots=True)
class EncodedSentence:
    """A sentence as columns of the bags and a sum of word vectors."""

    words: int
    bags: tuple[Indices, ...]
    vector: Floats | None


@dataclass(frozen=True, slots=True)
class Junction:
    """How the views' logits become the categories'.

    Attributes:
        views: the weight of each view, (views).
        own, gated, offsets: of a category's own sum, of its soft minimum with the gate's, and a constant, each
            (categories).
    """

    views: Floats
    own: Floats
    gated: Floats
    offsets: Floats

    def join(self, logits: NDArray[Any]) -> NDArray[Any]:
        """From (..., views, outputs) to (..., categories)."""
        sums: NDArray[Any] = np.tensordot(logits, self.views, axes=([-2], [0]))
        joined: NDArray[Any] = self.own * sums[..., :-1] + self.gated * soft_minimum(sums) + self.offsets
        return joined


def soft_minimum(sums: NDArray[Any]) -> NDArray[Any]:
    """The logit of "both", were the category and the gate independent: below the smaller of the two."""
    result: NDArray[Any] = -np.logaddexp(-sums[..., :-1], -sums[..., -1:])
    return result


@dataclass(frozen=True, slots=True)
class LinearModel:
    """Everything that scoring needs.

    Attributes:
        categories: in the order of every array's last axis.
        bags: the views named by `BAGS`, in that order.
        meaning: None where no word vectors were installed at the fit.
    """

    categories: tuple[str, ...]
    bags: tuple[Bag, ...]
    meaning: Meaning | None
    junction: Junction
    _pieces: dict[str, Indices] = field(default_factory=dict, repr=False, compare=False)

    def encode(self, sentence: str, vectors: WordVectors | None) -> EncodedSentence:
        """Encode one sentence; `vectors` must be given where the model has a view of meaning."""
        found = sentence_features(sentence)
        terms, pieces, cues = (bag.vocabulary for bag in self.bags)
        return EncodedSentence(
            len(found.words),
            (_columns(terms, found.terms), self._pieces_of(found, pieces), _columns(cues, found.cues)),
            vectors.sum_of(found.words) if self.meaning is not None and vectors is not None else None,
        )

    def _pieces_of(self, found: SentenceFeatures, vocabulary: dict[str, int]) -> Indices:
        known = self._pieces
        if len(known) > 50_000:
            known.clear()
        columns = []
        for word in found.words:
            of_word = known.get(word)
            if of_word is None:
                of_word = known[word] = _columns(vocabulary, pieces_of(word))
            columns.append(of_word)
        return np.concatenate(columns) if columns else np.zeros(0, dtype=np.int32)

    def score(self, passage: Sequence[EncodedSentence]) -> Floats:
        """The logits of a passage (of one sentence at least), one a category."""
        views = [
            bag.score(np.concatenate([sentence.bags[index] for sentence in passage]))
            for index, bag in enumerate(self.bags)
        ]
        if self.meaning is not None:
            vectors = [sentence.vector for sentence in passage if sentence.vector is not None]
            views.append(self.meaning.score(np.sum(vectors, axis=0, dtype=np.float32)))
        return self.junction.join(np.stack(views))


def _columns(vocabulary: dict[str, int], features: Sequence[str]) -> Indices:
    found = [vocabulary[feature] for feature in features if feature in vocabulary]
    return np.array(found, dtype=np.int32)
