"""The fitted model as plain arrays: how a passage becomes a score. Needs numpy only.

Four views of a passage, each with its own linear model:

* terms: stems and pairs of stems (TF-IDF);
* pieces: runs of 3 to 5 letters inside words, for endings and kin of known words. A word is the TF-IDF vector of its
  pieces and a passage the damped sum of its different words, so a word's share can be looked up: the passage's length
  is taken as if different words shared no piece, which cost nothing out of fold and makes this view ten times faster;
* cues: concepts and pairs of concepts said in one sentence (TF-IDF over `classifiers.concepts`);
* meaning: the mean of static word vectors, for words that the corpus never uses.

Each view answers one question a category ("is it this?") and one more, the gate ("is it a case at all?"). A category
holds only if both do: the word-rich report of a chip maker's new plant looks like technology transfer and like no
case. So the logit of a category joins its own sum over the views with the soft minimum of that sum and the gate's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifiers.features import FINDER
from classifiers.vectors import WordVectors
from classifiers.words import NO_STEM, OTHER_STEM, WordTable

Floats = NDArray[np.float32]
Indices = NDArray[np.int64]
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

    def score(self, columns: Indices, counts: Floats) -> Floats:
        """The view's logits, (passages, outputs).

        Args:
            columns: the columns that occur at all.
            counts: how often, (passages, columns that occur).
        """
        values: Floats = damped(counts) * self.idf[columns]
        return self.finish(values @ self.weights[columns], np.square(values).sum(axis=1, dtype=np.float32))

    def finish(self, sums: Floats, squares: Floats) -> Floats:
        """The logits of passages, from what their features weigh together and their squared lengths."""
        lengths = np.sqrt(squares + np.float32(self.floor**2))[:, None]
        lengths[lengths == 0] = 1.0
        scores: Floats = (sums / lengths + self.intercepts).astype(np.float32)
        return scores


def damped(counts: Floats) -> Floats:
    """What counts weigh."""
    weighed: Floats = _DAMPED[np.minimum(counts, len(_DAMPED) - 1).astype(np.intp)]
    return weighed


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
        terms, cues: which columns of these bags occur in the article, and how often in each sentence,
            (sentences, columns that occur).
        types: how often each different word stands in each sentence, (sentences, types).
        pieces, norms: what the pieces of each different word weigh, (types, outputs), and their squared length.
        vectors: the vectors of the different words, (types, size), None without a view of meaning.
    """

    words: tuple[int, ...]
    terms: tuple[Indices, Floats]
    cues: tuple[Indices, Floats]
    types: Floats
    pieces: Floats
    norms: Floats
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
        sums: NDArray[Any] = np.tensordot(muted(logits), self.views, axes=([-2], [0]))
        joined: NDArray[Any] = self.own * sums[..., :-1] + self.gated * soft_minimum(sums) + self.offsets
        return joined


def muted(logits: NDArray[Any]) -> NDArray[Any]:
    """The views' logits, the loud ones muted, so that no view drowns the others on a text unlike all it learned from.

    The inverse hyperbolic sine leaves small values and takes the logarithm of large ones. Out of fold it won 0.03 of
    macro F1 at the promised false-alarm rate.
    """
    result: NDArray[Any] = np.arcsinh(logits)
    return result


def soft_minimum(sums: NDArray[Any]) -> NDArray[Any]:
    """The logit of "both", were the category and the gate independent: below the smaller of the two."""
    result: NDArray[Any] = -np.logaddexp(-sums[..., :-1], -sums[..., -1:])
    return result


class Reader:
    """Turns sentences into the numbers of one model, with what it needs looked up once."""

    def __init__(self, bags: Sequence[Bag], vectors: WordVectors | None) -> None:
        """Args: the bags named by `BAGS`, in that order; vectors, where the model has a view of meaning."""
        terms, pieces, cues = bags
        stems: dict[str, int] = {}
        for term in terms.vocabulary:
            for stem in term.split(" "):
                stems.setdefault(stem, len(stems))
        self._single = np.full(len(stems), -1, dtype=np.int64)
        pairs = []
        for term, column in terms.vocabulary.items():
            first, _, second = term.partition(" ")
            if second:
                pairs.append((stems[first] * len(stems) + stems[second], column))
            else:
                self._single[stems[first]] = column
        pairs.sort()
        self._stems = len(stems)
        self._columns = len(terms.vocabulary)
        self._pair_keys = np.array([*(key for key, _ in pairs), np.iinfo(np.int64).max], dtype=np.int64)
        self._pair_columns = np.array([*(column for _, column in pairs), -1], dtype=np.int64)
        numbers = {concept: number for number, concept in enumerate(FINDER.names)}
        parts = [(cue.split("+"), column) for cue, column in cues.vocabulary.items()]
        known = [(names, column) for names, column in parts if all(name in numbers for name in names)]
        self._cue_first = np.array([numbers[names[0]] for names, _ in known], dtype=np.int64)
        self._cue_second = np.array([numbers[names[-1]] for names, _ in known], dtype=np.int64)
        self._cue_columns = np.array([column for _, column in known], dtype=np.int64)
        self._table = WordTable(stems, FINDER.names, pieces.vocabulary, pieces.idf, pieces.weights, vectors)

    def prepare(self, texts: Iterable[str]) -> None:
        """Read the frequent words of some texts."""
        self._table.prepare(texts)

    def encode(self, sentences: Sequence[str]) -> EncodedArticle:
        """Encode an article's sentences."""
        read = self._table.read(sentences)
        lengths = read.lengths
        rows = np.repeat(np.arange(len(lengths)), lengths)
        kinds = len(read.norms)
        counts = np.bincount(rows * kinds + read.types, minlength=len(lengths) * kinds)
        types = counts.reshape(len(lengths), kinds).astype(np.float32)
        return EncodedArticle(
            words=tuple(lengths.tolist()),
            terms=self._terms(rows, read.stems, len(lengths)),
            cues=self._cues(types, read.concepts, read.phrases),
            types=types,
            pieces=read.pieces,
            norms=read.norms,
            vectors=read.vectors,
        )

    def _terms(self, rows: Indices, stems: Indices, sentences: int) -> tuple[Indices, Floats]:
        """Stems and pairs of neighbouring stems, as `features.terms_of` has them."""
        content = np.flatnonzero(stems != NO_STEM)
        rows, stems = rows[content], stems[content]
        known = stems != OTHER_STEM
        neighbours = np.flatnonzero(known[:-1] & known[1:] & (rows[:-1] == rows[1:]))
        keys = stems[neighbours] * self._stems + stems[neighbours + 1]
        places = np.searchsorted(self._pair_keys, keys)
        paired = self._pair_keys[places] == keys
        singles = self._single[stems[known]]
        alone = singles >= 0
        of_bag = np.concatenate([rows[known][alone], rows[neighbours[paired]]])
        columns = np.concatenate([singles[alone], self._pair_columns[places[paired]]])
        present = np.flatnonzero(np.bincount(columns))
        positions = np.empty(self._columns, dtype=np.int64)
        positions[present] = np.arange(len(present))
        counts = np.bincount(of_bag * len(present) + positions[columns], minlength=sentences * len(present))
        return present, counts.reshape(sentences, len(present)).astype(np.float32)

    def _cues(self, types: Floats, concepts: Floats, phrases: Sequence[tuple[int, int]]) -> tuple[Indices, Floats]:
        """Concepts and pairs of concepts said in one sentence, as `features.cues_of` has them."""
        said: NDArray[np.bool_] = types @ concepts > 0
        for sentence, concept in phrases:
            said[sentence, concept] = True
        anywhere = np.logical_or.reduce(said, axis=0)
        possible = np.flatnonzero(anywhere[self._cue_first] & anywhere[self._cue_second])
        both = said[:, self._cue_first[possible]] & said[:, self._cue_second[possible]]
        some = np.flatnonzero(both.any(axis=0))
        return self._cue_columns[possible[some]], both[:, some].astype(np.float32)


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
    _reader: list[Reader] = field(default_factory=list, repr=False, compare=False)

    def encode(self, sentences: Sequence[str], vectors: WordVectors | None) -> EncodedArticle:
        """Encode an article's sentences; `vectors` must be given where the model has a view of meaning."""
        return self._read_by(vectors).encode(sentences)

    def prepare(self, texts: Iterable[str], vectors: WordVectors | None) -> None:
        """Do now what the first articles would wait for: the tables, and the frequent words of some texts."""
        self._read_by(vectors).prepare(texts)

    def _read_by(self, vectors: WordVectors | None) -> Reader:
        if not self._reader:
            self._reader.append(Reader(self.bags, vectors if self.meaning is not None else None))
        return self._reader[0]

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
        return self.score_members(article, members)

    def score_members(self, article: EncodedArticle, members: Floats) -> Floats:
        """The logits of any choices of sentences, (choices, categories).

        Args:
            members: 1 where a sentence is chosen, (choices, sentences).
        """
        terms, pieces, cues = self.bags
        counts: Floats = members @ article.types
        words = damped(counts)
        views = [
            terms.score(article.terms[0], members @ article.terms[1]),
            pieces.finish(words @ article.pieces, np.square(words) @ article.norms),
            cues.score(article.cues[0], members @ article.cues[1]),
        ]
        if self.meaning is not None and article.vectors is not None:
            views.append(self.meaning.score(counts @ article.vectors))
        return self.junction.join(np.stack(views, axis=1))
