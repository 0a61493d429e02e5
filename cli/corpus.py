"""`spywatch corpus`: the seed corpus, looked at, examined and measured."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from cli.console import Exit, argument_text, clear_errors, fail, note, out
from cli.jsontext import echo as echo_json
from cli.progress import watching
from cli.tables import show_fields, show_rows
from spywatch.settings import load_settings

if TYPE_CHECKING:
    from classifiers.corpus import Category, Corpus, Example
    from classifiers.doctor.checkup import Checkup
    from classifiers.doctor.mistakes import Mistake

corpus = typer.Typer(
    help=(
        "The seed corpus that the tags are learned from: show it, examine it, measure it.\n\n"
        "`show` tells what a category means, `check` finds what to mend and what to add, `report` writes the page "
        "that says how good the tags are."
    ),
    no_args_is_help=True,
)

Folder = Annotated[
    Path | None, typer.Option("--corpus", help="Folder of the seed corpus; default: the one of the settings.")
]
AsJson = Annotated[bool, typer.Option("--json", help="JSON.")]


@corpus.command()
def check(
    folder: Folder = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Only what needs no cross-validation: seconds instead of a minute or two.")
    ] = False,
    mistakes: Annotated[
        int, typer.Option("--mistakes", min=0, help="Mistakes shown a category, the worst first; 0 shows all.")
    ] = 5,
    plots: Annotated[
        Path | None, typer.Option("--plots", help="Write the learning curves into this folder, as SVG.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON, with every mistake.")] = False,
) -> None:
    """Examine the corpus: duplicates, label conflicts, set phrases, shortcuts, mistakes, learning curves, additions.

    Exit code 0: nothing that must be mended. 1: duplicates, or examples that contradict each other. 3: the corpus
    cannot be read. Mistakes, phrases and shortcuts are for a person to judge and change no exit code.

    Example: spywatch corpus check --corpus my-corpus --plots plots
    """
    from classifiers.doctor.checkup import check_corpus
    from classifiers.settings import FitSettings
    from classifiers.vectors import find_word_vectors

    if quick and plots is not None:
        fail("--plots draws the learning curves, which --quick leaves out: give one of the two", Exit.USAGE)
    read = _read(folder)
    with watching(quiet=as_json) as watch:
        found = check_corpus(read, find_word_vectors(), FitSettings(), watch, quick=quick)
    if plots is not None:
        from classifiers.quality.plots import learning_curves_svg

        _write({plots / "learning-curves.svg": learning_curves_svg(found.curves)})
    if as_json:
        echo_json(found.as_dict(), indent=2)
    else:
        _show_checkup(found, mistakes)
    if found.must_mend:
        raise typer.Exit(int(Exit.UNBALANCED))


@corpus.command()
def report(
    folder: Folder = None,
    target: Annotated[
        Path, typer.Option("--out", help="The page; plots go to a folder of its name beside it.")
    ] = Path("docs/quality.md"),
) -> None:
    """Write the quality report: how good the tags are, cross-validated on the corpus. It takes a minute or two.

    The same corpus gives the same bytes. The page names the corpus and the model that it is of.

    Example: spywatch corpus report --out docs/quality.md
    """
    from classifiers.quality.figures import measure_quality
    from classifiers.quality.page import plots_of, write_page
    from classifiers.settings import FitSettings
    from classifiers.vectors import find_word_vectors

    if target.is_dir():
        fail(f"{target} is a folder; --out takes the name of a file")
    read = _read(folder)
    with watching() as watch:
        measured = measure_quality(read, find_word_vectors(), FitSettings(), watch)
    plots = target.parent / target.stem
    _write(
        {
            target: write_page(measured, plots.name),
            **{plots / name: drawn for name, drawn in plots_of(measured).items()},
        }
    )
    note(f"{target} tells of {read.version}; its plots are in {plots}")


@corpus.command()
def show(
    what: Annotated[str | None, typer.Argument(help="A category, `background`, or the id of an example.")] = None,
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Show all categories, or what one means and how many examples it has, or one example.

    Example: spywatch corpus show expulsion
    """
    from classifiers.corpus import BACKGROUND

    read = _read(folder)
    if what is None:
        _show_all(read, as_json)
        return
    name = argument_text(what)
    category = next((one for one in read.categories if one.name == name), None)
    example = next((one for one in read.examples if one.id == name), None)
    if category is not None:
        _show_category(category, read.of(name), as_json)
    elif name == BACKGROUND:
        _show_counts(name, read.background, as_json)
    elif example is not None:
        _show_example(example, as_json)
    else:
        names = [*read.names, BACKGROUND, *(one.id for one in read.examples)]
        near = difflib.get_close_matches(name, names, n=1)
        fail(f"the corpus has no category and no example {name!r}" + (f"; did you mean {near[0]}?" if near else ""))


def _read(folder: Path | None) -> Corpus:
    from classifiers.corpus import load_corpus

    with clear_errors():
        return load_corpus(load_settings(corpus=folder).corpus)


def _write(files: Mapping[Path, str]) -> None:
    for path, content in files.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
        except OSError as error:
            fail(f"cannot write {path}: {error.strerror}")


def _heading(text: str) -> None:
    out.print()
    out.print(Text(text, style="bold"))


def _say(text: str) -> None:
    out.print(Text(text))


def _show_checkup(found: Checkup, mistakes: int) -> None:
    counts = ", ".join(f"{label} {count}" for label, count in found.counts.items())
    _say(f"{found.corpus}: {counts}")
    _show_copies(found)
    _show_habits(found)
    if found.quick:
        note("left out by --quick: mistakes, learning curves, additions")
    else:
        _show_mistakes(found.mistakes, mistakes)
        _show_curves(found)
        _show_additions(found)
    out.print()
    verdict = (
        "must be mended: see duplicates and conflicts above" if found.must_mend else "nothing that must be mended"
    )
    _say(verdict)


def _show_copies(found: Checkup) -> None:
    from classifiers.doctor.copies import NEAR, SHINGLE

    _heading(f"Duplicates: {len(found.copies)}")
    if found.copies:
        _say(
            f"the same text or title, or at least {NEAR:.0%} of the shorter text's runs of {SHINGLE} words in both: "
            "delete or rewrite one of the two"
        )
        show_rows(
            ("first", "second", "how", "containment", "Jaccard", "both say", "where"),
            [
                (one.first, one.second, one.how, one.containment, one.jaccard, one.shared, " and ".join(one.sources))
                for one in found.copies
            ],
        )
    certain = sum(one.certain for one in found.conflicts)
    _heading(f"Label conflicts: {certain} to mend, {len(found.conflicts) - certain} to look at")
    if found.conflicts:
        _say("alike and labelled differently; two matches on one event may differ where one tells more")
        show_rows(
            ("first", "second", "how", "alike", "labels of the first", "labels of the second", ""),
            [
                (
                    one.first,
                    one.second,
                    one.how,
                    one.similarity,
                    _labels(one.labels[0]),
                    _labels(one.labels[1]),
                    "mend" if one.certain else "look",
                )
                for one in found.conflicts
            ],
        )


def _show_habits(found: Checkup) -> None:
    _heading(f"Phrases that many examples of one label share: {len(found.phrases)}")
    if found.phrases:
        _say("a model learns such wording instead of the matter: vary what is no term of the trade")
        show_rows(
            ("phrase", "label", "examples", "share", "elsewhere", "for example"),
            [
                (one.phrase, one.label, one.examples, f"{one.share:.0%}", one.elsewhere, ", ".join(one.ids[:2]))
                for one in found.phrases
            ],
        )
    tested = found.shortcuts
    _heading(f"Shortcuts: {len(tested.found)} of {tested.tests:,} tests")
    if tested.found:
        _say(
            "features that alone predict a label (Fisher's exact test, Holm's correction for all tests). Balance a "
            "country, form, decade, year or name with other labels; judge whether a word belongs to the subject"
        )
        show_rows(
            ("kind", "feature", "predicts", "in", "share", "usual share", "of the label", "p"),
            [
                (
                    one.kind,
                    one.feature,
                    one.label,
                    f"{one.labelled} of {one.examples}",
                    f"{one.share:.0%}",
                    f"{one.base:.0%}",
                    f"{one.coverage:.0%}",
                    f"{one.p:.1g}",
                )
                for one in tested.found
            ],
        )


def _show_mistakes(mistakes: Sequence[Mistake], shown: int) -> None:
    examples = len({one.id for one in mistakes})
    _heading(f"What cross-validation gets wrong: {len(mistakes)} labels of {examples} examples")
    kinds = Counter((one.category, _fault(one)) for one in mistakes)
    show_rows(("category", "fault", "labels"), [(*kind, count) for kind, count in sorted(kinds.items())])
    for category in dict.fromkeys(one.category for one in mistakes):
        of_it = [one for one in mistakes if one.category == category]
        wrong = [one for one in of_it if one.fault != "missed"]
        missed = [one for one in of_it if one.fault == "missed"]
        for name, group in (("wrongly given", wrong), ("missed", missed)):
            chosen = group if shown == 0 else group[:shown]
            if chosen:
                _heading(f"{category}, {name}: {len(chosen)} of {len(group)}")
            for one in chosen:
                _show_mistake(one)


def _fault(mistake: Mistake) -> str:
    if mistake.fault != "missed":
        return mistake.fault
    return "missed, in review" if mistake.in_review else "missed, unseen"


def _show_mistake(one: Mistake) -> None:
    out.print(Text.assemble((one.id, "bold"), f"  {one.title}"))
    pulled = "pulled down by" if one.fault == "missed" else "pulled up by"
    show_fields(
        [
            ("labels", _labels(one.labels)),
            ("score", f"{one.score:.2f}, the level is {one.alert:.2f}: {one.reason}"),
            (pulled, ", ".join(f"{pull.term} {pull.weight:+.2f}" for pull in one.pulls)),
            ("most like", "; ".join(f"{near.id} ({_labels(near.labels)}) {near.title}" for near in one.nearest)),
            ("where", one.source),
        ]
    )


def _show_curves(found: Checkup) -> None:
    _heading("Learning curves: average precision (AP) and F1 with a part of the corpus to learn from")
    if not found.curves:
        return
    fractions = [f"{100 * point.fraction:g} %" for point in found.curves[0].points]
    rows: list[tuple[str, ...]] = []
    for curve in found.curves:
        doubling = "" if curve.gain is None else f"last doubling {curve.gain:+.3f}"
        rows.append(
            (
                curve.category,
                "AP",
                *(_spread(one.average_precision, one.average_precision_range) for one in curve.points),
            )
        )
        rows.append((doubling, "F1", *(_spread(one.f1, one.f1_range) for one in curve.points)))
        rows.append(("", "examples", *(str(one.examples) for one in curve.points)))
    show_rows(("category", "", *fractions), rows)


def _spread(mean: float, drawn: tuple[float, float]) -> str:
    low, high = drawn
    return f"{mean:.2f}" if low == high else f"{mean:.2f} ({low:.2f}-{high:.2f})"


def _show_additions(found: Checkup) -> None:
    _heading(f"The {len(found.additions)} additions that would help most")
    _say(
        "reckoned from the trouble of neighbours (same category and language, two of form, decade and region in "
        "common), more where the corpus has few of the kind and where the learning curve still rises"
    )
    for number, one in enumerate(found.additions, start=1):
        _say(f"{number:2}. {one.sentence}")
        if one.like:
            out.print(Text(f"    hard was: {'; '.join(one.like)}", style="dim"))


def _labels(labels: Sequence[str]) -> str:
    return ", ".join(labels) or "background"


def _show_all(read: Corpus, as_json: bool) -> None:
    from classifiers.corpus import BACKGROUND

    rows = [(one.name, one.title, len(read.of(one.name)), _languages(read.of(one.name))) for one in read.categories]
    rows.append((BACKGROUND, "no match", len(read.background), _languages(read.background)))
    if as_json:
        keys = ("name", "title", "examples", "languages")
        plain = {"corpus": read.version, "categories": [dict(zip(keys, row, strict=True)) for row in rows]}
        echo_json(plain, indent=2)
        return
    show_rows(
        ("category", "title", "examples", "languages"),
        [(name, title, count, _listed(languages)) for name, title, count, languages in rows],
        title=f"{read.version}: {len(read.examples)} examples",
    )


def _languages(examples: Sequence[Example]) -> dict[str, int]:
    return dict(sorted(Counter(example.language for example in examples).items()))


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items())


def _counts(examples: Sequence[Example]) -> dict[str, dict[str, int]]:
    traits: dict[str, list[str]] = {
        "languages": [example.language for example in examples],
        "forms": [example.form for example in examples],
        "decades": [f"{example.year // 10 * 10}s" for example in examples if example.year is not None],
        "countries": [example.country for example in examples],
        "kinds": [example.kind for example in examples],
        "together with": [label for example in examples for label in example.labels],
    }
    found = {}
    for trait, values in traits.items():
        counted = Counter(value for value in values if value)
        found[trait] = dict(sorted(counted.items(), key=lambda item: (-item[1], item[0])))
    return found


def _show_category(category: Category, examples: Sequence[Example], as_json: bool) -> None:
    if as_json:
        _show_counts(category.name, examples, True, asdict(category))
        return
    out.print(Text(f"{category.title} ({category.name})", style="bold"))
    _say(category.summary)
    for heading, sentences in (("In:", category.includes), ("Out:", category.excludes)):
        if sentences:
            _heading(heading)
            for sentence in sentences:
                _say(f"  - {sentence}")
    out.print()
    _show_counts(category.name, examples, False)


def _show_counts(
    name: str, examples: Sequence[Example], as_json: bool, definition: Mapping[str, object] | None = None
) -> None:
    counts = _counts(examples)
    counts["together with"].pop(name, None)
    if as_json:
        plain = {"name": name, **(definition or {}), "examples": len(examples), "counts": counts}
        echo_json(plain, indent=2)
        return
    _say(f"{len(examples)} examples, {examples[0].id} to {examples[-1].id}")
    show_fields((trait, _listed(counted)) for trait, counted in counts.items())


def _show_example(example: Example, as_json: bool) -> None:
    if as_json:
        echo_json(asdict(example), indent=2)
        return
    out.print(Text(example.title, style="bold"))
    show_fields(
        [
            ("id", example.id),
            ("labels", _labels(example.labels)),
            ("kind", example.kind),
            ("resembles", example.resembles),
            ("language", example.language),
            ("form", example.form),
            ("country", example.country),
            ("year", "" if example.year is None else str(example.year)),
            ("where", example.source),
        ]
    )
    out.print()
    _say(example.text)
