"""`spywatch status`: how the desk and its sources stand."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from cli.console import argument_text, clear_errors, out
from cli.jsontext import echo as echo_json
from cli.run import Db, show
from cli.tables import cell, show_rows
from spywatch.settings import load_settings

if TYPE_CHECKING:
    from storage.status import Status

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_CALM = ("ok", "new", "removed")


def status(
    source: Annotated[
        str | None,
        typer.Option("--source", metavar="OUTLET", help="All that is known of one source: its name or its address."),
    ] = None,
    db: Db = None,
    as_json: AsJson = False,
) -> None:
    """How the last run went, what is waiting, what was set aside, and how each source is.

    A source is silent when it has brought nothing new for longer than it uses to, and
    drifting when its articles are much shorter, longer or emptier than those before.

    Examples:
    spywatch status --db /var/lib/spywatch
    spywatch status --source "Example Courier"
    """
    from cli.source import show_source, source_json, sources_named
    from storage.published import jsonable, run_sql
    from storage.status import status as read_status

    with clear_errors():
        settings = load_settings(db=db)
        health = run_sql(settings.db, "FROM source_health ORDER BY outlet, feed_url")
        sources = [dict(zip(health.columns, row, strict=True)) for row in health.rows()]
        if source is not None:
            chosen = sources_named(argument_text(source).strip(), sources)
            if as_json:
                echo_json({"sources": [source_json(settings.db, one) for one in chosen]})
            else:
                for one in chosen:
                    show_source(settings.db, one)
            return
        found = read_status(settings.db)
    if as_json:
        echo_json(jsonable({**asdict(found), "sources": sources}))
        return
    if found.running is not None:
        out.print(Text(f"a run is at work (process {found.running})", style="bold green"))
    if found.last_run:
        show(found.last_run, settings.db)
    else:
        out.print("no run has finished yet")
    _show_waiting(found)
    _show_health(sources)


def _show_waiting(found: Status) -> None:
    waiting = ", ".join(f"{count} {state}" for state, count in found.entries.items()) or "none"
    out.print(f"entries  {waiting}")
    if found.set_aside:
        out.print(f"aside    {found.set_aside:,} entries failed for good or were stored from the feed's text only;")
        out.print("         `spywatch replay` shows them, and with --yes tries them again")
    told = f"{found.digests} made, the last at {cell(found.last_digest_at)}" if found.digests else "none made yet"
    out.print(f"digests  {told}")
    out.print(f"review   {found.awaiting_review} articles in the grey zone")
    if found.journal_records:
        out.print(f"journal  {found.journal_records} records wait for the next run")


def _show_health(sources: list[dict[str, Any]]) -> None:
    ordered = sorted(sources, key=lambda one: (one["health"] in _CALM, str(one["outlet"])))
    rows = [
        (
            cell(one["outlet"], 40),
            _state(one),
            f"{one['last_success_at']:%d %b %H:%M}" if one["last_success_at"] else "never",
            one["articles"],
            one["alert_articles"],
        )
        for one in ordered
    ]
    counts: dict[str, int] = {}
    for one in ordered:
        counts[one["health"]] = counts.get(one["health"], 0) + 1
    told = ", ".join(f"{count} {health}" for health, count in counts.items())
    show_rows(("source", "state", "last success", "articles", "alerts"), rows, title=f"sources: {told or 'none'}")
    if rows:
        out.print(Text("`spywatch status --source OUTLET` tells all of one, --json all of all", style="dim"))


def _state(one: dict[str, Any]) -> str:
    """How a source is, in as few words as tell what to look at."""
    words = [one["health"]]
    if one["health"] == "failing":
        words = [f"failing: {one['last_reason']}" if one["last_reason"] else "failing"]
        if one["next_attempt_at"]:
            words.append(f"next {one['next_attempt_at']:%d %b %H:%M}")
    elif one["silent"]:
        words = [f"silent for {_span(one['silent_for_hours'])}"]
    if one["drift"]:
        words.append("drifting" if one["health"] != "drifting" else "")
    if one["adopted_url"]:
        words.append("moved")
    words += [str(habit).replace("_", " ") for habit in one["habits"] or ()]
    return ", ".join(word for word in words if word)


def _span(hours: float) -> str:
    return f"{hours / 24:.0f} days" if hours >= 48 else f"{hours:.0f} hours"
