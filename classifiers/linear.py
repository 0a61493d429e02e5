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

from classifiers.features import pieces_of, sentence_features
from classifiers.vectors import WordVectors

Floats = NDArray[np.float32]
Indices = NDArray[np.int32]
BAGS = ("terms", "pieces", "cues")
MEANING = "meaning"
MEANING_SCALE = 1 / 16
"""Brings 256 standardised numbers to about the length of a normalised bag."""


_DAMPED: Floats = np.array([0.0, *(1.0 + np.log(np.arange(1, 256)))], dtype=np.float32)
"""What a count weighs: nothing, 1, and from then on one more for each e-fold."""


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

    def score(self, columns: Indices, counts: Indices) -> Floats:
        """The view's logits, (passages, outputs).

        Args:
            columns: the columns that occur at all.
            counts: how often, (passages, columns that occur).
        """
        values = _DAMPED[np.minimum(counts, len(_DAMPED) - 1)] * self.idf[columns]
        lengths = np.sqrt(np.einsum("ij,ij->i", values, values) + np.float32(self.floor**2))[:, None]
        lengths[lengths == 0] = 1.0
        scores: Floats = ((values @ self.weights[columns]) / lengths + self.intercepts).astype(np.float32)
        return scores


@dataclass(frozen=True, slots=True)
class Meaning:
    """The view over word vectors; the scaling of each dimension is already in the weights."""

    weights: Floats
    intercepts: Floats

    def score(self, totals: Floats) -> Floats:
        """The view's logits, (passages, outputs), for the sums of the passages' word vectors."""
        lengths = np.linalg.norm(totals, axis=1, keepdims=True)
        lengths[lengths == 0] = 1.0
        scores: Floats = (totals @ self.weights / lengths + self.intercepts).astype(np.float32)
        return scores


@dataclass(frozen=True, slots=True)
class EncodedArticle:
    """An article's sentences in numbers.

    Attributes:
        words: how many words each sentence has.
        columns: a bag, the columns that occur in the article.
        counts: a bag, how often they occur in each sentence, (sentences, columns that occur).
        vectors: the sum of each sentence's word vectors, (sentences, size), None without a view of meaning.
    """

    words: tuple[int, ...]
    columns: tuple[Indices, ...]
    counts: tuple[Indices, ...]
    vectors: Floats | None


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
    _pairs: list[tuple[Indices, dict[str, int]]] = field(default_factory=list, repr=False, compare=False)
    _pieces: dict[str, Indices] = field(default_factory=dict, repr=False, compare=False)

    def encode(self, sentences: Sequence[str], vectors: WordVectors | None) -> EncodedArticle:
        """Encode an article's sentences; `vectors` must be given where the model has a view of meaning."""
        found = [sentence_features(sentence) for sentence in sentences]
        terms, pieces, cues = (bag.vocabulary for bag in self.bags)
        by_bag = (
            _columns(terms, [sentence.terms for sentence in found]),
            self._pieces_of([sentence.words for sentence in found], pieces),
            self._cues_of([sentence.concepts for sentence in found], cues),
        )
        counted = [
            _count(rows, columns, len(found), len(bag.idf))
            for bag, (rows, columns) in zip(self.bags, by_bag, strict=True)
        ]
        return EncodedArticle(
            tuple(len(sentence.words) for sentence in found),
            tuple(columns for columns, _ in counted),
            tuple(counts for _, counts in counted),
            vectors.sums_of([sentence.words for sentence in found])
            if self.meaning is not None and vectors is not None
            else None,
        )

    def _pieces_of(self, sentences: Sequence[Sequence[str]], vocabulary: dict[str, int]) -> tuple[Indices, Indices]:
        known = self._pieces
        if len(known) > 50_000:
            known.clear()
        rows: list[int] = []
        found: list[Indices] = []
        for row, words in enumerate(sentences):
            for word in words:
                of_word = known.get(word)
                if of_word is None:
                    columns = [vocabulary[piece] for piece in pieces_of(word) if piece in vocabulary]
                    of_word = known[word] = np.array(columns, dtype=np.int32)
                found.append(of_word)
                rows.append(row)
        if not found:
            return np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.int32)
        return np.repeat(np.array(rows, dtype=np.int32), list(map(len, found))), np.concatenate(found)

    def _cues_of(self, sentences: Sequence[tuple[str, ...]], vocabulary: dict[str, int]) -> tuple[Indices, Indices]:
        """As `_columns(vocabulary, map(cues_of, sentences))`, through a table of pairs, which is faster."""
        if not self._pairs:
            concepts = sorted({concept for cue in vocabulary for concept in cue.split("+")})
            table = np.full((len(concepts) + 1, len(concepts)), -1, dtype=np.int32)
            for second, concept in enumerate(concepts):
                table[-1, second] = vocabulary.get(concept, -1)
                for first, other in enumerate(concepts[:second]):
                    table[first, second] = vocabulary.get(f"{other}+{concept}", -1)
            self._pairs.append((table, {concept: number for number, concept in enumerate(concepts)}))
        table, numbers = self._pairs[0]
        rows: list[Indices] = []
        found: list[Indices] = []
        for row, concepts_said in enumerate(sentences):
            said = [numbers[concept] for concept in concepts_said if concept in numbers]
            if said:
                columns = table[[*said, -1]][:, said].ravel()
                columns = columns[columns >= 0]
                found.append(columns)
                rows.append(np.full(len(columns), row, dtype=np.int32))
        if not found:
            return np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.int32)
        return np.concatenate(rows), np.concatenate(found)

    def score(
        self, article: EncodedArticle, ranges: Sequence[tuple[int, int]], without: Sequence[int] | None = None
    ) -> Floats:
        """The logits of passages of an article, (passages, categories).

        Args:
            ranges: each passage as (first sentence, end).
            without: for each passage the sentence to leave out; it must be in the passage.
        """
        starts, ends = np.array(ranges, dtype=np.intp).T
        left_out = None if without is None else np.array(without, dtype=np.intp)

        def passage_sums(by_sentence: NDArray[Any]) -> NDArray[Any]:
            running = np.zeros((len(by_sentence) + 1, by_sentence.shape[1]), dtype=by_sentence.dtype)
            np.cumsum(by_sentence, axis=0, out=running[1:])
            sums: NDArray[Any] = running[ends] - running[starts]
            return sums if left_out is None else sums - by_sentence[left_out]

        views = [
            bag.score(columns, passage_sums(counts))
            for bag, columns, counts in zip(self.bags, article.columns, article.counts, strict=True)
        ]
        if self.meaning is not None and article.vectors is not None:
            views.append(self.meaning.score(passage_sums(article.vectors)))
        return self.junction.join(np.stack(views, axis=1))


def _columns(vocabulary: dict[str, int], by_sentence: Sequence[Sequence[str]]) -> tuple[Indices, Indices]:
    """The features that the vocabulary knows, as the row of their sentence and their column."""
    rows: list[int] = []
    columns: list[int] = []
    get = vocabulary.get
    for row, features in enumerate(by_sentence):
        known = [column for column in map(get, features) if column is not None]
        columns += known
        rows += [row] * len(known)
    return np.array(rows, dtype=np.int32), np.array(columns, dtype=np.int32)


def _count(rows: Indices, columns: Indices, sentences: int, size: int) -> tuple[Indices, Indices]:
    """The columns that occur, and how often in each sentence."""
    present = np.flatnonzero(np.bincount(columns, minlength=size)).astype(np.int32)
    position = np.zeros(size, dtype=np.int32)
    position[present] = np.arange(len(present), dtype=np.int32)
    cells = rows.astype(np.int64) * len(present) + position[columns]
    counts = np.bincount(cells, minlength=sentences * len(present))
    return present, counts.reshape(sentences, len(present)).astype(np.int32)
