"""From out-of-fold scores to decisions, and what may be claimed about them.

Two levels a category. From the alert level on, an article is told; the grey zone between the review level and the
alert level waits for a person; below is nothing, the normal outcome.

The promise is about unrelated articles: at most 1 in 1,000 gets any alert. A few hundred background texts cannot
count one in a thousand, so each out-of-fold score is smeared by a normal kernel (bandwidth by B. W. Silverman,
"Density Estimation", 1986, rule 3.28 without the factor for multimodality), and the alert level is put where the
smeared share above it falls to the category's part of the promise. Look-alikes are many in the background, to teach
by, and few in a feed, so they count by their share in a feed. What the texts themselves prove is the exact upper
bound of C. J. Clopper and E. S. Pearson (1934), which the report states beside the estimate.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifiers.corpus import Corpus

PROMISE = 0.001
LOOK_ALIKE = "look-alike"
LOOK_ALIKE_SHARE = 0.01
"""How many of a general feed's articles are taken to be look-alikes: an assumption, said in the report."""
REVIEW_RATE = 0.01
"""The share of unrelated articles that may wait for a person, a category."""
REVIEW_RECALL = 0.97
CONFIDENCE = 0.95

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """A category's two levels, as scores in 0 to 1; `review` is at most `alert`."""

    alert: float
    review: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryQuality:
    """Out-of-fold figures of one category over the whole corpus, at the alert level."""

    category: str
    examples: int
    average_precision: float
    precision: float
    recall: float
    f1: float
    recall_with_review: float
    alert: float
    review: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FalseAlarms:
    """Background examples of one kind that got an alert, out of fold.

    Attributes:
        upper_bound: what the count proves at 95 % confidence about the rate among such articles.
    """

    kind: str
    articles: int
    alarms: int
    upper_bound: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationReport:
    """What the corpus shows about the model.

    Attributes:
        estimated_rate: of alarms on unrelated articles, from the smeared scores and the look-alikes' share.
    """

    examples: int
    folds: int
    categories: tuple[CategoryQuality, ...]
    false_alarms: tuple[FalseAlarms, ...]
    estimated_rate: float

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> CalibrationReport:
        """The inverse of `as_dict`."""
        return cls(
            examples=values["examples"],
            folds=values["folds"],
            categories=tuple(CategoryQuality(**item) for item in values["categories"]),
            false_alarms=tuple(FalseAlarms(**item) for item in values["false_alarms"]),
            estimated_rate=values["estimated_rate"],
        )

    def lines(self) -> list[str]:
        """The report for a person, a line each."""
        found = [
            f"{self.examples} examples, {self.folds} folds; every figure is out of fold",
            f"{'category':22}{'n':>5}{'AP':>8}{'P':>8}{'R':>8}{'F1':>8}{'R+review':>10}{'alert':>8}{'review':>8}",
        ]
        for item in self.categories:
            found.append(
                f"{item.category:22}{item.examples:5d}{item.average_precision:8.3f}{item.precision:8.3f}"
                f"{item.recall:8.3f}{item.f1:8.3f}{item.recall_with_review:10.3f}{item.alert:8.3f}{item.review:8.3f}"
            )
        for alarms in self.false_alarms:
            found.append(
                f"false alarms, {alarms.kind}: {alarms.alarms} of {alarms.articles} "
                f"(proves at most {1000 * alarms.upper_bound:.1f} in 1,000 at {CONFIDENCE:.0%} confidence)"
            )
        found.append(
            f"estimated for a feed with {LOOK_ALIKE_SHARE:.0%} look-alikes: "
            f"{1000 * self.estimated_rate:.2f} false alarms in 1,000 unrelated articles"
        )
        return found


def calibrate(corpus: Corpus, logits: Matrix, folds: int) -> tuple[tuple[Levels, ...], CalibrationReport]:
    """Set the levels of each category (in the corpus's order) and report.

    Args:
        corpus: the examples that were scored.
        logits: their out-of-fold logits, (examples, categories).
        folds: in how many folds, for the report.
    """
    names = corpus.names
    labels = np.array([[name in example.labels for name in names] for example in corpus.examples])
    unlabelled = ~labels.any(axis=1)
    alike = unlabelled & np.array([example.kind == LOOK_ALIKE for example in corpus.examples])
    plain = unlabelled & ~alike
    if not plain.any():
        plain = unlabelled
    alerts = np.zeros(len(names))
    reviews = np.zeros(len(names))
    for column in range(len(names)):
        scores, truth = logits[:, column], labels[:, column]
        alerts[column] = max(
            best_f1_level(scores, truth),
            _promise_level(scores[plain], scores[alike], PROMISE / len(names)),
        )
        recalled = float(np.quantile(scores[truth], 1.0 - REVIEW_RECALL))
        reviews[column] = min(alerts[column], max(recalled, _promise_level(scores[plain], scores[:0], REVIEW_RATE)))
    levels = tuple(
        Levels(alert=_probability(alert), review=_probability(review))
        for alert, review in zip(alerts, reviews, strict=True)
    )
    alarmed = [bool(row.any()) for row in logits >= alerts]
    rate = sum(_rate(logits[plain, column], logits[alike, column], alerts[column]) for column in range(len(names)))
    quality = tuple(
        _quality(name, logits[:, column], labels[:, column], alerts[column], reviews[column])
        for column, name in enumerate(names)
    )
    kinds = sorted({example.kind for example in corpus.examples if not example.labels})
    groups = [
        (kind or "other", [example.kind == kind and not example.labels for example in corpus.examples])
        for kind in kinds
    ]
    if len(groups) > 1:
        groups.append(("all background", [not example.labels for example in corpus.examples]))
    false_alarms = tuple(
        _false_alarms(kind, [alarm for alarm, member in zip(alarmed, members, strict=True) if member])
        for kind, members in groups
    )
    report = CalibrationReport(
        examples=len(corpus.examples),
        folds=folds,
        categories=quality,
        false_alarms=false_alarms,
        estimated_rate=float(rate),
    )
    return levels, report


def _false_alarms(kind: str, alarms: Sequence[bool]) -> FalseAlarms:
    return FalseAlarms(
        kind=kind, articles=len(alarms), alarms=sum(alarms), upper_bound=upper_bound(sum(alarms), len(alarms))
    )


def upper_bound(events: int, trials: int, confidence: float = CONFIDENCE) -> float:
    """The one-sided exact (Clopper-Pearson) upper bound of a rate."""
    if trials <= 0 or events >= trials:
        return 1.0
    low, high = events / trials, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        at_most = sum(
            math.exp(
                math.lgamma(trials + 1)
                - math.lgamma(k + 1)
                - math.lgamma(trials - k + 1)
                + k * math.log(middle)
                + (trials - k) * math.log1p(-middle)
            )
            for k in range(events + 1)
        )
        low, high = (middle, high) if at_most > 1.0 - confidence else (low, middle)
    return high


def best_f1_level(scores: Matrix, truth: NDArray[np.bool_]) -> float:
    """The score from which on a yes gives the best F1; half-way to the next lower score."""
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(truth[order])
    f1 = 2 * hits / (np.arange(1, len(scores) + 1) + truth.sum())
    best = int(np.argmax(f1))
    ordered = scores[order]
    return float(ordered[best] if best + 1 == len(ordered) else (ordered[best] + ordered[best + 1]) / 2)


def average_precision(scores: Matrix, truth: NDArray[np.bool_]) -> float:
    """The mean of the precision at each true example, best score first (no interpolation)."""
    order = np.argsort(-scores, kind="stable")
    ranked = truth[order]
    hits = np.cumsum(ranked)
    return float((hits / np.arange(1, len(ranked) + 1))[ranked].mean()) if ranked.any() else 0.0


def smeared_rate(scores: Matrix, level: float) -> float:
    """The share of scores from a level on, each score smeared by a normal kernel."""
    if len(scores) < 2:
        return float((scores >= level).mean()) if len(scores) else 0.0
    width = 1.06 * max(float(scores.std()), 1e-3) * len(scores) ** -0.2 * math.sqrt(2.0)
    return sum(math.erfc((level - score) / width) for score in scores.tolist()) / (2 * len(scores))


def _rate(plain: Matrix, alike: Matrix, level: float) -> float:
    """The estimated rate of alarms in a feed of unrelated articles."""
    share = LOOK_ALIKE_SHARE if len(alike) else 0.0
    return (1 - share) * smeared_rate(plain, level) + (share * smeared_rate(alike, level) if share else 0.0)


def _promise_level(plain: Matrix, alike: Matrix, rate: float) -> float:
    low, high = float(plain.min()) - 1.0, float(plain.max()) + 60.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _rate(plain, alike, middle) > rate else (low, middle)
    return high


def _quality(name: str, scores: Matrix, truth: NDArray[np.bool_], alert: float, review: float) -> CategoryQuality:
    told = scores >= alert
    hits = int((told & truth).sum())
    precision = hits / int(told.sum()) if told.any() else 0.0
    recall = hits / int(truth.sum())
    return CategoryQuality(
        category=name,
        examples=int(truth.sum()),
        average_precision=average_precision(scores, truth),
        precision=precision,
        recall=recall,
        f1=2 * hits / int(told.sum() + truth.sum()),
        recall_with_review=float((scores[truth] >= review).mean()),
        alert=_probability(alert),
        review=_probability(review),
    )


def _probability(logit: float) -> float:
    return 1.0 / (1.0 + math.exp(-logit)) if logit > -700 else 0.0


def probabilities(logits: NDArray[Any]) -> Sequence[float]:
    """Logits as probabilities."""
    return [_probability(float(logit)) for logit in logits]
