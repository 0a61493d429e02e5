"""Writes the quality report: a Markdown page and its plots. The same corpus gives the same bytes."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from textwrap import fill

from classifiers.calibration import CONFIDENCE, LOOK_ALIKE_SHARE, PROMISE, SECURITY_SHARE
from classifiers.corpus import BACKGROUND
from classifiers.doctor.curve import DRAWS
from classifiers.quality.figures import ALL, CLEARLY_NO, NO_TAG, Quality, QualityReport
from classifiers.quality.intervals import RESAMPLES, SEED, Figure
from classifiers.quality.plots import learning_curves_svg, reliability_svg, scores_svg

_WIDTH = 118
_IN_WORDS = ("category", "language")
"""Headings of columns that hold words; all other columns but the first hold figures."""
_VERSION = re.compile(r"^corpus: `(corpus-[0-9a-f]+)`", re.MULTILINE)


def plots_of(report: QualityReport) -> dict[str, str]:
    """The plots that the page shows: file name to SVG."""
    return {
        "learning-curves.svg": learning_curves_svg(report.curves),
        "reliability.svg": reliability_svg(report.reliability[0]),
        "scores.svg": scores_svg(report),
    }


def corpus_of_page(page: str) -> str:
    """The version of the corpus that a report tells of, "" where the text is no such report.

    Compare it with `Corpus.version` to see whether the report is of today's corpus.
    """
    found = _VERSION.search(page)
    return found[1] if found else ""


def write_page(report: QualityReport, folder: str) -> str:
    """The report as Markdown.

    Args:
        folder: of the plots, as the page links them, for example "quality".
    """
    parts = [
        *_opening(report),
        *_counts(report),
        *_categories(report),
        *_languages(report),
        *_confusion(report),
        *_alarms(report),
        *_reliability(report, folder),
        *_scores(folder),
        *_curves(report, folder),
        *_limits(report),
    ]
    return "\n\n".join(parts) + "\n"


def _opening(report: QualityReport) -> Iterator[str]:
    examples = len(report.corpus.examples)
    yield "# How good the tags are"
    yield "<!-- Written by `spywatch corpus report`. Do not edit: change the corpus or the code and run it again. -->"
    yield f"corpus: `{report.corpus.version}`, model: `{report.model}`, {examples:,} examples, {report.folds} folds"
    yield _text(
        f"""Every figure on this page is *out of fold*: the corpus is parted into {report.folds} folds, and each
        example is judged by a model that learned from the other folds only. {_twins(report)} The alert and review
        levels come from the same scores, which flatters the figures at a level a little; average precision does not
        depend on levels."""
    )
    yield _text(
        f"""The figures say how the model does on *these* examples, written for the corpus to be hard and varied.
        They do not say how it does on your feeds: there, matches are rarer, look-alikes are fewer, and outlets
        write in ways that the corpus does not know. Brackets hold {_percent(CONFIDENCE)} intervals. Where an
        interval is wide, the corpus cannot tell, and more examples are needed before anything is claimed."""
    )


def _twins(report: QualityReport) -> str:
    if not report.twins:
        return "No two examples are so alike that they seem to tell of one event."
    parted = f"{report.parted_twins} of them stand" if report.parted_twins != 1 else "1 of them stands"
    return (
        f"Of {report.twins} pairs of examples that seem to tell of one event, {parted} in different folds, "
        "so that one could be recognised by the other."
    )


def _counts(report: QualityReport) -> Iterator[str]:
    yield "## The corpus"
    labels = sorted({label for label, _ in report.counts}, key=lambda label: (label.startswith(BACKGROUND), label))
    rows = []
    for label in labels:
        counts = [report.counts.get((label, language), 0) for language in report.languages]
        rows.append([label, *map(str, counts), str(sum(counts))])
    yield _table(["examples", *report.languages, "all"], rows)
    several = sum(len(example.labels) > 1 for example in report.corpus.examples)
    yield _text(
        f"""{several} examples carry more than one label and count in each row. The {len(report.corpus.examples):,}
        examples tell of {report.events:,} events, as far as likeness of words can say. Look-alikes share their
        words with a category and are something else; security is news of services, diplomacy, cyber and defence
        without a match; general is what an ordinary feed carries."""
    )


def _categories(report: QualityReport) -> Iterator[str]:
    yield "## Each category at its alert level"
    rows = [
        [quality.category, str(quality.examples), *_figures(quality), _two(report.levels[quality.category].alert)]
        for quality in report.overall
    ]
    rows.append(_means(report.overall))
    yield _table([*_HEADINGS, "alert level"], rows)
    yield _text(
        """*Precision*: of the alerts of a category, the share that is right. *Recall*: of the examples that carry
        the label, the share that gets the alert. *With review*: the share that gets an alert or waits in the grey
        zone for a person; what is missing to 1 nobody would see. *F1* joins precision and recall, low as soon as
        one of them is. *Average precision* looks at the order of the scores alone: 1 where every match scores above
        everything else."""
    )
    yield _text(
        f"""Precision and recall have E. B. Wilson's intervals for proportions; those of F1 and average precision
        are bootstrapped: {RESAMPLES:,} resamples of whole events with a fixed seed ({SEED}), the middle
        {_percent(CONFIDENCE)}. Precision here rests on the corpus's mix, in which
        {_percent(round(_share_of_matches(report), 2))} of the texts match something. In a feed where one article in
        a hundred does, false alarms weigh more: read the section on false alarms for that."""
    )


_HEADINGS = ("category", "examples", "precision", "recall", "with review", "F1", "average precision")


def _figures(quality: Quality) -> list[str]:
    return [
        _figure(quality.precision),
        _figure(quality.recall),
        _figure(quality.recall_with_review),
        _figure(quality.f1),
        _figure(quality.average_precision),
    ]


def _means(qualities: Sequence[Quality]) -> list[str]:
    columns = zip(
        *((q.precision, q.recall, q.recall_with_review, q.f1, q.average_precision) for q in qualities), strict=True
    )
    means = []
    for column in columns:
        known = [figure.value for figure in column if figure.value is not None]
        means.append(f"**{_two(sum(known) / len(known))}**" if known else "–")
    return ["**mean**", "", *means, ""]


def _share_of_matches(report: QualityReport) -> float:
    return sum(bool(example.labels) for example in report.corpus.examples) / len(report.corpus.examples)


def _languages(report: QualityReport) -> Iterator[str]:
    yield "## By language"
    if len(report.languages) < 2:
        yield _text(f"All examples are in one language ({report.languages[0]}), so there is nothing to compare.")
        return
    rows = [
        [quality.language, quality.category, str(quality.examples), *_figures(quality)]
        for quality in report.by_language
        if quality.examples
    ]
    for language in report.languages:
        of_it = [quality for quality in report.by_language if quality.language == language and quality.examples]
        if of_it:
            last = max(place for place, row in enumerate(rows) if row[0] == language)
            rows.insert(last + 1, [language, *_means(of_it)[:-1]])
    yield _table(["language", *_HEADINGS], rows)
    yield _text(
        """One model and one set of levels serve all languages. What a language's own examples teach is joined by
        what the English ones teach, by way of a glossary. With a few dozen examples a category the intervals are
        wide: two languages differ only where their intervals hardly overlap."""
    )


def _confusion(report: QualityReport) -> Iterator[str]:
    yield "## Which label gets which alert"
    names = [*report.corpus.names, NO_TAG]
    rows = [
        [
            row.label,
            str(row.examples),
            *(f"**{row.given[name]}**" if name == row.label else str(row.given[name]) for name in names),
        ]
        for row in report.confusion
    ]
    yield _table(["label", "examples", *names], rows)
    yield _text(
        """A row holds the examples of a label. In its own column, bold, stands how many got the right alert, in the
        others how many got a wrong one; a right alert for another label of the same example is not counted there.
        In the rows of the background every alert is a false alarm, and "no alert" is right."""
    )


def _alarms(report: QualityReport) -> Iterator[str]:
    yield "## False alarms"
    cells = {(count.kind, count.language): count for count in report.alarms}
    languages = [*report.languages, ALL] if len(report.languages) > 1 else [ALL]
    kinds = list(dict.fromkeys(count.kind for count in report.alarms))
    rows = []
    for kind in kinds:
        row = [kind]
        for language in languages:
            count = cells.get((kind, language))
            row.append(
                f"{count.alarms} of {count.articles} (at most {100 * count.upper_bound:.1f} %)" if count else "–"
            )
        rows.append(row)
    yield _table([f"{BACKGROUND}", *languages], rows)
    needed = math.ceil(math.log(1 - CONFIDENCE) / math.log(1 - PROMISE))
    yield _text(
        f"""A cell counts the background examples that got any alert, out of fold. In brackets stands what that
        count *proves* about such articles: the exact one-sided upper bound of C. J. Clopper and E. S. Pearson at
        {_percent(CONFIDENCE)} confidence. No alarm at all among 400 articles proves only that fewer than 0.75 %
        alarm."""
    )
    general = cells.get(("general", ALL))
    shown = (
        f" The general examples alone, {general.alarms} alarms in {general.articles}, show at most "
        f"{1000 * general.upper_bound:.1f} in 1,000."
        if general
        else ""
    )
    yield _text(
        f"""The promise is at most {1000 * PROMISE:g} unrelated article in 1,000 with any alert. The levels are set
        so that the *estimate* keeps it: **{1000 * report.estimated_rate:.2f} in 1,000**, from the smoothed scores
        of the background, under the assumption that {_percent(LOOK_ALIKE_SHARE)} of a feed's unrelated articles are
        look-alikes, {_percent(SECURITY_SHARE)} are security news and the rest is general. Those shares are assumed
        and not measured; on a desk that reads security news all day there will be more alarms. The estimate is no
        proof.{shown} To prove the promise itself by counting, {needed:,} general articles without one alarm would
        be needed."""
    )


def _reliability(report: QualityReport, folder: str) -> Iterator[str]:
    yield "## Can a score be believed?"
    yield _picture("The share of scores that came true, against the score", f"{folder}/reliability.svg")
    rows = [
        [item.category, _three(item.error), _three(item.error_above), str(sum(bin_.count for bin_ in item.bins))]
        for item in report.reliability
    ]
    yield _table(["category", "calibration error", f"of scores from {CLEARLY_NO:g} on", "scores"], rows)
    yield _text(
        """All scores are sorted into tenths; each point is the share of a tenth in which the label applied. Where
        the points follow the dashed line, of ten texts with a score of 0.7 seven match. The *expected calibration
        error* is the mean distance from that line, each tenth counting by its scores. Most scores are near 0, which
        makes it small; the second column leaves them out."""
    )
    yield _text(
        """This holds for the corpus's mix of texts. In a feed, where matches are rare, a text with a score of 0.7
        is a match less often than that: use scores to rank, and the levels to decide."""
    )


def _scores(folder: str) -> Iterator[str]:
    yield "## Where the scores lie"
    yield _picture("Scores of matches and of background, a panel a category", f"{folder}/scores.svg")
    yield _text(
        """The filled area are the examples that carry the label; the lines are the background by kind, and the
        matches of other categories. What of the filled area lies left of the solid line gets no alert, and left of
        the dashed line is not even seen by a person. What of the lines lies right of the solid line is a false
        alarm. The upright scale is one of square roots, so that a few examples near a level can be seen."""
    )


def _curves(report: QualityReport, folder: str) -> Iterator[str]:
    yield "## Would more examples help?"
    yield _picture("Average precision and F1 by the number of examples", f"{folder}/learning-curves.svg")
    fractions = [point.fraction for point in report.curves[0].points]
    rows = [
        [
            curve.category,
            *(f"{_two(point.average_precision)} / {_two(point.f1)} ({point.examples})" for point in curve.points),
            "–" if curve.gain is None else f"{curve.gain:+.3f}",
        ]
        for curve in report.curves
    ]
    yield _table(["category", *(_percent(fraction) for fraction in fractions), "last doubling"], rows)
    yield _text(
        f"""Average precision / F1, and in brackets the examples of the category, with only a part of the whole
        corpus (background included) to learn from. Each part is drawn {DRAWS} times; the figure is the mean, the
        band in the plot goes from the worst draw to the best. The *last doubling* is what going from half to all of
        the corpus brought to average precision: where it is near 0, more examples of the same sort bring little,
        and other sorts are wanted. `spywatch corpus check` says which."""
    )


def _limits(report: QualityReport) -> Iterator[str]:
    yield "## What this page does not show"
    languages = ", ".join(report.languages)
    yield _text(
        f"""All texts were written or retold for this corpus by the same project, so their way of writing is more
        alike than that of real outlets, and a model may have learned it. Long articles are judged passage by
        passage, while the corpus's examples are short and judged whole. The labels are the project's reading of the
        definitions; nobody has measured how far two analysts would agree on them. Languages other than
        {languages} are not judged at all. Measurements on articles from outside the corpus are in
        [benchmarks.md](benchmarks.md)."""
    )


def _text(paragraph: str) -> str:
    return fill(" ".join(paragraph.split()), _WIDTH, break_long_words=False, break_on_hyphens=False)


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    marks = ["---" if place == 0 or heading in _IN_WORDS else "---:" for place, heading in enumerate(headings)]
    return "\n".join(f"| {' | '.join(row)} |" for row in (headings, marks, *rows))


def _picture(words: str, file: str) -> str:
    return f"![{words}]({file})"


def _figure(figure: Figure) -> str:
    return "–" if figure.value is None else f"{_two(figure.value)} [{_two(figure.low)}, {_two(figure.high)}]"


def _percent(share: float) -> str:
    return f"{100 * share:g} %"


def _two(value: float) -> str:
    return f"{value:.2f}"


def _three(value: float) -> str:
    return f"{value:.3f}"
