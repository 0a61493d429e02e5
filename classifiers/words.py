"""What the model knows of a word wherever it stands, looked up once and kept in arrays.

Reading an article is then looking up its words' numbers; everything else is arithmetic on whole columns.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from classifiers.features import FINDER, normalize, pieces_of, term_of
from classifiers.vectors import WordVectors

REMEMBERED = 20_000
"""Words; with their vectors about 25 MB. A table that holds more is emptied before the next article."""
_ROOM = 4_096
_LONGEST = 8
"""Words that a phrase of the lexicon may have."""
OTHER_STEM = -1
NO_STEM = -2
"""A stem that the model does not know, and a function word, which stands between stems without parting them."""

_Number = TypeVar("_Number", bound=np.generic)
Floats = NDArray[np.float32]
Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ReadWords:
    """The words of an article.

    Attributes:
        types: for each word in order, which of the article's different words it is.
        stems: for each word in order, the number of its stem, or `OTHER_STEM` or `NO_STEM`.
        concepts: for each word in order, the concepts that it stands for alone, (words, concepts), 0 or 1.
        phrases: (position, concept) of phrases, by the position of their first word.
        pieces: what the pieces of each different word weigh, (types, outputs).
        norms: the squared length of the pieces of each different word.
        vectors: the vectors of the different words, (types, size), None without word vectors.
    """

    types: Indices
    stems: Indices
    concepts: NDArray[np.uint8]
    phrases: tuple[tuple[int, int], ...]
    pieces: Floats
    norms: Floats
    vectors: Floats | None


class WordTable:
    """Reads words for one model. Safe to use from several threads."""

    def __init__(
        self,
        stems: Mapping[str, int],
        concepts: Sequence[str],
        pieces: Mapping[str, int],
        piece_idf: Floats,
        piece_weights: Floats,
        vectors: WordVectors | None,
    ) -> None:
        """Start empty.

        Args:
            stems: the numbers of the stems that the model counts.
            concepts: the names of the concepts, in the order of their columns.
            pieces: the columns of the pieces that the model counts.
            piece_idf, piece_weights: by column, and by column and output.
            vectors: None where the model has no view of meaning.
        """
        self._stem_numbers = stems
        self._concept_columns = {concept: column for column, concept in enumerate(concepts)}
        self._piece_columns = pieces
        self._piece_weights = piece_weights * piece_idf[:, None]
        self._piece_squares = piece_idf**2
        self._vectors = vectors
        self._lock = threading.Lock()
        self._clear()

    def _clear(self) -> None:
        self._written: dict[str, int] = {}
        self._numbers: dict[str, int] = {}
        self._normals: list[str] = []
        self._stems = np.zeros(_ROOM, dtype=np.int64)
        self._concepts = np.zeros((_ROOM, len(self._concept_columns)), dtype=np.uint8)
        self._opens = np.zeros(_ROOM, dtype=np.bool_)
        self._follows = np.zeros(_ROOM, dtype=np.bool_)
        self._pieces = np.zeros((_ROOM, self._piece_weights.shape[1]), dtype=np.float32)
        self._norms = np.zeros(_ROOM, dtype=np.float32)
        self._known_vectors = np.zeros((_ROOM, self._vectors.size if self._vectors else 0), dtype=np.float32)

    def read(self, words: Sequence[str], ends: Sequence[int]) -> ReadWords:
        """Read an article.

        Args:
            words: all of them as they stand, in order.
            ends: for each sentence the position after its last word, so that no phrase runs across.
        """
        with self._lock:
            if len(self._normals) > REMEMBERED or len(self._written) > 2 * REMEMBERED:
                self._clear()
            known = self._written
            try:
                numbers = [known[word] for word in words]
            except KeyError:
                self._learn([word for word in dict.fromkeys(words) if word not in known])
                numbers = [known[word] for word in words]
            each = np.array(numbers, dtype=np.int64)
            different, types = np.unique(each, return_inverse=True)
            return ReadWords(
                types=types,
                stems=self._stems[each],
                concepts=self._concepts[each],
                phrases=tuple(self._find_phrases(numbers, each, ends)),
                pieces=self._pieces[different],
                norms=self._norms[different],
                vectors=self._known_vectors[different] if self._vectors is not None else None,
            )

    def _find_phrases(self, numbers: Sequence[int], each: Indices, ends: Sequence[int]) -> list[tuple[int, int]]:
        likely = np.flatnonzero(self._opens[each[:-1]] & self._follows[each[1:]])
        if not len(likely):
            return []
        limits = np.array(ends, dtype=np.int64)
        found: list[tuple[int, int]] = []
        for position, end in zip(
            likely.tolist(), limits[np.searchsorted(limits, likely, side="right")].tolist(), strict=True
        ):
            following = [self._normals[number] for number in numbers[position : min(end, position + _LONGEST)]]
            found += [
                (position, self._concept_columns[concept])
                for concept in FINDER.phrases_at(following)
                if concept in self._concept_columns
            ]
        return found

    def _learn(self, written: Sequence[str]) -> None:
        """Add words that were never met since the table was emptied."""
        fresh: list[str] = []
        for word in written:
            normal = normalize(word)
            number = self._numbers.get(normal)
            if number is None:
                number = self._numbers[normal] = len(self._normals) + len(fresh)
                fresh.append(normal)
            self._written[word] = number
        if not fresh:
            return
        start, end = len(self._normals), len(self._normals) + len(fresh)
        self._make_room(end)
        self._normals += fresh
        for row, normal in enumerate(fresh, start):
            term = term_of(normal)
            self._stems[row] = self._stem_numbers.get(term, OTHER_STEM) if term else NO_STEM
            self._opens[row] = FINDER.opens_phrase(normal)
            self._follows[row] = FINDER.follows(normal)
            for concept in FINDER.of_word(normal):
                if concept in self._concept_columns:
                    self._concepts[row, self._concept_columns[concept]] = 1
        known = self._piece_columns
        columns = [[known[piece] for piece in pieces_of(normal) if piece in known] for normal in fresh]
        self._pieces[start:end] = _sums(self._piece_weights, columns)
        self._norms[start:end] = _sums(self._piece_squares[:, None], columns)[:, 0]
        if self._vectors is not None:
            self._known_vectors[start:end] = self._vectors.of_words(fresh)

    def _make_room(self, rows: int) -> None:
        while len(self._stems) < rows:
            self._stems = _doubled(self._stems)
            self._concepts = _doubled(self._concepts)
            self._opens = _doubled(self._opens)
            self._follows = _doubled(self._follows)
            self._pieces = _doubled(self._pieces)
            self._norms = _doubled(self._norms)
            self._known_vectors = _doubled(self._known_vectors)


def _doubled(rows: NDArray[_Number]) -> NDArray[_Number]:
    return np.concatenate([rows, np.zeros_like(rows)])


def _sums(table: Floats, rows: Sequence[Sequence[int]]) -> Floats:
    """For each list of row numbers the sum of those rows of the table."""
    lengths = np.array([len(row) for row in rows], dtype=np.int64)
    chosen = table[np.fromiter(chain.from_iterable(rows), dtype=np.int64, count=int(lengths.sum()))]
    result = np.zeros((len(rows), table.shape[1]), dtype=np.float32)
    some = np.flatnonzero(lengths)
    if len(some):
        result[some] = np.add.reduceat(chosen, (np.cumsum(lengths) - lengths)[some], axis=0)
    return result
