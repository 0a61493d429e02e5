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

from classifiers.features import Word, concepts_of, pieces_of, split_words, terms_of, word_of
from classifiers.vectors import WordVectors

Floats = NDArray[np.float32]
Indices = NDArray[np.int32]
BAGS = ("terms", "pieces", "cues")
MEANING = "meaning"
_REMEMBERED_WORDS = 30_000
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

    def score(self, columns: Indices, counts: Floats) -> Floats:
        """The view's logits, (passages, outputs).

        Args:
            columns: the columns that occur at all.
            counts: how often, (passages, columns that occur).
        """
        values = _DAMPED[np.minimum(counts, len(_DAMPED) - 1).astype(np.intp)] * self.idf[columns]
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
class Lexeme:
    """A word as the model knows it: with the columns of its pieces, and how many they are."""

    word: Word
    pieces: Indices
    size: int


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
    counts: tuple[Floats, ...]
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
    _lexemes: dict[str, Lexeme] = field(default_factory=dict, repr=False, compare=False)

    def encode(self, sentences: Sequence[str], vectors: WordVectors | None) -> EncodedArticle:
        """Encode an article's sentences; `vectors` must be given where the model has a view of meaning."""
        known = self._lexemes
        if len(known) > _REMEMBERED_WORDS:
            known.clear()
        read: list[Lexeme] = []
        lengths: list[int] = []
        terms: list[list[str]] = []
        concepts: list[tuple[str, ...]] = []
        for sentence in sentences:
            found = [known.get(written) or self._learn(written) for written in split_words(sentence)]
            words = [lexeme.word for lexeme in found]
            terms.append(terms_of(words))
            concepts.append(concepts_of(words))
            read += found
            lengths.append(len(found))
        rows = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)
        by_bag = (
            _columns(self.bags[0].vocabulary, terms),
            _pieces(rows, read),
            self._cues_of(concepts),
        )
        counted = [
            _count(of_bag, columns, len(lengths), len(bag.idf))
            for bag, (of_bag, columns) in zip(self.bags, by_bag, strict=True)
        ]
        sums = None
        if self.meaning is not None and vectors is not None:
            positions: dict[str, int] = {}
            numbers = [positions.setdefault(lexeme.word.normal, len(positions)) for lexeme in read]
            cells = rows.astype(np.int64) * len(positions) + np.array(numbers, dtype=np.int64)
            often = np.bincount(cells, minlength=len(lengths) * len(positions)).astype(np.float32)
            sums = often.reshape(len(lengths), len(positions)) @ vectors.of_words(list(positions))
        return EncodedArticle(
            tuple(lengths),
            tuple(columns for columns, _ in counted),
            tuple(counts for _, counts in counted),
            sums,
        )

    def _learn(self, written: str) -> Lexeme:
        word = word_of(written)
        vocabulary = self.bags[1].vocabulary
        columns = [vocabulary[piece] for piece in pieces_of(word.normal) if piece in vocabulary]
        lexeme = self._lexemes[written] = Lexeme(word, np.array(columns, dtype=np.int32), len(columns))
        return lexeme

    def _cues_of(self, sentences: Sequence[tuple[str, ...]]) -> tuple[Indices, Indices]:
        """The cues of `features.cues_of` that the model knows, through a table of pairs, which is faster."""
        vocabulary = self.bags[2].vocabulary
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
        members = np.zeros((len(ranges), len(article.words)), dtype=np.float32)
        for row, (start, end) in enumerate(ranges):
            members[row, start:end] = 1.0
        if without is not None:
            members[np.arange(len(ranges)), np.array(without, dtype=np.intp)] = 0.0
        views = [
            bag.score(columns, members @ counts)
            for bag, columns, counts in zip(self.bags, article.columns, article.counts, strict=True)
        ]
        if self.meaning is not None and article.vectors is not None:
            views.append(self.meaning.score(members @ article.vectors))
        return self.junction.join(np.stack(views, axis=1))


def _pieces(rows: Indices, read: Sequence[Lexeme]) -> tuple[Indices, Indices]:
    """The pieces of the words read, as the row of their sentence and their column."""
    if not read:
        return np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.int32)
    return np.repeat(rows, [lexeme.size for lexeme in read]), np.concatenate([lexeme.pieces for lexeme in read])


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


def _count(rows: Indices, columns: Indices, sentences: int, size: int) -> tuple[Indices, Floats]:
    """The columns that occur, and how often in each sentence."""
    present = np.flatnonzero(np.bincount(columns, minlength=size)).astype(np.int32)
    position = np.zeros(size, dtype=np.int32)
    position[present] = np.arange(len(present), dtype=np.int32)
    cells = rows.astype(np.int64) * len(present) + position[columns]
    counts = np.bincount(cells, minlength=sentences * len(present))
    return present, counts.reshape(sentences, len(present)).astype(np.float32)
