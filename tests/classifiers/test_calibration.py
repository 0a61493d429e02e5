from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from classifiers.calibration import (
    LOOK_ALIKE_SHARE,
    PROMISE,
    CalibrationReport,
    alert_levels,
    average_precision,
    feed_rate,
    feed_shares,
    level_of_rate,
    of_column,
    smeared_rate,
    upper_bound,
)
from classifiers.corpus import load_corpus
from classifiers.model import Classifier

SHIPPED = Path(__file__).resolve().parents[2] / "seed_corpus"


def test_the_exact_bound_of_no_alarm() -> None:
    assert upper_bound(0, 400) == pytest.approx(1 - 0.05 ** (1 / 400), abs=1e-9)
    assert upper_bound(0, 3000) < 0.001 < upper_bound(0, 2000)
    assert upper_bound(5, 5) == upper_bound(0, 0) == 1.0


def test_the_exact_bound_of_some_alarms() -> None:
    # the textbook value: 3 of 100, one-sided 95 %
    assert upper_bound(3, 100) == pytest.approx(0.0757, abs=2e-4)


def test_average_precision() -> None:
    scores, truth = np.array([0.9, 0.8, 0.7, 0.6]), np.array([True, False, True, False])
    assert average_precision(scores, truth) == pytest.approx((1 + 2 / 3) / 2)


def test_the_alert_level_lies_between_matches_and_others() -> None:
    logits = np.array([[4.0], [3.0], [3.5], [-1.0], [-2.0], [-1.5]])
    labels = logits > 0.0
    quiet = [(1.0, np.full((50, 1), -9.0))]
    assert -1.0 < alert_levels(logits, labels, quiet)[0] < 3.0


def test_one_stray_score_does_not_decide_the_level() -> None:
    matches, others = np.linspace(1.0, 5.0, 60), np.linspace(-5.0, -1.0, 60)
    labels = np.repeat([True, False], 61)[:, None]
    quiet = [(1.0, np.full((50, 1), -9.0))]
    plain, stray = (
        alert_levels(np.concatenate([matches, [extra], others, [-1.0]])[:, None], labels, quiet)[0]
        for extra in (1.0, -1.1)
    )
    assert stray == pytest.approx(plain, abs=0.3)


def test_smearing_claims_more_than_was_counted() -> None:
    scores = np.linspace(-9, -3, 200)
    assert (scores > -2.9).mean() == 0.0 < smeared_rate(scores, -2.9) < smeared_rate(scores, -5.0) < 0.5


def test_levels_are_ordered_and_the_report_survives_its_dictionary(small: Classifier) -> None:
    assert all(0.0 <= levels.review <= levels.alert <= 1.0 for levels in small.levels)
    assert CalibrationReport.from_dict(small.report.as_dict()) == small.report
    text = "\n".join(small.report.lines())
    assert "bridge" in text
    assert "proves at most" in text


def test_what_is_shipped_promises_what_it_can_show(shipped: Classifier) -> None:
    by_kind = {alarms.kind: alarms for alarms in shipped.report.false_alarms}
    assert by_kind["general"].alarms == 0
    assert shipped.report.estimated_rate <= 0.001 + 1e-6
    assert all(quality.average_precision > 0.6 for quality in shipped.report.categories)


def test_a_kind_counts_by_its_share_in_a_feed() -> None:
    corpus = load_corpus(SHIPPED)
    shares = feed_shares(corpus)
    assert sum(shares.values()) == pytest.approx(1.0)
    assert shares["look-alike"] == pytest.approx(LOOK_ALIKE_SHARE)
    quiet, loud = np.full(50, -9.0), np.full(50, 3.0)
    assert feed_rate([(0.99, quiet), (0.01, loud)], 0.0) == pytest.approx(0.01)
    level = level_of_rate([(0.99, quiet), (0.01, loud)], 0.02)
    assert level < 0.0 < level_of_rate([(0.99, quiet), (0.01, loud)], 0.001)


def test_levels_keep_the_promise_together_and_spend_it_where_it_buys_most() -> None:
    rng = np.random.default_rng(1)
    background = rng.normal([-6.0, -2.0], 1.0, (400, 2))
    cases = rng.normal([3.0, 0.0], 1.5, (100, 2))
    logits = np.concatenate([cases, background])
    labels = np.zeros((500, 2), dtype=np.bool_)
    labels[:100] = True
    parts = [(1.0, background)]
    levels = alert_levels(logits, labels, parts)
    rates = [feed_rate(of_column(parts, column), levels[column]) for column in range(2)]
    assert sum(rates) <= PROMISE
    # the clear category leaves nearly the whole promise to the one that needs it
    assert rates[0] < 0.1 * rates[1]
