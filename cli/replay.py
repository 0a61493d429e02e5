"""`spywatch replay`: what was set aside gets another try."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from cli.console import Exit, argument_text, clear_errors, err, fail, moment, note, out
from cli.jsontext import echo as echo_json
from cli.run import Db
from cli.tables import cell, show_rows
from spywatch.records import Reason
from spywatch.settings import load_settings
from spywatch.urls import redact

if TYPE_CHECKING:
    from storage.recording import Recorded
    from storage.replay import SetAside


def replay(
    asked: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[URL_OR_ID]...", help="Only these: addresses or ids of entries; all if none.", show_default=False
        ),
    ] = None,
    reason: Annotated[
        list[str] | None, typer.Option("--reason", metavar="REASON", help="Only what failed so; repeatable.")
    ] = None,
    source: Annotated[
        str | None, typer.Option("--source", metavar="OUTLET", help="Only this source, by its name.")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="DATE", help="Only what was set aside since then, ISO 8601.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Make them due again for the next run.")] = False,
    limit_shown: Annotated[int, typer.Option("--limit-shown", min=0, help="So many are listed at most.")] = 50,
    db: Db = None,
    now: Annotated[str | None, typer.Option("--now", help="The clock, ISO 8601; default: the present.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON; all of them.")] = False,
) -> None:
    """Show what was set aside, and with --yes give it another try.

    Set aside is an entry that failed for good, or whose page could not be had, so that
    the feed's own text is stored in its place. After an upgrade, a change of settings
    or a talk with the outlet it may come out better. Without --yes nothing changes.
    With --yes the entries are due again: the next run fetches and tags them anew. A
    page that now comes takes the place of the feed's text; if it fails again, all
    stays as it is. It works while a run is at work, too.

    Exit code 1 if an address or id that was given is not set aside.

    Examples:
    spywatch replay
    spywatch replay --reason time_limit --reason extractor_error --yes
    spywatch replay --source "Example Courier" --since 2026-03-01 --yes
    spywatch replay https://example.org/2026/envoys-told-to-go --yes
    """
    from storage.replay import record_replay, set_aside

    clock = moment(now)
    reasons = [_reason(argument_text(text)) for text in reason or ()]
    keys = list(dict.fromkeys(argument_text(text).strip() for text in asked or ()))
    if "" in keys:
        fail("replay asks for an address or an id; without any it shows everything that was set aside", Exit.USAGE)
    earliest = moment(since) if since is not None else None
    outlet = argument_text(source).strip() if source is not None else None
    with clear_errors():
        settings = load_settings(db=db)

        def find(*names: str) -> tuple[SetAside, ...]:
            return set_aside(settings.db, keys=names, reasons=reasons, outlet=outlet, since=earliest)

        by_key = {key: find(key) for key in keys}
        chosen = tuple({one.entry_id: one for found in by_key.values() for one in found}.values()) if keys else find()
        recorded = None
        if yes and chosen:
            recorded = record_replay(settings.db, [one.entry_id for one in chosen], clock, clock)
    if as_json:
        echo_json(_json(chosen, recorded))
    else:
        _show(chosen, limit_shown, settings.db, recorded)
    unknown = [key for key, found in by_key.items() if not found]
    for key in unknown:
        shown = cell(redact(key))
        err.print(Text(f"{shown} is not set aside; `spywatch where {shown}` says how it stands"), soft_wrap=True)
    if unknown:
        raise typer.Exit(int(Exit.UNBALANCED))


def _reason(text: str) -> Reason:
    name = text.strip().lower()
    try:
        return Reason(name)
    except ValueError:
        known = [str(one) for one in Reason]
        nearest = get_close_matches(name, known, n=1, cutoff=0.6)
        meant = f"; did you mean {nearest[0]}?" if nearest else "."
        fail(f"{cell(text)!r} is no reason{meant} The reasons are {', '.join(sorted(known))}.", Exit.USAGE)


def _json(chosen: Sequence[SetAside], recorded: Recorded | None) -> dict[str, Any]:
    from storage.replay import MENDABLE

    return {
        "count": len(chosen),
        "replayed": recorded is not None,
        "recorded": str(recorded) if recorded is not None else None,
        "items": [
            {
                "entry_id": one.entry_id,
                "url": one.url,
                "title": one.title,
                "outlet": one.outlet,
                "state": str(one.state),
                "stage": str(one.stage) if one.stage else None,
                "reason": str(one.reason) if one.reason else None,
                "detail": one.detail,
                "access": str(one.access) if one.access else None,
                "at": one.finished_at.isoformat() if one.finished_at else None,
                "mendable": one.reason in MENDABLE,
            }
            for one in chosen
        ],
    }


def _why(one: SetAside) -> str:
    """Why the page could not be had: the reason, or what stood in its place."""
    return str(one.reason or one.access or "unknown")


def _show(chosen: Sequence[SetAside], most: int, folder: Path, recorded: Recorded | None) -> None:
    from storage.recording import Recorded
    from storage.replay import MENDABLE

    if not chosen:
        out.print(Text("nothing of that kind is set aside"))
        return
    rows = [
        (
            f"{one.finished_at:%d %b %Y}" if one.finished_at else "",
            cell(one.outlet, 30),
            _why(one),
            "feed's text" if one.state == "stored" else "nothing",
            cell(one.title, 60) or cell(one.url, 60),
        )
        for one in chosen[:most]
    ]
    if rows:
        show_rows(("set aside", "source", "reason", "stored", "entry"), rows)
    if len(chosen) > len(rows):
        out.print(Text(f"and {len(chosen) - len(rows):,} more; --json lists all", style="dim"))
    counts = Counter(_why(one) for one in chosen).most_common()
    out.print(Text(f"{len(chosen):,} set aside: {', '.join(f'{count:,} {name}' for name, count in counts)}"))
    if mendable := sum(one.reason in MENDABLE for one in chosen):
        out.print(Text(f"{mendable:,} of them for reasons that other settings or a new version may mend"))
    if recorded is None:
        out.print(
            Text("Nothing was changed; the same command with --yes makes them due for the next run.", style="bold")
        )
        return
    out.print(Text(f"Due again: the next `spywatch run --db {folder}` tries them.", style="bold"))
    if recorded is Recorded.JOURNALED:
        note("in the journal: a run is at work and takes it in when it ends; the run after it tries them")
    else:
        note("in the database")
