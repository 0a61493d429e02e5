"""Which examples of the corpus an article resembles.

An example and a passage are each two vectors of length one: their weighted terms, and the mean of their word vectors
less what all examples have in common. The similarity is the mean of both cosines, which is the cosine of the two
written one after the other: the terms know the words of the matter, the meaning knows their kin.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifiers.corpus import Corpus
from classifiers.glossary import gloss
from classifiers.linear import EncodedArticle, Floats, LinearModel, damped
from classifiers.passages import sentences_of
from classifiers.vectors import WordVectors
from spywatch.records import SeedMatch

SHOWN = 2
_HALVED = ("examples_values", "examples_meanings")
_ARRAYS = ("starts", "columns", "values", "meanings", "centre", "labels")


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The labelled examples, ready to be compared with.

    Attributes:
        ids, titles: of the examples.
        labels: (examples, categories), 0 or 1.
        starts, columns, values: their terms, row by row: the terms of example i stand from starts[i] to starts[i+1].
        meanings: (examples, size) of length one, and the mean that was taken off; no columns without word vectors.
    """

    ids: tuple[str, ...]
    titles: tuple[str, ...]
    labels: NDArray[np.uint8]
    starts: NDArray[np.int32]
    columns: NDArray[np.int32]
    values: Floats
    meanings: Floats
    centre: Floats

    def nearest(
        self, article: EncodedArticle, span: tuple[int, int], column: int, model: LinearModel
    ) -> tuple[SeedMatch, ...]:
        """The examples of a category that a passage resembles most, nearest first, up to `SHOWN`.

        Args:
            article, span: the passage, as (first sentence, end).
            column: the category's.
        """
        rows = np.flatnonzero(self.labels[:, column])
        if not len(rows):
            return ()
        columns, values, meaning = _represent(article, span, model)
        terms = np.zeros(len(model.bags[0].idf), dtype=np.float32)
        terms[columns] = values
        reached = np.concatenate([[0.0], np.cumsum(self.values * terms[self.columns], dtype=np.float64)])
        similarities = (reached[self.starts[1:]] - reached[self.starts[:-1]])[rows]
        if meaning is not None and self.meanings.shape[1]:
            similarities = (similarities + (self.meanings @ _unit(meaning - self.centre))[rows]) / 2
        best = np.lexsort((rows, -np.round(similarities, 4)))[:SHOWN]
        return tuple(
            SeedMatch(
                example_id=self.ids[rows[index]],
                title=self.titles[rows[index]],
                similarity=round(float(np.clip(similarities[index], 0.0, 1.0)), 4),
            )
            for index in best
        )

    def as_arrays(self) -> dict[str, NDArray[Any]]:
        """The arrays to store, by name; what only ranks examples is stored in half the digits."""
        arrays = {f"examples_{name}": getattr(self, name) for name in _ARRAYS}
        return arrays | {name: arrays[name].astype(np.float16) for name in _HALVED}

    def as_dict(self) -> dict[str, Any]:
        """The rest of what is to be stored, ready for JSON."""
        return {"ids": list(self.ids), "titles": list(self.titles)}

    @classmethod
    def restored(cls, arrays: Mapping[str, NDArray[Any]], about: Mapping[str, Any], model: LinearModel) -> Neighbours:
        """What `as_arrays` and `as_dict` stored.

        Raises:
            KeyError, ValueError: it is not that, or not this model's.
        """
        stored = {name: arrays[f"examples_{name}"] for name in _ARRAYS}
        stored |= {name: stored[name].astype(np.float32) for name in ("values", "meanings")}
        found = cls(tuple(about["ids"]), tuple(about["titles"]), **stored)
        examples = len(found.ids)
        fits = (
            len(found.titles) == examples
            and found.labels.shape == (examples, len(model.categories))
            and found.starts.shape == (examples + 1,)
            and found.columns.shape == found.values.shape == (int(found.starts[-1]),)
            and (not len(found.columns) or 0 <= found.columns.min() <= found.columns.max() < len(model.bags[0].idf))
            and found.meanings.shape == (examples, len(found.centre))
        )
        if not fits:
            raise ValueError("the stored examples do not fit the model")
        return found


def fit_neighbours(corpus: Corpus, model: LinearModel, vectors: WordVectors | None) -> Neighbours:
    """Represent the labelled examples of a corpus by a model that was fitted on it."""
    examples = [example for example in corpus.examples if example.labels]
    found = []
    for example in examples:
        read = [gloss(sentence.content, example.language) for sentence in sentences_of(example.title, example.text)]
        found.append(_represent(model.encode(read, vectors), (0, len(read)), model))
    meanings = np.array([meaning for *_, meaning in found if meaning is not None], dtype=np.float32)
    meanings = meanings.reshape(len(examples), -1)
    centre = meanings.mean(axis=0)
    return Neighbours(
        ids=tuple(example.id for example in examples),
        titles=tuple(example.title for example in examples),
        labels=np.array([[name in e.labels for name in corpus.names] for e in examples], dtype=np.uint8),
        starts=np.cumsum([0, *(len(columns) for columns, _, _ in found)], dtype=np.int32),
        columns=np.concatenate([columns for columns, _, _ in found]).astype(np.int32),
        values=_halved(np.concatenate([values for _, values, _ in found])),
        meanings=_halved(np.array([_unit(meaning - centre) for meaning in meanings]).reshape(meanings.shape)),
        centre=centre,
    )


def _represent(
    article: EncodedArticle, span: tuple[int, int], model: LinearModel
) -> tuple[NDArray[np.int64], Floats, Floats | None]:
    """The terms of a passage, which and how heavy, and its meaning, each of length one."""
    start, end = span
    columns, counts = article.terms
    values = _unit(damped(counts[start:end].sum(axis=0)) * model.bags[0].idf[columns])
    if article.vectors is None:
        return columns, values, None
    return columns, values, _unit(article.types[start:end].sum(axis=0) @ article.vectors)


def _halved(values: NDArray[Any]) -> Floats:
    """As they will come back from the cache, so that a fitted and a restored model agree."""
    return values.astype(np.float16).astype(np.float32)


def _unit(values: Sequence[float] | NDArray[Any]) -> Floats:
    array = np.asarray(values, dtype=np.float32)
    length = float(np.linalg.norm(array))
    return array / np.float32(length) if length else array
