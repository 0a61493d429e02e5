"""Draws the report's figures as SVG: the same figures give the same bytes on every machine.

Text stays text, measured with the font that matplotlib brings, so that no system font matters; colours are those of
M. Okabe and K. Ito's palette for colour-blind readers. matplotlib is imported when something is drawn.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from classifiers.corpus import Corpus
from classifiers.doctor.curve import LearningCurve
from classifiers.quality.figures import QualityReport, Reliability

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, ORANGE, GREEN, VERMILLION, PURPLE, SKY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9"
INK, GREY, PALE = "#222222", "#767676", "#E4E4E4"
KIND_COLOURS = {"look-alike": ORANGE, "security": PURPLE, "general": GREY}
WIDEST_LOGIT = 9.0
BARS = 30
_TICKS = (0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999)
_LONG_NUMBER = re.compile(r"(?<![\w.#])-?\d+\.\d{3,}")
_STYLE: dict[str, object] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "spywatch",
    "font.family": ["DejaVu Sans"],
    "font.size": 9.0,
    "axes.titlesize": 10.0,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.color": PALE,
    "grid.linewidth": 0.6,
    "xtick.color": INK,
    "ytick.color": INK,
    "text.color": INK,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "path.simplify": True,
}


def learning_curves_svg(curves: Sequence[LearningCurve]) -> str:
    """Average precision and F1 of each category by the number of its examples."""
    with _drawing() as make:
        figure, panels = _panels(make, len(curves), height=2.5)
        for panel, curve in zip(panels, curves, strict=False):
            numbers = [point.examples for point in curve.points]
            for colour, marker, name, values, ranges in (
                (
                    BLUE,
                    "o",
                    "average precision",
                    [point.average_precision for point in curve.points],
                    [point.average_precision_range for point in curve.points],
                ),
                (
                    VERMILLION,
                    "s",
                    "F1",
                    [point.f1 for point in curve.points],
                    [point.f1_range for point in curve.points],
                ),
            ):
                low, high = zip(*ranges, strict=True)
                panel.fill_between(numbers, low, high, color=colour, alpha=0.18, linewidth=0)
                panel.plot(numbers, values, color=colour, marker=marker, markersize=4, label=name)
            panel.set_title(curve.category)
            panel.set_ylim(0, 1.02)
            panel.set_xlim(0, max(numbers) * 1.04)
            panel.set_xlabel("examples of the category")
        figure.legend(*panels[0].get_legend_handles_labels(), loc="upper center", ncols=2)
        return _as_svg(figure)


def reliability_svg(reliability: Reliability) -> str:
    """How often a score came true, and how many scores there are."""
    with _drawing() as make:
        figure = make(figsize=(5.6, 5.4))
        upper, lower = figure.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": [3.4, 1]})
        means = [bin_.mean for bin_ in reliability.bins]
        shares = [bin_.share.value or 0.0 for bin_ in reliability.bins]
        below = [max(0.0, share - bin_.share.low) for share, bin_ in zip(shares, reliability.bins, strict=True)]
        above = [max(0.0, bin_.share.high - share) for share, bin_ in zip(shares, reliability.bins, strict=True)]
        upper.plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle=(0, (4, 3)), label="a perfect score")
        upper.errorbar(
            means, shares, yerr=[below, above], color=BLUE, marker="o", markersize=5, capsize=3, elinewidth=1.2,
            label="measured, with 95 % intervals",
        )  # fmt: skip
        upper.set_ylim(-0.02, 1.02)
        upper.set_ylabel("share where the label applied")
        upper.set_title(f"expected calibration error {reliability.error:.3f}")
        upper.legend(loc="upper left")
        lower.bar(means, [bin_.count for bin_ in reliability.bins], width=0.05, color=SKY)
        lower.set_yscale("log")
        lower.set_ylabel("scores")
        lower.set_xlabel("score")
        lower.set_xlim(-0.02, 1.02)
        figure.subplots_adjust(left=0.13, right=0.97, top=0.94, bottom=0.09, hspace=0.1)
        return _as_svg(figure)


def scores_svg(report: QualityReport) -> str:
    """Where the scores of matches and of each kind of background lie, a panel a category."""
    corpus = report.corpus
    edges = np.linspace(-WIDEST_LOGIT, WIDEST_LOGIT, BARS + 1)
    with _drawing() as make:
        figure, panels = _panels(make, len(corpus.names), height=2.6)
        for column, (panel, name) in enumerate(zip(panels, corpus.names, strict=False)):
            for label, colour, filled, rows in _score_groups(corpus, name):
                logits = np.clip(report.logits[rows, column], -WIDEST_LOGIT, WIDEST_LOGIT)
                heights = np.histogram(logits, edges)[0] / len(rows)
                panel.stairs(
                    heights,
                    edges,
                    color=colour,
                    fill=filled,
                    alpha=0.55 if filled else 1.0,
                    linewidth=1.4,
                    label=label,
                )
            level = report.levels[name]
            for score, style, text in ((level.alert, "-", "alert"), (level.review, (0, (4, 3)), "review")):
                at = _logit(score)
                panel.axvline(at, color=INK, linewidth=1, linestyle=style, label=f"{text} level")
            panel.set_title(name)
            panel.set_xlim(-WIDEST_LOGIT, WIDEST_LOGIT)
            panel.set_xticks([_logit(tick) for tick in _TICKS], [f"{tick:g}" for tick in _TICKS])
            panel.set_xlabel("score (scale of log-odds)")
            panel.set_ylabel("share (scale of roots)")
            panel.set_yscale("function", functions=(_root, np.square))
            panel.set_ylim(0, None)
        figure.legend(*panels[0].get_legend_handles_labels(), loc="upper center", ncols=7, fontsize=8)
        return _as_svg(figure)


def _score_groups(corpus: Corpus, name: str) -> Iterator[tuple[str, str, bool, list[int]]]:
    examples = list(enumerate(corpus.examples))
    kinds = sorted({example.kind for example in corpus.background})
    spare = iter((SKY, GREEN, VERMILLION) * len(kinds))
    groups = [("matches", BLUE, True, [row for row, example in examples if name in example.labels])]
    groups += [
        (
            kind or "background",
            KIND_COLOURS.get(kind) or next(spare),
            False,
            [row for row, example in examples if example.unrelated and example.kind == kind],
        )
        for kind in kinds
    ]
    others = [row for row, example in examples if example.labels and name not in {*example.labels, *example.unknown}]
    groups.append(("other categories", GREEN, False, others))
    yield from (group for group in groups if group[3])


def _root(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Makes room for the few scores near the levels, which are what matters."""
    roots: NDArray[np.float64] = np.sqrt(np.maximum(values, 0.0))
    return roots


def _logit(score: float) -> float:
    inside = min(max(score, 1e-6), 1 - 1e-6)
    return math.log(inside / (1 - inside))


@contextmanager
def _drawing() -> Iterator[type[Figure]]:
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context(_STYLE):  # type: ignore[arg-type]
        yield Figure


def _panels(make: type[Figure], count: int, height: float) -> tuple[Figure, list[Axes]]:
    columns = 2 if count > 1 else 1
    rows = math.ceil(count / columns)
    figure = make(figsize=(4.4 * columns, height * rows + 0.6))
    grid = figure.subplots(rows, columns, squeeze=False)
    panels: list[Axes] = [panel for row in grid for panel in row]
    for empty in panels[count:]:
        empty.set_visible(False)
    inches = figure.get_size_inches()
    figure.subplots_adjust(
        left=0.62 / inches[0],
        right=1 - 0.12 / inches[0],
        top=1 - 0.62 / inches[1],
        bottom=0.5 / inches[1],
        hspace=0.95 / (height - 0.6),
        wspace=0.24,
    )
    return figure, panels[:count]


def _as_svg(figure: Figure) -> str:
    """The picture as text: no date, no version, no indentation, numbers to a hundredth of a point."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    svg = _LONG_NUMBER.sub(lambda found: f"{float(found[0]):.2f}", buffer.getvalue().decode("utf-8"))
    svg = svg.replace("'DejaVu Sans'", "'DejaVu Sans', Verdana, sans-serif")
    return "".join(f"{line.strip()}\n" for line in svg.splitlines())
