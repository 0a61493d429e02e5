"""Fits the linear model from a corpus. The only module that needs scikit-learn; it runs when no cached model fits.

Every figure used for weights of views, calibration and thresholds comes from out-of-fold scores: a text is only ever
judged by models that saw neither it nor a text on the same event.
"""

from __future__ import annotations

import math
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped,unused-ignore]

from classifiers.corpus import Corpus, Example
from classifiers.features import SentenceFeatures, cues_of, pieces_of, sentence_features
from classifiers.glossary import gloss
from classifiers.linear import BAGS, MEANING_SCALE, Bag, Floats, Junction, LinearModel, Meaning, muted, soft_minimum
from classifiers.passages import sentences_of
from classifiers.settings import FitSettings
from classifiers.vectors import WordVectors

Matrix = NDArray[np.float64]
Booleans = NDArray[np.bool_]
PIECES = BAGS.index("pieces")
AT_A_TIME = 500
"""Texts or words that are multiplied at once, to keep a fit below 400 MB."""


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts as countable features, before any of it is weighted.

    Attributes:
        vocabularies: of the bags, in the order of `BAGS`.
        terms, cues: how often each feature occurs, (texts, features).
        words: how often each word occurs, (texts, words).
        pieces: which pieces each word has, (words, pieces), 0 or 1.
        vectors: the sums of the texts' word vectors, (texts, size).
    """

    vocabularies: tuple[dict[str, int], ...]
    terms: sparse.csr_matrix
    cues: sparse.csr_matrix
    words: sparse.csr_matrix
    pieces: sparse.csr_matrix
    vectors: Matrix | None


def features_of(title: str, text: str, language: str = "en") -> list[SentenceFeatures]:
    """The features of every sentence of a text, its title's first."""
    return [sentence_features(gloss(sentence.content, language)) for sentence in sentences_of(title, text)]


def count_texts(
    texts: Iterable[Sequence[SentenceFeatures]],
    vectors: WordVectors | None,
    vocabularies: tuple[dict[str, int], ...] | None = None,
) -> Texts:
    """Count the features of texts, each looked at once; with `vocabularies` given, only what they know."""
    known = vocabularies or (None, None, None)
    terms, pieces, cues = (_Tally(vocabulary) for vocabulary in known)
    words = _Tally(None)
    for sentences in texts:
        terms.add(term for sentence in sentences for term in sentence.terms)
        cues.add(cue for sentence in sentences for cue in cues_of(sentence.concepts))
        words.add(word for sentence in sentences for word in sentence.words)
    counts, different = words.matrix()
    for word in different:
        pieces.add(pieces_of(word))
    counted = (terms.matrix(), pieces.matrix(), cues.matrix())
    return Texts(
        vocabularies=tuple(vocabulary for _, vocabulary in counted),
        terms=counted[0][0],
        cues=counted[2][0],
        words=counts,
        pieces=counted[1][0],
        vectors=None if vectors is None else _summed(counts, list(different), vectors),
    )


def _summed(counts: sparse.csr_matrix, words: list[str], vectors: WordVectors) -> Matrix:
    """The sums of the texts' word vectors, some words at a time."""
    columns = counts.tocsc()
    total = np.zeros((counts.shape[0], vectors.size))
    for start in range(0, len(words), AT_A_TIME):
        part = slice(start, start + AT_A_TIME)
        total += columns[:, part] @ vectors.of_words(words[part]).astype(np.float64)
    return total


class _Tally:
    """Counts features a text at a time and holds numbers only: the words themselves would take much memory."""

    def __init__(self, vocabulary: dict[str, int] | None) -> None:
        self._vocabulary: dict[str, int] = {} if vocabulary is None else vocabulary
        self._grows = vocabulary is None
        self._columns = array("i")
        self._values = array("d")
        self._ends = array("q", [0])

    def add(self, bag: Iterable[str]) -> None:
        for feature, count in Counter(bag).items():
            if self._grows:
                column = self._vocabulary.setdefault(feature, len(self._vocabulary))
            else:
                column = self._vocabulary.get(feature, -1)
            if column >= 0:
                self._columns.append(column)
                self._values.append(count)
        self._ends.append(len(self._columns))

    def matrix(self) -> tuple[sparse.csr_matrix, dict[str, int]]:
        """The counts, (texts, features), and the vocabulary in the order of its columns; a new one is sorted."""
        columns = np.array(self._columns, dtype=np.int32)
        vocabulary = self._vocabulary
        if self._grows:
            vocabulary = {feature: column for column, feature in enumerate(sorted(vocabulary))}
            moved = np.array([vocabulary[feature] for feature in self._vocabulary], dtype=np.int32)
            columns = moved[columns] if len(columns) else columns
        shape = (len(self._ends) - 1, len(vocabulary))
        matrix = sparse.csr_matrix((np.array(self._values), columns, np.array(self._ends)), shape=shape)
        matrix.sort_indices()
        return matrix, vocabulary


@dataclass(frozen=True, slots=True)
class Answers:
    """What is known of texts.

    Attributes:
        labels: (texts, outputs).
        known: where labels say anything, (texts, outputs).
    """

    labels: Booleans
    known: Booleans

    def of(self, output: int) -> tuple[NDArray[np.int64], Booleans]:
        """The rows with an answer on one output, and their answers."""
        rows = np.flatnonzero(self.known[:, output])
        return rows, self.labels[rows, output]


@dataclass(frozen=True, slots=True)
class FittedViews:
    """One linear model a view, over the columns of the texts that they were fitted on."""

    idf: tuple[Matrix, ...]
    weights: tuple[Matrix, ...]
    intercepts: tuple[Matrix, ...]
    centre: Matrix | None
    scale: Matrix | None


def fit_views(texts: Texts, rows: NDArray[np.int64], answers: Answers, settings: FitSettings) -> FittedViews:
    """Fit each view on some rows of the texts."""
    asked = Answers(answers.labels[rows], answers.known[rows])
    idfs, weights, intercepts = [], [], []
    for index in range(len(BAGS)):
        frequency = _frequencies(texts, index, rows)
        idf = np.where(frequency >= settings.least[index], np.log((1 + len(rows)) / (1 + frequency)) + 1.0, 0.0)
        used = np.flatnonzero(idf)
        w = np.zeros((len(idf), asked.labels.shape[1]))
        features = bag_features(texts, index, rows, idf, settings)[:, used]
        w[used], b = _fit(features, asked, settings.strengths[index])
        idfs.append(idf)
        weights.append(w)
        intercepts.append(b)
    centre = scale = None
    if texts.vectors is not None:
        means = unit(texts.vectors[rows])
        centre, scale = means.mean(axis=0), means.std(axis=0) + 1e-9
        w, b = _fit((means - centre) / scale * MEANING_SCALE, asked, settings.strengths[-1])
        weights.append(w)
        intercepts.append(b)
    return FittedViews(tuple(idfs), tuple(weights), tuple(intercepts), centre, scale)


def _frequencies(texts: Texts, index: int, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """In how many of some texts each feature of a bag occurs."""
    if index == PIECES:
        present = (texts.words[rows] > 0) @ texts.pieces
    else:
        present = (texts.terms, texts.words, texts.cues)[index][rows]
    return np.bincount(present.indices[present.data > 0], minlength=present.shape[1])


def bag_features(
    texts: Texts, index: int, rows: NDArray[np.int64], idf: Matrix, settings: FitSettings
) -> sparse.csr_matrix:
    """A bag's weighted features of some rows of the texts, as `linear` computes them."""
    if index == PIECES:
        weighted = (texts.pieces @ sparse.diags(idf)).tocsr()
        norms = np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel()
        words = damp(texts.words[rows])
        return _divide(words @ weighted, words.multiply(words) @ norms, settings.floors[index])
    return weigh((texts.terms, texts.words, texts.cues)[index][rows], idf, settings.floors[index])


def damp(counts: sparse.csr_matrix) -> sparse.csr_matrix:
    """What counts weigh; see `linear.damped`."""
    weighed = counts.copy()
    weighed.data = 1.0 + np.log(weighed.data)
    return weighed


def weigh(counts: sparse.csr_matrix, idf: Matrix, floor: float) -> sparse.csr_matrix:
    """TF-IDF with damped counts, each row divided by its length (with the floor in quadrature)."""
    weighted = (damp(counts) @ sparse.diags(idf)).tocsr()
    return _divide(weighted, np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel(), floor)


def _divide(weighted: sparse.csr_matrix, squares: Matrix, floor: float) -> sparse.csr_matrix:
    lengths = np.sqrt(squares + floor**2)
    return (sparse.diags(1.0 / np.maximum(lengths, 1e-9)) @ weighted).tocsr()


def unit(vectors: Matrix) -> Matrix:
    """Rows of length one; rows of zeros stay."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    result: Matrix = vectors / np.where(lengths == 0, 1.0, lengths)
    return result


def _fit(features: sparse.csr_matrix | Matrix, asked: Answers, strength: float) -> tuple[Matrix, Matrix]:
    outputs = asked.labels.shape[1]
    weights = np.zeros((features.shape[1], outputs))
    intercepts = np.zeros(outputs)
    for column in range(outputs):
        rows, labels = asked.of(column)
        if not labels.any() or labels.all():
            intercepts[column] = 5.0 if labels.all() else -5.0
            continue
        if not features.shape[1]:
            continue
        regression = LogisticRegression(C=strength, class_weight="balanced", max_iter=2_000, tol=1e-4)
        regression.fit(features if len(rows) == features.shape[0] else features[rows], labels)
        weights[:, column] = regression.coef_[0]
        intercepts[column] = regression.intercept_[0]
    return weights, intercepts


def view_logits(texts: Texts, rows: NDArray[np.int64], views: FittedViews, settings: FitSettings) -> Matrix:
    """The logits of some rows: (rows, views, categories)."""
    logits = [
        bag_features(texts, index, rows, idf, settings) @ views.weights[index] + views.intercepts[index]
        for index, idf in enumerate(views.idf)
    ]
    if texts.vectors is not None and views.centre is not None and views.scale is not None:
        means = (unit(texts.vectors[rows]) - views.centre) / views.scale * MEANING_SCALE
        logits.append(means @ views.weights[-1] + views.intercepts[-1])
    return np.stack(logits, axis=1)


def assign_folds(texts: Texts, examples: Sequence[Example], settings: FitSettings) -> NDArray[np.int64]:
    """A fold for each example: texts on one event together, the categories spread evenly, always the same.

    A group of texts on one event is only parted where it is larger than its kind's share of a fold.
    """
    counts = texts.terms
    frequency = np.asarray((counts > 0).sum(axis=0)).ravel()
    weighted = weigh(counts, np.log((1 + counts.shape[0]) / (1 + frequency)), 0.0)
    groups = list(range(len(examples)))

    def root(item: int) -> int:
        while groups[item] != item:
            item = groups[item]
        return item

    for start in range(0, len(examples), AT_A_TIME):
        alike = (weighted[start : start + AT_A_TIME] @ weighted.T).tocoo()
        near = alike.data >= settings.same_event
        for first, second in zip((alike.row[near] + start).tolist(), alike.col[near].tolist(), strict=True):
            one, other = sorted((root(first), root(second)))
            groups[other] = one
    members: dict[int, list[int]] = {}
    for item in range(len(examples)):
        members.setdefault(root(item), []).append(item)
    kinds = [example.labels or (example.kind,) for example in examples]
    share = {kind: math.ceil(count / settings.folds) for kind, count in Counter(kinds).items()}
    parts = [
        group[start : start + share[kinds[group[0]]]]
        for group in members.values()
        for start in range(0, len(group), share[kinds[group[0]]])
    ]
    ordered = sorted(parts, key=lambda group: (-len(group), kinds[group[0]], group))
    load: dict[object, list[int]] = {}
    fold = np.zeros(len(examples), dtype=np.int64)
    for group in ordered:
        held = load.setdefault(kinds[group[0]], [0] * settings.folds)
        total = load.setdefault("all", [0] * settings.folds)
        best = min(range(settings.folds), key=lambda number: (held[number], total[number], number))
        for item in group:
            fold[item] = best
            load.setdefault(kinds[item], [0] * settings.folds)[best] += 1
            total[best] += 1
    return fold


def fit_junction(logits: Matrix, asked: Answers, strength: float) -> Junction:
    """Learn from out-of-fold logits how to join views and gate.

    The weights of the views are shared by all outputs, so that four numbers rest on all texts; none is negative.
    Then each category's logistic regression makes its probabilities honest for the corpus's mix (Platt scaling).

    Args:
        logits: (texts, views, outputs).
        asked: the same texts' answers.
    """
    logits = muted(logits)
    _, views, outputs = logits.shape
    told = [asked.of(output) for output in range(outputs)]
    stacked = np.concatenate([logits[rows, :, output] for output, (rows, _) in enumerate(told)])
    constants = np.repeat(np.eye(outputs), [len(rows) for rows, _ in told], axis=0)
    answers = np.concatenate([labels for _, labels in told])
    weights = np.zeros(views)
    active = list(range(views))
    while active:
        regression = LogisticRegression(C=strength, max_iter=2_000, fit_intercept=False)
        regression.fit(np.hstack([stacked[:, active], constants]), answers)
        found = regression.coef_[0][: len(active)]
        if (found > 0).all():
            weights[active] = found
            break
        active = [view for view, weight in zip(active, found, strict=True) if weight > 0]
    if not active:
        weights[:] = 1.0 / views
    sums = np.tensordot(logits, weights, axes=([1], [0]))
    gated = soft_minimum(sums)
    own_weights, gated_weights, offsets = (np.zeros(outputs - 1) for _ in range(3))
    for column, (rows, labels) in enumerate(told[:-1]):
        if not labels.any() or labels.all():
            own_weights[column] = 1.0
            continue
        both = np.stack([sums[rows, column], gated[rows, column]], axis=1)
        regression = LogisticRegression(C=strength, max_iter=2_000).fit(both, labels)
        if (regression.coef_[0] < 0).any():
            kept = int(np.argmax(regression.coef_[0]))
            both[:, 1 - kept] = 0.0
            regression = LogisticRegression(C=strength, max_iter=2_000).fit(both, labels)
        own_weights[column], gated_weights[column] = np.maximum(regression.coef_[0], 0.0)
        offsets[column] = regression.intercept_[0]
    return Junction(*(values.astype(np.float32) for values in (weights, own_weights, gated_weights, offsets)))


def answers_of(corpus: Corpus) -> Answers:
    """What the corpus says of each example: the categories, then the gate: whether it is a case at all."""
    labels = [
        [*(name in example.labels for name in corpus.names), bool(example.labels)] for example in corpus.examples
    ]
    known = [
        [*(name not in example.unknown for name in corpus.names), bool(example.labels) or example.unrelated]
        for example in corpus.examples
    ]
    return Answers(np.array(labels), np.array(known))


@dataclass(frozen=True, slots=True)
class Fit:
    """What a fit gives.

    Attributes:
        model: fitted on every example.
        logits: the final logits of every example, out of fold, (examples, categories).
        folds: the fold of each example.
    """

    model: LinearModel
    logits: Matrix
    folds: NDArray[np.int64]


def fit(corpus: Corpus, vectors: WordVectors | None, settings: FitSettings) -> Fit:
    """Fit the model on the corpus, on one core; the same corpus gives the same model.

    The junction is learned from out-of-fold logits; the logits returned were joined by a junction that did not see
    the example's fold either.
    """
    with threadpool_limits(1):
        texts = count_texts(
            (features_of(example.title, example.text, example.language) for example in corpus.examples), vectors
        )
        answers = answers_of(corpus)
        examples, outputs = answers.labels.shape
        folds = assign_folds(texts, corpus.examples, settings)
        blind = np.zeros((examples, len(BAGS) + (vectors is not None), outputs))
        for fold in range(settings.folds):
            judged = np.flatnonzero(folds == fold)
            if len(judged):
                views = fit_views(texts, np.flatnonzero(folds != fold), answers, settings)
                blind[judged] = view_logits(texts, judged, views, settings)
        logits = np.zeros((examples, outputs - 1))
        for fold in range(settings.folds):
            judged, others = folds == fold, folds != fold
            if judged.any():
                asked = Answers(answers.labels[others], answers.known[others])
                logits[judged] = fit_junction(blind[others], asked, settings.join_strength).join(blind[judged])
        junction = fit_junction(blind, answers, settings.join_strength)
        views = fit_views(texts, np.arange(examples), answers, settings)
        model = as_linear_model(corpus, texts, views, junction, settings)
    return Fit(model, logits, folds)


def as_linear_model(
    corpus: Corpus, texts: Texts, views: FittedViews, junction: Junction, settings: FitSettings
) -> LinearModel:
    """The fitted views as the arrays that scoring needs; features without weight are left out."""
    bags = []
    for index, vocabulary in enumerate(texts.vocabularies):
        kept = [(feature, column) for feature, column in vocabulary.items() if views.idf[index][column] > 0]
        columns = [column for _, column in kept]
        bags.append(
            Bag(
                {feature: position for position, (feature, _) in enumerate(kept)},
                views.idf[index][columns].astype(np.float32),
                settings.floors[index],
                views.weights[index][columns].astype(np.float32),
                views.intercepts[index].astype(np.float32),
            )
        )
    meaning = None
    if views.centre is not None and views.scale is not None:
        weights = views.weights[-1] * (MEANING_SCALE / views.scale)[:, None]
        meaning = Meaning(_single(weights), _single(views.intercepts[-1] - views.centre @ weights))
    return LinearModel(corpus.names, tuple(bags), meaning, junction)


def _single(values: Matrix) -> Floats:
    return values.astype(np.float32)
