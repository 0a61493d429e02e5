"""`spywatch retag`: the stored articles, tagged again by the present corpus and model."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from dataclasses import fields
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.padding import Padding
from rich.text import Text

from cli.console import clear_errors, fail, moment, note, out
from cli.jsontext import echo as echo_json
from cli.run import Db
from spywatch.settings import load_settings

if TYPE_CHECKING:
    from flows.retagging import Change, RetagReport

_HALF_WAY = (
    "the tagging has stopped: new tags may be written in part, and are not published; `spywatch retag --yes` goes on "
    "with the rest and publishes"
)


def retag(
    db: Db = None,
    yes: Annotated[bool, typer.Option("--yes", help="Write the new tags and publish them.")] = False,
    limit_shown: Annotated[
        int, typer.Option("--limit-shown", min=0, max=200, help="Changes shown of each kind and category.")
    ] = 10,
    full: Annotated[
        Path | None,
        typer.Option(
            "--full",
            metavar="FILE.jsonl",
            help="Write every change to this file, one a line; it is replaced when all are there.",
        ),
    ] = None,
    corpus: Annotated[Path | None, typer.Option(help="Folder of the seed corpus.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON; all kept changes, whatever is shown.")] = False,
    now: Annotated[str | None, typer.Option("--now", help="The clock, ISO 8601; default: the present.")] = None,
) -> None:
    """Tag stored articles again after the corpus, the verdicts or the model have changed. Nothing is fetched.

    Without --yes it only shows what would change: which articles get an alert,
    which lose one, which of these a digest has told. With --yes it writes that and
    publishes; an article that no digest has told stands in the next one as a late
    find. An analyst's verdict stands whatever the model says. Only articles that
    another model tagged are read.

    Examples:
    spywatch retag
    spywatch retag --full changes.jsonl
    spywatch retag --yes
    """
    from cli.changes_file import CannotWrite, ChangesFile
    from cli.progress import watching
    from flows.retagging import KEPT, retag_articles

    clock = moment(now)
    with clear_errors():
        settings = load_settings(db=db, corpus=corpus)
        with ExitStack() as stack:
            try:
                file = stack.enter_context(ChangesFile(full)) if full is not None else None
            except CannotWrite as error:
                fail(str(error))
            watch = stack.enter_context(watching(quiet=as_json))
            each = file.write if file is not None else _nowhere
            keep = KEPT if as_json else max(limit_shown, 1)
            try:
                report = asyncio.run(
                    retag_articles(settings, now=clock, commit=yes, watch=watch, each=each, keep=keep)
                )
            except CannotWrite as error:
                fail(f"{error}; {_HALF_WAY if yes else 'nothing was tagged'}")
            except KeyboardInterrupt:
                if yes:
                    note(_HALF_WAY)
                raise
            try:
                if file is not None:
                    file.finish()
            except CannotWrite as error:
                fail(f"{error}; {'the new tags are written and published' if yes else 'nothing was tagged'}")
    if as_json:
        echo_json(_report_json(report))
    else:
        _show(report, limit_shown, ZoneInfo(settings.time_zone))
    if full is not None:
        note(f"every change is in {full}")


def _nowhere(change: Change) -> None:
    pass


def _report_json(report: RetagReport) -> dict[str, Any]:
    from flows.retagging import change_json

    counts = {one.name: getattr(report, one.name) for one in fields(report) if one.name != "changes"}
    return {**counts, "changes": [change_json(change) for change in report.changes]}


def _show(report: RetagReport, most: int, zone: tzinfo) -> None:
    from digests.plain import category_title
    from flows.retagging import ChangeKind
    from flows.tell_retag import KIND_HEADINGS, retag_summary

    if not report.articles:
        out.print(Text(f"nothing to do: every stored article is tagged by the present model ({report.model})"))
        return
    for kind, heading in KIND_HEADINGS.items():
        counts = report.newly_tagged if kind is ChangeKind.NEWLY_TAGGED else report.no_longer_tagged
        sign, style = ("+", "green") if kind is ChangeKind.NEWLY_TAGGED else ("-", "red")
        for category, count in counts.items():
            title = f"{category_title(category)}: {count:,} {heading}"
            _show_changes(title, report.shown(kind, category)[:most], count, sign, style, zone)
    overruled = sum(report.overruled.values())
    if overruled:
        title = f"Not changed, since an analyst's verdict stands: {overruled:,}"
        _show_changes(title, report.standing[:most], overruled, "=", "cyan", zone)
    out.print()
    for line in retag_summary(report):
        out.print(Text(line))
    if report.committed:
        out.print(
            Text("Written and published; the next digest tells what none has told, as late finds.", style="bold")
        )
    else:
        out.print(Text("Nothing was written; `spywatch retag --yes` does it.", style="bold"))


def _show_changes(title: str, changes: list[Change], count: int, sign: str, style: str, zone: tzinfo) -> None:
    from flows.tell_retag import change_details, change_title

    out.print()
    out.print(Text(title, style="bold"))
    for change in changes:
        out.print(Padding(Text.assemble((f"{sign} ", style), change_title(change)), (0, 0, 0, 2)))
        out.print(Padding(Text(change_details(change, zone), style="dim"), (0, 0, 0, 4)))
    if count > len(changes):
        out.print(Text(f"  and {count - len(changes):,} more; --full FILE.jsonl writes all", style="dim"))
