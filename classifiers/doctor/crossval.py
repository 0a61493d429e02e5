"""Cross-validation with its parts kept: what `fitting.fit` does out of fold, and the models that did it.

The logits are the same as those of `fitting.fit`; a test holds that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped,unused-ignore]

from classifiers.calibration import CalibrationReport, Levels, calibrate
from classifiers.corpus import Corpus
from classifiers.fitting import (
    Answers,
    FittedViews,
    Texts,
    answers_of,
    assign_folds,
    count_texts,
    features_of,
    fit_junction,
    fit_views,
    view_logits,
)
from classifiers.linear import Junction
from classifiers.settings import FitSettings
from classifiers.vectors import WordVectors

Matrix = NDArray[np.float64]


class Watch(Protocol):
    """Somebody who is told how long work goes on."""

    def expect(self, what: str, total: int) -> None: ...  # noqa: D102

    def advance(self, what: str, count: int) -> None: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Counted:
    """A corpus counted once.

    Attributes:
        folds: the fold of each example.
    """

    corpus: Corpus
    texts: Texts
    answers: Answers
    folds: NDArray[np.int64]
    settings: FitSettings


@dataclass(frozen=True, slots=True)
class CrossValidation:
    """Every example judged by models that saw neither it nor a text on the same event.

    Attributes:
        blind: the views' logits, (examples, views, categories and gate).
        logits: the joined logits, (examples, categories).
        scores: the same as probabilities.
        views, junctions: the models of each fold, those that did not see it.
        levels: of each category, in the corpus's order.
    """

    counted: Counted
    blind: Matrix
    logits: Matrix
    scores: Matrix
    views: tuple[FittedViews, ...]
    junctions: tuple[Junction, ...]
    levels: tuple[Levels, ...]
    report: CalibrationReport


def count_corpus(corpus: Corpus, vectors: WordVectors | None, settings: FitSettings) -> Counted:
    """Count the corpus's features and assign folds."""
    with threadpool_limits(1):
        texts = count_texts((features_of(one.title, one.text, one.language) for one in corpus.examples), vectors)
        return Counted(corpus, texts, answers_of(corpus), assign_folds(texts, corpus.examples, settings), settings)


def cross_validate(counted: Counted, watch: Watch, what: str = "folds") -> CrossValidation:
    """Judge every example out of fold.

    Args:
        what: how the work is called before `watch`.
    """
    every = np.ones(len(counted.folds), dtype=np.bool_)
    watch.expect(what, counted.settings.folds)
    blind, views = blind_logits(counted, every, watch, what)
    logits, junctions = join_blind(counted, blind, every)
    levels, report = calibrate(counted.corpus, logits, counted.settings.folds)
    scores = 1.0 / (1.0 + np.exp(-np.clip(logits, -700, 700)))
    return CrossValidation(counted, blind, logits, scores, views, junctions, levels, report)


def blind_logits(
    counted: Counted, used: NDArray[np.bool_], watch: Watch, what: str
) -> tuple[Matrix, tuple[FittedViews, ...]]:
    """The views' logits of every example, by views fitted on the used examples of the other folds."""
    settings = counted.settings
    outputs = counted.answers.labels.shape[1]
    parts, found = [], []
    with threadpool_limits(1):
        for fold in range(settings.folds):
            judged = np.flatnonzero(counted.folds == fold)
            views = fit_views(
                counted.texts, np.flatnonzero((counted.folds != fold) & used), counted.answers, settings
            )
            found.append(views)
            if len(judged):
                parts.append((judged, view_logits(counted.texts, judged, views, settings)))
            watch.advance(what, 1)
    blind = np.zeros((len(counted.folds), parts[0][1].shape[1], outputs))
    for judged, logits in parts:
        blind[judged] = logits
    return blind, tuple(found)


def join_blind(counted: Counted, blind: Matrix, used: NDArray[np.bool_]) -> tuple[Matrix, tuple[Junction, ...]]:
    """Join the views' logits of each fold by a junction learned from the used examples of the other folds."""
    answers, settings = counted.answers, counted.settings
    logits = np.zeros((len(counted.folds), answers.labels.shape[1] - 1))
    junctions = []
    with threadpool_limits(1):
        for fold in range(settings.folds):
            judged, others = counted.folds == fold, (counted.folds != fold) & used
            asked = Answers(answers.labels[others], answers.known[others])
            junctions.append(fit_junction(blind[others], asked, settings.join_strength))
            if judged.any():
                logits[judged] = junctions[-1].join(blind[judged])
    return logits, tuple(junctions)
