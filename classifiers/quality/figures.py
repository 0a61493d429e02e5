"""Measures the quality of the tags on the corpus, every example judged out of fold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifiers.calibration import Levels, upper_bound
from classifiers.corpus import BACKGROUND, Corpus
from classifiers.doctor.crossval import CrossValidation, Watch, count_corpus, cross_validate
from classifiers.doctor.curve import LearningCurve, learning_curves
from classifiers.doctor.mistakes import alerts
from classifiers.doctor.neighbours import SAME_EVENT, Neighbours, event_groups
from classifiers.model import model_version
from classifiers.quality.intervals import Bootstrap, Figure, weighted_average_precision, weighted_f1, wilson
from classifiers.settings import FitSettings
from classifiers.vectors import WordVectors

BINS = 10
CLEARLY_NO = 0.1
NO_TAG = "no alert"
ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """How well one category is told, over some examples.

    Attributes:
        language: two-letter code, or "all".
        examples: that carry the label.
        alerts: that the model gave.
        recall_with_review: the share of the examples that get an alert or wait for review.
    """

    category: str
    language: str
    examples: int
    alerts: int
    precision: Figure
    recall: Figure
    f1: Figure
    average_precision: Figure
    recall_with_review: Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """The scores of one tenth of the scale: how many, their mean, and how often the label applied."""

    count: int
    mean: float
    share: Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """Whether a score of 0.7 comes true seven times in ten.

    Attributes:
        category: or "all".
        bins: those with scores in them, lowest first.
        error: the expected calibration error, the mean distance of score and truth over the bins.
        error_above: the same over scores of `CLEARLY_NO` and more; the many scores near 0 make `error` small.
    """

    category: str
    bins: tuple[Bin, ...]
    error: float
    error_above: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Confusion:
    """What examples of one label, or one kind of background, got.

    Attributes:
        given: how many got the right alert (under the label itself), a wrong one (under the category that was given),
            or "no alert"; a right alert for another label of an example is not counted.
    """

    label: str
    examples: int
    given: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmCount:
    """Background examples that got an alert; `kind` and `language` may be "all"."""

    kind: str
    language: str
    articles: int
    alarms: int
    upper_bound: float


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityReport:
    """Everything that the page tells.

    Attributes:
        model: the version of the model that a fit of this corpus gives, e.g. "linear-3f2a9c01".
        languages: that the corpus has examples of.
        counts: (label or "background: kind", language) to examples.
        events: how many groups of examples on one event there are; most have one member.
        twins, parted_twins: pairs of examples that seem to tell of one event, and how many of them are not in one
            fold.
        levels: a category.
        estimated_rate: of false alarms on a feed's unrelated articles.
        logits: the scores out of fold as log-odds, (examples, categories).
    """

    corpus: Corpus
    model: str
    languages: tuple[str, ...]
    counts: Mapping[tuple[str, str], int]
    folds: int
    events: int
    twins: int
    parted_twins: int
    levels: Mapping[str, Levels]
    overall: tuple[Quality, ...]
    by_language: tuple[Quality, ...]
    reliability: tuple[Reliability, ...]
    confusion: tuple[Confusion, ...]
    alarms: tuple[AlarmCount, ...]
    estimated_rate: float
    curves: tuple[LearningCurve, ...]
    logits: NDArray[np.float64]


def measure_quality(
    corpus: Corpus, vectors: WordVectors | None, settings: FitSettings, watch: Watch
) -> QualityReport:
    """Cross-validate the corpus and measure everything; the same corpus gives the same figures.

    Args:
        vectors: as for a fit.
        watch: is told how the work goes: "folds" and "curve".
    """
    counted = count_corpus(corpus, vectors, settings)
    blind = cross_validate(counted, watch)
    twins = list(Neighbours(counted.texts.terms).alike(SAME_EVENT))
    groups = event_groups(len(corpus.examples), iter(twins))
    languages = tuple(sorted(corpus.languages))
    everything = np.arange(len(corpus.examples))
    return QualityReport(
        corpus=corpus,
        model=model_version(corpus),
        languages=languages,
        counts=_counts(corpus),
        folds=settings.folds,
        events=len(set(groups.tolist())),
        twins=len(twins),
        parted_twins=sum(bool(counted.folds[one] != counted.folds[other]) for one, other, _ in twins),
        levels=dict(zip(corpus.names, blind.levels, strict=True)),
        overall=_qualities(blind, groups, everything, ALL),
        by_language=tuple(
            quality
            for language in languages
            for quality in _qualities(blind, groups, _rows(corpus, language), language)
        ),
        reliability=_reliabilities(blind),
        confusion=_confusions(blind),
        alarms=_alarms(blind, languages),
        estimated_rate=blind.report.estimated_rate,
        curves=learning_curves(blind, watch),
        logits=blind.logits,
    )


def _rows(corpus: Corpus, language: str) -> NDArray[np.int64]:
    return np.array([row for row, example in enumerate(corpus.examples) if example.language == language])


def _counts(corpus: Corpus) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    for example in corpus.examples:
        labels = example.labels or (background_name(example.kind),)
        found.update((label, example.language) for label in labels)
    return found


def background_name(kind: str) -> str:
    """How a kind of background is called in tables."""
    return f"{BACKGROUND}: {kind or 'other'}"


def _known(blind: CrossValidation, column: int, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    known: NDArray[np.int64] = rows[blind.counted.answers.known[rows, column]]
    return known


def _qualities(
    blind: CrossValidation, groups: NDArray[np.int64], rows: NDArray[np.int64], language: str
) -> tuple[Quality, ...]:
    corpus = blind.counted.corpus
    given = alerts(blind)
    found = []
    for column, name in enumerate(corpus.names):
        known = _known(blind, column, rows)
        truth = blind.counted.answers.labels[known, column]
        told, scores = given[known, column], blind.scores[known, column]
        logits = blind.logits[known, column]
        hits, examples = int((told & truth).sum()), int(truth.sum())
        reached = int((scores[truth] >= blind.levels[column].review).sum())
        bootstrap = Bootstrap(groups[known])
        found.append(
            Quality(
                category=name,
                language=language,
                examples=examples,
                alerts=int(told.sum()),
                precision=wilson(hits, int(told.sum())),
                recall=wilson(hits, examples),
                f1=bootstrap.figure(weighted_f1(told, truth)),
                average_precision=bootstrap.figure(weighted_average_precision(logits, truth)),
                recall_with_review=wilson(reached, examples),
            )
        )
    return tuple(found)


def _reliabilities(blind: CrossValidation) -> tuple[Reliability, ...]:
    known = blind.counted.answers.known[:, :-1]
    labels = blind.counted.answers.labels[:, :-1]
    names = blind.counted.corpus.names
    parts = [
        _reliability(name, blind.scores[known[:, column], column], labels[known[:, column], column])
        for column, name in enumerate(names)
    ]
    return (_reliability(ALL, blind.scores[known], labels[known]), *parts)


def _reliability(category: str, scores: NDArray[np.float64], truth: NDArray[np.bool_]) -> Reliability:
    places = np.minimum((scores * BINS).astype(np.int64), BINS - 1)
    bins = []
    for place in range(BINS):
        inside = places == place
        count = int(inside.sum())
        if count:
            share = wilson(int(truth[inside].sum()), count)
            bins.append(Bin(count=count, mean=float(scores[inside].mean()), share=share))
    above = [bin_ for bin_ in bins if bin_.mean >= CLEARLY_NO]
    return Reliability(category=category, bins=tuple(bins), error=_error(bins), error_above=_error(above))


def _error(bins: Sequence[Bin]) -> float:
    distances = sum(bin_.count * abs(bin_.mean - (bin_.share.value or 0.0)) for bin_ in bins)
    return distances / max(sum(bin_.count for bin_ in bins), 1)


def _confusions(blind: CrossValidation) -> tuple[Confusion, ...]:
    corpus = blind.counted.corpus
    members: dict[str, list[int]] = {name: [] for name in corpus.names}
    kinds: dict[str, list[int]] = {}
    for row, example in enumerate(corpus.examples):
        for label in example.labels:
            members[label].append(row)
        if example.unrelated:
            kinds.setdefault(background_name(example.kind), []).append(row)
    given = alerts(blind)
    return tuple(_confusion(corpus, label, rows, given) for label, rows in [*members.items(), *sorted(kinds.items())])


def _confusion(corpus: Corpus, label: str, rows: Sequence[int], given: NDArray[np.bool_]) -> Confusion:
    counts = Counter(dict.fromkeys((*corpus.names, NO_TAG), 0))
    for row in rows:
        alerted = [name for column, name in enumerate(corpus.names) if given[row, column]]
        counts.update(name for name in alerted if name == label or name not in corpus.examples[row].labels)
        counts[NO_TAG] += not alerted
    return Confusion(label=label, examples=len(rows), given=dict(counts))


def _alarms(blind: CrossValidation, languages: Sequence[str]) -> tuple[AlarmCount, ...]:
    corpus = blind.counted.corpus
    alarmed = [bool(row.any()) for row in alerts(blind)]
    rows = [
        (example.kind, example.language, alarmed[n]) for n, example in enumerate(corpus.examples) if example.unrelated
    ]
    kinds = sorted({kind for kind, _, _ in rows})
    found = []
    for kind in (*kinds, ALL):
        for language in (*languages, ALL):
            of_these = [alarm for k, spoken, alarm in rows if kind in (k, ALL) and language in (spoken, ALL)]
            if of_these:
                found.append(
                    AlarmCount(
                        kind=kind or "other",
                        language=language,
                        articles=len(of_these),
                        alarms=sum(of_these),
                        upper_bound=upper_bound(sum(of_these), len(of_these)),
                    )
                )
    return tuple(found)
