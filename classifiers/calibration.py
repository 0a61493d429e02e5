"""From out-of-fold scores to decisions, and what may be claimed about them.

Two levels a category. From the alert level on, an article is told; the grey zone between the review level and the
alert level waits for a person; below is nothing, the normal outcome.

The promise is about unrelated articles: at most 1 in 1,000 gets any alert. A few hundred background texts cannot
count one in a thousand, so each out-of-fold score is smeared by a normal kernel (bandwidth by B. W. Silverman,
"Density Estimation", 1986, rule 3.28 without the factor for multimodality), and the rate of false alarms at a level
is the smeared share above it. How the promise is parted among the categories is not fixed: false alarms have one
price for all, the lowest that keeps the promise, and each category's level is the one with the best F1 after paying
it. The F1 too is counted over smeared scores: the best level of a few hundred sharp scores lies wherever one of
them happens to fall, and on other articles it is not the best. Look-alikes and security news are many in the
background, to teach by, and few in a feed, so each kind counts by its share in a feed. What the texts themselves
prove is the exact upper bound of C. J. Clopper and E. S. Pearson (1934), which the report states beside the
estimate.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifiers.corpus import Corpus

PROMISE = 0.001
LOOK_ALIKE_SHARE = 0.005
SECURITY_SHARE = 0.05
SHARES = {"look-alike": LOOK_ALIKE_SHARE, "security": SECURITY_SHARE}
"""How many of a general feed's articles are taken to be look-alikes, and how many on intelligence, diplomacy, cyber
and defence: assumptions, said in the report. All other kinds share the rest."""
REVIEW_RATE = 0.005
"""The share of unrelated articles that may wait for a person, a category."""
REVIEW_RECALL = 0.95
"""The share of a category's articles that the grey zone should reach, as far as `REVIEW_RATE` allows."""
LEVELS_TRIED = 200
SMEAR = 0.5
"""In logits: how far the score of a text moves with the corpus. On the development articles near their level five
models, each without another fifth of the examples, had a standard deviation of 0.53."""
UNANSWERED = -100.0
"""Stands for the logit where nobody has said whether the category applies: it is neither a hit nor an alarm."""
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
        estimated_rate: of alarms on unrelated articles, from the smeared scores and each kind's share in a feed.
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
            f"estimated for a feed with {LOOK_ALIKE_SHARE:.1%} look-alikes and {SECURITY_SHARE:.1%} security news: "
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
    open_questions = np.array([[name in example.unknown for name in names] for example in corpus.examples])
    logits = np.where(open_questions, UNANSWERED, logits)
    background = [
        (share, logits[[example.kind == kind and example.unrelated for example in corpus.examples]])
        for kind, share in feed_shares(corpus).items()
    ]
    alerts = alert_levels(logits, labels, background)
    reviews = np.zeros(len(names))
    for column in range(len(names)):
        scores, truth = logits[:, column], labels[:, column]
        recalled = float(np.quantile(scores[truth], 1.0 - REVIEW_RECALL))
        affordable = level_of_rate(of_column(background, column), REVIEW_RATE)
        reviews[column] = min(alerts[column], max(recalled, affordable))
    levels = tuple(
        Levels(alert=_probability(alert), review=_probability(review))
        for alert, review in zip(alerts, reviews, strict=True)
    )
    alarmed = [bool(row.any()) for row in logits >= alerts]
    rate = sum(feed_rate(of_column(background, column), alerts[column]) for column in range(len(names)))
    quality = tuple(
        _quality(name, logits[:, column], labels[:, column], alerts[column], reviews[column])
        for column, name in enumerate(names)
    )
    kinds = sorted({example.kind for example in corpus.background})
    groups = [
        (kind or "other", [example.kind == kind and example.unrelated for example in corpus.examples])
        for kind in kinds
    ]
    if len(groups) > 1:
        groups.append(("all background", [example.unrelated for example in corpus.examples]))
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
    width = 1.06 * max(float(scores.std()), 1e-3) * len(scores) ** -0.2
    return smeared_count(scores, level, width) / len(scores)


def smeared_count(scores: Matrix, level: float, width: float) -> float:
    """How many scores to expect from a level on, each smeared by a normal kernel of this width (in logits)."""
    return sum(math.erfc((level - score) / (width * math.sqrt(2.0))) for score in scores.tolist()) / 2


Background = Sequence[tuple[float, Matrix]]
"""The background by kind: its share in a feed, and its scores (one category's, or a column a category)."""


def feed_shares(corpus: Corpus) -> dict[str, float]:
    """The share of each kind of background in a feed of unrelated articles; they add up to 1."""
    counts = Counter(example.kind for example in corpus.background)
    others = sum(count for kind, count in counts.items() if kind not in SHARES)
    rest = 1.0 - sum(SHARES.get(kind, 0.0) for kind in counts)
    shares = {kind: SHARES.get(kind, rest * count / max(others, 1)) for kind, count in counts.items()}
    total = sum(shares.values())
    return {kind: share / total for kind, share in sorted(shares.items())}


def of_column(background: Background, column: int) -> list[tuple[float, Matrix]]:
    """One category's scores of the background."""
    return [(share, scores[:, column]) for share, scores in background]


def feed_rate(background: Background, level: float) -> float:
    """The estimated share of a feed's unrelated articles that score at a level or above, in one category."""
    return sum(share * smeared_rate(scores, level) for share, scores in background)


def level_of_rate(background: Background, rate: float) -> float:
    """The lowest level of one category with at most this rate."""
    low = min(float(scores.min()) for _, scores in background) - 1.0
    high = max(float(scores.max()) for _, scores in background) + 60.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if feed_rate(background, middle) > rate else (low, middle)
    return high


def alert_levels(logits: Matrix, labels: NDArray[np.bool_], background: Background) -> Matrix:
    """The levels with the best F1 that keep the promise together.

    Args:
        logits: out of fold, (examples, categories).
        labels: (examples, categories).
        background: scores with a column a category.
    """
    choices = []
    for column in range(logits.shape[1]):
        parts = of_column(background, column)
        matches, others = logits[labels[:, column], column], logits[~labels[:, column], column]
        lowest = min(float(matches.min()), float(others.max()))
        highest = max(float(matches.max()), level_of_rate(parts, PROMISE / logits.shape[1] / 100))
        levels = np.linspace(lowest, highest, LEVELS_TRIED)
        choices.append(
            (
                levels,
                np.array([_expected_f1(matches, others, level) for level in levels.tolist()]),
                np.array([feed_rate(parts, level) for level in levels.tolist()]),
            )
        )

    def at_price(price: float) -> list[int]:
        # of equally good levels the lowest, which recalls most
        return [int(np.argmax(f1 - price * rates)) for _, f1, rates in choices]

    low, high = 0.0, 1e7
    for _ in range(60):
        middle = math.sqrt(max(low, 1e-3) * high)
        paid = sum(rates[index] for (_, _, rates), index in zip(choices, at_price(middle), strict=True))
        low, high = (middle, high) if paid > PROMISE else (low, middle)
    return np.array([levels[index] for (levels, _, _), index in zip(choices, at_price(high), strict=True)])


def _expected_f1(matches: Matrix, others: Matrix, level: float) -> float:
    hits = smeared_count(matches, level, SMEAR)
    return 2 * hits / (hits + smeared_count(others, level, SMEAR) + len(matches))


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
