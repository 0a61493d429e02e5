"""The quality report: its figures against plain counting, its page and plots against themselves."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from classifiers.calibration import average_precision
from classifiers.corpus import Corpus, load_corpus
from classifiers.doctor.crossval import count_corpus, cross_validate
from classifiers.model import fit_classifier
from classifiers.quality.figures import ALL, NO_TAG, QualityReport, measure_quality
from classifiers.quality.intervals import Bootstrap, weighted_average_precision, weighted_f1, wilson
from classifiers.quality.page import corpus_of_page, plots_of, write_page
from classifiers.settings import FitSettings
from tests.classifiers.conftest import BRIDGE, CHEESE, OTHER, write_folder

LARGEST_PLOT = 60_000


class Nobody:
    """Looks at nothing."""

    def expect(self, what: str, total: int) -> None: ...

    def advance(self, what: str, count: int) -> None: ...


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """Two categories and two kinds of background; a third of it is said to be Dutch, and one example is both."""
    folder = tmp_path_factory.mktemp("corpus")
    write_folder(folder, "bridge", BRIDGE)
    write_folder(folder, "cheese", CHEESE)
    write_folder(folder, "background", OTHER)
    read = load_corpus(folder)
    examples = []
    for number, example in enumerate(read.examples):
        kind = "" if example.labels else ("general", "look-alike")[number % 2]
        labels = ("bridge", "cheese") if example.id == "bridge-007" else example.labels
        examples.append(
            replace(example, labels=labels, kind=kind, language="nl" if number % 3 == 0 else "en", country="SE")
        )
    return replace(read, examples=tuple(examples))


@pytest.fixture(scope="module")
def report(corpus: Corpus) -> QualityReport:
    return measure_quality(corpus, None, FitSettings(), Nobody())


def test_the_interval_of_a_proportion() -> None:
    # the figures of the method's own formula, worked out by hand for 8 of 10
    assert wilson(8, 10).value == 0.8
    assert wilson(8, 10).low == pytest.approx(0.4902, abs=1e-4)
    assert wilson(8, 10).high == pytest.approx(0.9433, abs=1e-4)
    assert wilson(5, 5).high == 1.0
    assert wilson(5, 5).low < 0.6
    assert wilson(0, 0).value is None


def test_weighted_average_precision_is_the_plain_one_of_copies() -> None:
    scores, truth = np.array([3.0, 2.0, 1.0, 0.0]), np.array([True, False, True, False])
    weights = np.array([[1.0, 1.0, 1.0, 1.0], [2.0, 0.0, 1.0, 3.0]])
    found = weighted_average_precision(scores, truth)(weights)
    assert found[0] == pytest.approx(average_precision(scores, truth))
    assert found[1] == pytest.approx((2 * 1.0 + 1.0) / 3)


def test_weighted_f1() -> None:
    told, truth = np.array([True, True, False]), np.array([True, False, True])
    found = weighted_f1(told, truth)(np.array([[1.0, 1.0, 1.0], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0]]))
    assert found[:2].tolist() == [0.5, 1.0]
    assert np.isnan(found[2])


def test_the_bootstrap_draws_whole_events_and_always_the_same() -> None:
    scores, truth = np.linspace(1, 0, 40), np.arange(40) % 3 == 0
    measure = weighted_average_precision(scores, truth)
    alone = Bootstrap(np.arange(40)).figure(measure)
    assert alone == Bootstrap(np.arange(40)).figure(measure)
    assert alone.value is not None
    assert alone.low < alone.value < alone.high
    in_fours = Bootstrap(np.repeat(np.arange(10), 4)).figure(measure)
    assert in_fours.value == alone.value
    assert (in_fours.low, in_fours.high) != (alone.low, alone.high)
    one_event = Bootstrap(np.zeros(40, dtype=np.int64)).figure(measure)
    assert one_event.low == pytest.approx(one_event.high) == one_event.value
    nothing = Bootstrap(np.arange(40)).figure(weighted_f1(np.zeros(40, bool), np.zeros(40, bool)))
    assert nothing.value is None


def test_the_figures_are_those_of_the_calibration(corpus: Corpus, report: QualityReport) -> None:
    judged = cross_validate(count_corpus(corpus, None, FitSettings()), Nobody())
    for quality, expected in zip(report.overall, judged.report.categories, strict=True):
        assert quality.examples == expected.examples
        assert quality.average_precision.value == pytest.approx(expected.average_precision)
        assert quality.recall.value == pytest.approx(expected.recall)
        assert quality.recall_with_review.value == pytest.approx(expected.recall_with_review)
        assert quality.f1.value == pytest.approx(expected.f1)
        if quality.alerts:
            assert quality.precision.value == pytest.approx(expected.precision)
    alarms = {(count.kind, count.language): (count.articles, count.alarms) for count in report.alarms}
    for expected_alarms in judged.report.false_alarms:
        kind = ALL if expected_alarms.kind == "all background" else expected_alarms.kind
        assert alarms[kind, ALL] == (expected_alarms.articles, expected_alarms.alarms)


def test_languages_and_kinds_add_up(corpus: Corpus, report: QualityReport) -> None:
    assert report.languages == ("en", "nl")
    for quality in report.overall:
        parts = [part for part in report.by_language if part.category == quality.category]
        assert sum(part.examples for part in parts) == quality.examples
        assert sum(part.alerts for part in parts) == quality.alerts
    assert sum(count for (label, _), count in report.counts.items() if label == "bridge") == 18
    assert sum(count for (label, _), count in report.counts.items() if label == "cheese") == 19
    assert {label for label, _ in report.counts} == {
        "bridge",
        "cheese",
        "background: general",
        "background: look-alike",
    }
    cells = [one for one in report.alarms if ALL not in (one.kind, one.language)]
    whole = next(one for one in report.alarms if (one.kind, one.language) == (ALL, ALL))
    assert sum(one.articles for one in cells) == whole.articles == len(corpus.background)


def test_the_confusion_counts_right_wrong_and_no_alerts(report: QualityReport) -> None:
    rows = {row.label: row for row in report.confusion}
    recall = {quality.category: quality for quality in report.overall}
    for label in ("bridge", "cheese"):
        share = recall[label].recall.value
        assert share is not None
        assert rows[label].given[label] == round(share * rows[label].examples)
        assert rows[label].given[NO_TAG] <= rows[label].examples
    background = [row for label, row in rows.items() if label.startswith("background")]
    alarmed = sum(row.examples - row.given[NO_TAG] for row in background)
    assert alarmed == next(one.alarms for one in report.alarms if (one.kind, one.language) == (ALL, ALL))


def test_reliability_counts_every_score_once(corpus: Corpus, report: QualityReport) -> None:
    whole, *parts = report.reliability
    assert sum(bin_.count for bin_ in whole.bins) == 2 * len(corpus.examples)
    assert sum(bin_.count for part in parts for bin_ in part.bins) == 2 * len(corpus.examples)
    expected = sum(bin_.count * abs(bin_.mean - (bin_.share.value or 0)) for bin_ in whole.bins)
    assert whole.error == pytest.approx(expected / (2 * len(corpus.examples)))


def test_the_page_tells_which_corpus_and_model_it_is_of(corpus: Corpus, report: QualityReport) -> None:
    page = write_page(report, "quality")
    assert corpus_of_page(page) == corpus.version
    assert fit_classifier(corpus, None).version in page
    assert corpus_of_page("# Something else\n") == ""


def test_the_page_holds_every_part(report: QualityReport) -> None:
    page = write_page(report, "quality")
    headings = [line[3:] for line in page.splitlines() if line.startswith("## ")]
    assert headings == [
        "The corpus",
        "Each category at its alert level",
        "By language",
        "Which label gets which alert",
        "False alarms",
        "Can a score be believed?",
        "Where the scores lie",
        "Would more examples help?",
        "What this page does not show",
    ]
    for name in plots_of(report):
        assert f"](quality/{name})" in page
    tables = [line for line in page.splitlines() if line.startswith("|")]
    assert max(len(line) for line in page.splitlines() if not line.startswith(("|", "<!--"))) <= 118
    bridge = report.overall[0]
    row = next(line for line in tables if line.startswith("| bridge | 18 | ") and "[" in line)
    assert f"{bridge.average_precision.value:.2f} [{bridge.average_precision.low:.2f}," in row


def test_one_language_has_nothing_to_compare(corpus: Corpus) -> None:
    english = replace(corpus, examples=tuple(replace(example, language="en") for example in corpus.examples))
    page = write_page(measure_quality(english, None, FitSettings(), Nobody()), "quality")
    assert "All examples are in one language (en)" in page


def test_the_same_corpus_gives_the_same_bytes(corpus: Corpus, report: QualityReport) -> None:
    again = measure_quality(corpus, None, FitSettings(), Nobody())
    assert write_page(again, "quality") == write_page(report, "quality")
    assert plots_of(again) == plots_of(report)


@pytest.mark.parametrize("name", ["learning-curves.svg", "reliability.svg", "scores.svg"])
def test_plots_are_small_readable_and_without_a_date(report: QualityReport, name: str) -> None:
    svg = plots_of(report)[name]
    root = ElementTree.fromstring(svg)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    words = " ".join("".join(text.itertext()) for text in root.iter("{http://www.w3.org/2000/svg}text"))
    assert ("score" in words) or ("examples of the category" in words)
    assert len(svg.encode()) < LARGEST_PLOT
    assert "date" not in svg.lower()
    assert str(Path.home()) not in svg
