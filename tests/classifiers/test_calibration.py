from __future__ import annotations

import numpy as np
import pytest

from classifiers.calibration import (
    CalibrationReport,
    average_precision,
    best_f1_level,
    smeared_rate,
    upper_bound,
)
from classifiers.model import Classifier


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


def test_best_f1_level_lies_between_scores() -> None:
    scores, truth = np.array([3.0, 2.0, -1.0, -2.0]), np.array([True, True, False, False])
    assert best_f1_level(scores, truth) == pytest.approx(0.5)


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
