"""What the model knows of a word wherever it stands, looked up once and kept in arrays.

Reading an article is then looking up its words' numbers; everything else is arithmetic on whole columns.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from classifiers.features import FINDER, PieceFinder, normalize, split_words, term_of
from classifiers.vectors import WordVectors

REMEMBERED = 40_000
"""Words; with their vectors about 50 MB. A table that holds more is emptied before the next article."""
_ROOM = 16_384
_OFTEN = 2
_PLAIN = 40
"""Letters and figures of the basic alphabet, no more than this and a stop or comma at most behind, are one word."""
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
        lengths: how many words each sentence has.
        types: for each word in order, which of the article's different words it is; they are numbered as they
            appear, so that the order of later sums depends on the article alone.
        stems: for each word in order, the number of its stem, or `OTHER_STEM` or `NO_STEM`.
        concepts: the concepts that each different word stands for alone, (types, concepts), 0 or 1.
        phrases: (sentence, concept) of the phrases of the lexicon.
        pieces: what the pieces of each different word weigh, (types, outputs).
        norms: the squared length of the pieces of each different word.
        vectors: the vectors of the different words, (types, size), None without word vectors.
    """

    lengths: Indices
    types: Indices
    stems: Indices
    concepts: Floats
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
        self._finder = PieceFinder(pieces)
        self._piece_table = np.hstack([piece_weights, piece_idf[:, None]]) * piece_idf[:, None]
        self._vectors = vectors
        self._lock = threading.Lock()
        self._clear()

    def _clear(self) -> None:
        self._written: dict[str, tuple[int, ...]] = {}
        self._numbers: dict[str, int] = {}
        self._normals: list[str] = []
        self._pairs: dict[tuple[int, int], bool] = {}
        self._stems = np.zeros(_ROOM, dtype=np.int64)
        self._concepts = np.zeros((_ROOM, len(self._concept_columns)), dtype=np.float32)
        self._opens = np.zeros(_ROOM, dtype=np.bool_)
        self._follows = np.zeros(_ROOM, dtype=np.bool_)
        self._pieces = np.zeros((_ROOM, self._piece_table.shape[1] - 1), dtype=np.float32)
        self._norms = np.zeros(_ROOM, dtype=np.float32)
        self._known_vectors = np.zeros((_ROOM, self._vectors.size if self._vectors else 0), dtype=np.float32)

    def read(self, sentences: Sequence[str]) -> ReadWords:
        """Read an article, sentence by sentence; no phrase runs across two.

        Whatever stands between white space is cut into words once and remembered: a word, mostly, with or without a
        comma. No word has white space in it, so this finds what `features.split_words` finds in the sentence.
        """
        lines = [sentence.split() for sentence in sentences]
        with self._lock:
            if max(len(self._normals), len(self._written) // 3, len(self._pairs) // 3) > REMEMBERED:
                self._clear()
            known = self._written
            try:
                numbered = [list(chain.from_iterable(map(known.__getitem__, line))) for line in lines]
            except KeyError:
                self._learn([run for run in dict.fromkeys(chain.from_iterable(lines)) if run not in known])
                numbered = [list(chain.from_iterable(map(known.__getitem__, line))) for line in lines]
            flat = list(chain.from_iterable(numbered))
            order = {number: place for place, number in enumerate(dict.fromkeys(flat))}
            each = np.array(flat, dtype=np.int64)
            different = np.array(list(order), dtype=np.int64)
            return ReadWords(
                lengths=np.array([len(numbers) for numbers in numbered], dtype=np.int64),
                types=np.array(list(map(order.__getitem__, flat)), dtype=np.int64),
                stems=self._stems[each],
                concepts=self._concepts[different],
                phrases=tuple(self._find_phrases(numbered, each)),
                pieces=self._pieces[different],
                norms=self._norms[different],
                vectors=self._known_vectors[different] if self._vectors is not None else None,
            )

    def prepare(self, texts: Iterable[str]) -> None:
        """Learn the words that stand in several of some texts now rather than with the first articles."""
        counts = Counter(chain.from_iterable(set(text.split()) for text in texts))
        with self._lock:
            often = [run for run, count in counts.items() if count >= _OFTEN and run not in self._written]
            self._learn(sorted(often)[: 2 * REMEMBERED])

    def _find_phrases(self, numbered: Sequence[list[int]], each: Indices) -> list[tuple[int, int]]:
        """Where two words might be the first of a phrase, the phrases that are there: (sentence, concept)."""
        likely = np.flatnonzero(self._opens[each[:-1]] & self._follows[each[1:]])
        found: list[tuple[int, int]] = []
        sentence, start, pairs = 0, 0, self._pairs
        for position in likely.tolist():
            while position >= start + len(numbered[sentence]):
                start += len(numbered[sentence])
                sentence += 1
            numbers = numbered[sentence]
            place = position - start
            if place + 1 == len(numbers):
                continue
            pair = (numbers[place], numbers[place + 1])
            possible = pairs.get(pair)
            if possible is None:
                possible = pairs[pair] = FINDER.may_open(self._normals[pair[0]], self._normals[pair[1]])
            if possible:
                following = [self._normals[number] for number in numbers[place : place + FINDER.longest]]
                found += [
                    (sentence, self._concept_columns[concept])
                    for concept in FINDER.phrases_at(following)
                    if concept in self._concept_columns
                ]
        return found

    def _learn(self, written: Sequence[str]) -> None:
        """Add runs of signs between white space that were never met since the table was emptied."""
        fresh: list[str] = []
        for run in written:
            numbers = []
            plain = len(run) <= _PLAIN and run.isascii() and run.rstrip(".,").isalnum()
            for word in (run.rstrip(".,"),) if plain else split_words(run):
                normal = normalize(word)
                number = self._numbers.get(normal)
                if number is None:
                    number = self._numbers[normal] = len(self._normals) + len(fresh)
                    fresh.append(normal)
                numbers.append(number)
            self._written[run] = tuple(numbers)
        if not fresh:
            return
        start, end = len(self._normals), len(self._normals) + len(fresh)
        self._make_room(end)
        self._normals += fresh
        terms = [term_of(normal) for normal in fresh]
        known = self._stem_numbers
        self._stems[start:end] = [known.get(term, OTHER_STEM) if term else NO_STEM for term in terms]
        self._opens[start:end] = [FINDER.opens_phrase(normal) for normal in fresh]
        self._follows[start:end] = [FINDER.follows(normal) for normal in fresh]
        for row, normal in enumerate(fresh, start):
            for concept in FINDER.of_word(normal):
                if concept in self._concept_columns:
                    self._concepts[row, self._concept_columns[concept]] = 1
        owners, columns = self._finder.find(fresh, terms)
        sums = _sums(self._piece_table, columns, np.bincount(owners, minlength=len(fresh)))
        self._pieces[start:end] = sums[:, :-1]
        self._norms[start:end] = sums[:, -1]
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


def _sums(table: Floats, chosen: Indices, lengths: Indices) -> Floats:
    """The sums of rows of a table, of the first so many chosen ones, of the next so many, and so on."""
    result = np.zeros((len(lengths), table.shape[1]), dtype=np.float32)
    some = np.flatnonzero(lengths)
    if len(some):
        result[some] = np.add.reduceat(table[chosen], (np.cumsum(lengths) - lengths)[some], axis=0)
    return result
