"""`spywatch run`: one run of the pipeline."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cli.console import Exit, clear_errors, err, moment, note, out
from cli.jsontext import echo as echo_json
from spywatch.records import Notice, Reason, RunReport
from spywatch.settings import load_settings
from spywatch.urls import redact

Db = Annotated[Path | None, typer.Option("--db", help="Folder of the database; default from the settings.")]


def run(
    feeds: Annotated[Path | None, typer.Option("--feeds", help="Feed register (TOML) or OPML file.")] = None,
    db: Db = None,
    due: Annotated[bool, typer.Option("--due", help="Poll only the feeds whose own schedule says so.")] = False,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="URL", help="Poll just this feed, even if it rests or retired; repeatable."),
    ] = None,
    now: Annotated[str | None, typer.Option("--now", help="The clock, ISO 8601; default: the present.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the run's report as JSON.")] = False,
) -> None:
    """Fetch the feeds, extract, tag and store what is new, and publish the database for reading.

    Polls every feed that is not in back-off after a failure. Ends with 0 when the books balance
    (seen = stored + unchanged + linked + failed + dropped), even where some feeds failed.

    Example: spywatch run --feeds feeds.toml --db /var/lib/spywatch
    """
    clock = moment(now)
    with clear_errors():
        settings = load_settings(feeds=feeds, db=db)
        if settings.uses_bundled_register:
            note("reading the bundled register; `spywatch feeds add` begins one of your own in this folder")

        from cli.progress import watching
        from flows.pipeline import run_pipeline
        from flows.tell import mishaps_line

        with watching(quiet=as_json) as watch:
            report = asyncio.run(run_pipeline(settings, now=clock, due_only=due, only=only or (), watch=watch))
    if as_json:
        if loud := mishaps_line(report):
            err.print(Text(f"spywatch: {loud}", style="bold red"), soft_wrap=True)
        echo_json(report_json(report))
    else:
        show(report, settings.db)
    if not report.balanced:
        err.print(Text("spywatch: the books of this run do not balance; please report this", style="bold red"))
        raise typer.Exit(int(Exit.UNBALANCED))


def report_json(report: RunReport) -> dict[str, Any]:
    """A run's report as JSON: the balance, articles apart, feeds, failures by reason, tags by category, notices."""
    names = ("seen", "stored", "unchanged", "linked", "failed", "dropped", "articles", "not_classified")
    return {
        "run_id": report.run_id,
        "started_at": report.started_at.isoformat(),
        "finished_at": report.finished_at.isoformat(),
        **{name: getattr(report, name) for name in names},
        "balanced": report.balanced,
        "feeds": {
            "registered": report.feeds,
            "ok": report.feeds_ok,
            "not_modified": report.feeds_not_modified,
            "failed": report.feeds_failed,
            "skipped": report.feeds_skipped,
        },
        "not_covered": report.not_covered,
        "failures": report.failures,
        "tags": report.tags,
        "notices": [notice_json(notice) for notice in report.notices],
    }


def notice_json(notice: Notice) -> dict[str, Any]:
    """A notice as JSON."""
    return {
        "kind": str(notice.kind),
        "outlet": notice.outlet,
        "feed_url": redact(notice.feed_url),
        "detail": notice.detail,
        "at": notice.at.isoformat(),
    }


def show(report: RunReport, folder: Path) -> None:
    """Print a run's report for a person."""
    from flows.tell import mishaps_line, not_classified_line

    seconds = (report.finished_at - report.started_at).total_seconds()
    out.print(Text(f"run {report.run_id}, {seconds:.0f} s, in {folder}", style="bold"))
    if loud := mishaps_line(report):
        out.print(Text(loud, style="bold red"))
    out.print(
        f"feeds    {report.feeds_ok} read, {report.feeds_not_modified} unchanged, {report.feeds_failed} failed, "
        f"{report.feeds_skipped} resting or not due"
    )
    out.print(
        f"entries  {report.seen} seen = {report.stored} stored + {report.unchanged} unchanged + "
        f"{report.linked} linked + {report.failed} failed + {report.dropped} dropped"
    )
    tagged = ", ".join(f"{count} {category}" for category, count in report.tags.items()) or "none"
    out.print(Text(f"articles {report.articles} stored; alert tags: {tagged}"))
    if unscored := not_classified_line(report):
        out.print(Text(f"         {unscored}"))
    _show_failures(report)
    show_notices(report.notices)


def _show_failures(report: RunReport) -> None:
    if not report.failures:
        return
    table = Table(title="what failed or was dropped", title_justify="left")
    table.add_column("stage")
    table.add_column("reason")
    table.add_column("count", justify="right")
    ours_first = sorted(report.failures.items(), key=lambda one: not one[0].endswith(f"/{Reason.INTERNAL_ERROR}"))
    for name, count in ours_first:
        stage, _, reason = name.partition("/")
        style = "bold red" if reason == Reason.INTERNAL_ERROR else None
        table.add_row(stage, reason, str(count), style=style)
    out.print(table)


def show_notices(notices: Iterable[Notice]) -> None:
    """Print what an operator should know of the sources, the most urgent first."""
    from flows.tell import notice_detail, notice_source, notices_by_kind

    for heading, found in notices_by_kind(notices):
        out.print(Text(f"sources: {heading}", style="bold"))
        for one in found:
            told = Text.assemble((notice_source(one), "bold"), f"  {notice_detail(one)}")
            out.print(Padding(told, (0, 0, 0, 2)))
