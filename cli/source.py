"""All that is known of one source, for the screen and as JSON."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import Any

from rich.text import Text

from cli.console import fail, out
from cli.tables import cell, show_fields, show_rows
from spywatch.urls import redact

Row = dict[str, Any]

_PARTS = {
    "rhythm": "SELECT * EXCLUDE (feed_id, outlet) FROM source_rhythm WHERE feed_id = $feed_id",
    "silence": "SELECT * EXCLUDE (feed_id, outlet) FROM source_silence WHERE feed_id = $feed_id",
    "drift": "SELECT * EXCLUDE (feed_id, outlet) FROM source_drift WHERE feed_id = $feed_id",
    "yield": "SELECT * EXCLUDE (feed_id, outlet) FROM source_yield WHERE feed_id = $feed_id ORDER BY period",
    "access": "SELECT * EXCLUDE (feed_id, outlet) FROM source_access WHERE feed_id = $feed_id ORDER BY articles DESC",
    "habits": "SELECT * EXCLUDE (feed_id) FROM feed_habits WHERE feed_id = $feed_id ORDER BY found_at, habit",
    "notices": "SELECT noticed_at, kind, detail FROM source_notices WHERE feed_id = $feed_id LIMIT 10",
}
"""What is asked of the published copy, each for one feed."""


def sources_named(name: str, sources: list[Row]) -> list[Row]:
    """The sources that a name or an address means: those of exactly that name, else those that have it in theirs.

    Ends with a sentence where there is none.
    """
    exact = [
        one
        for one in sources
        if name and (name.casefold() == str(one["outlet"]).casefold() or redact(name) == one["feed_url"])
    ]
    found = exact or [one for one in sources if name and name.casefold() in str(one["outlet"]).casefold()]
    if not found:
        names = sorted({str(one["outlet"]) for one in sources})
        nearest = get_close_matches(name, names, n=1, cutoff=0.5)
        meant = f"; did you mean {cell(nearest[0])!r}?" if nearest else "; `spywatch status` lists them"
        fail(f"there is no source {cell(redact(name))!r}{meant}")
    return found


def _asked(folder: Path, source: Row) -> dict[str, list[Row]]:
    from storage.published import run_sql

    parts = {}
    for name, query in _PARTS.items():
        answer = run_sql(folder, query, {"feed_id": source["feed_id"]})
        parts[name] = [dict(zip(answer.columns, row, strict=True)) for row in answer.rows()]
    return parts


def source_json(folder: Path, source: Row) -> Any:
    """All that is known of a source, as JSON holds it.

    Args:
        folder: the database folder.
        source: its row of `source_health`.

    Raises:
        StorageError: the published copy cannot be read.
    """
    from storage.published import jsonable

    parts = _asked(folder, source)
    single = {name: next(iter(parts[name]), None) for name in ("rhythm", "silence", "drift")}
    return jsonable({**source, **parts, **single})


def show_source(folder: Path, source: Row) -> None:
    """Print all that is known of a source; arguments and errors as `source_json`."""
    parts = _asked(folder, source)
    out.print(Text(cell(source["outlet"]), style="bold"))
    show_fields([("health", source["health"]), *_reading(source)])
    _section("rhythm and silence", _silence(source, parts))
    _section("newest articles, and those of the 30 days before", _drift(parts))
    if parts["yield"]:
        _heading("yield")
        headings = ("period", "shown", "stored", "tagged", "first of shared", "confirmed")
        show_rows(headings, [_yield(one) for one in parts["yield"]])
    walls = [(one["access"], f"{one['articles']:,} ({_share(one['share'])})") for one in parts["access"]]
    _section("articles of the last 30 days by what their pages showed", walls)
    _section("habits of the server", _dated(parts["habits"], "last_seen_at", "habit"))
    _section("history", _dated(parts["notices"], "noticed_at", "kind"))
    out.print(Text(f"`spywatch where {cell(source['feed_url'])}` tells its last polls", style="dim"), soft_wrap=True)


def _section(title: str, fields: list[tuple[str, Any]]) -> None:
    if fields:
        _heading(title)
        show_fields(fields)


def _dated(found: list[Row], when: str, kind: str) -> list[tuple[str, Any]]:
    return [(f"{one[when]:%d %b %Y, %H:%M}", f"{one[kind]}: {one['detail']}") for one in found]


def _heading(title: str) -> None:
    out.print(Text(title, style="bold"))


def _reading(source: Row) -> list[tuple[str, Any]]:
    failing = source["last_outcome"] == "failed"
    return [
        ("address", source["feed_url"]),
        ("asked at", source["adopted_url"]),
        ("moved to", source["permanent_url"] if source["permanent_url"] != source["adopted_url"] else None),
        ("last success", source["last_success_at"] or "never"),
        ("last attempt", source["last_polled_at"]),
        ("next attempt", source["next_attempt_at"]),
        ("fresh until", source["fresh_until"]),
        ("last failure", f"{source['last_reason']}: {source['last_detail']}" if failing else None),
        ("failures in a row", source["consecutive_failures"] or None),
        ("failure points", source["failure_points"] or None),
        ("polls", f"{source['polls']:,}, {source['polls_failed']:,} failed"),
        ("entries", f"{source['entries']:,}, {source['entries_due']:,} due, {source['entries_failed']:,} failed"),
        ("articles", f"{source['articles']:,}, {source['alert_articles']:,} with an alert"),
    ]


def _silence(source: Row, parts: dict[str, list[Row]]) -> list[tuple[str, Any]]:
    rhythm, silence = (parts[name] or [{}] for name in ("rhythm", "silence"))
    known, quiet = rhythm[0], silence[0]
    return [
        ("last news", known.get("last_new_at")),
        ("usually every", _hours(known.get("median_gap_hours"))),
        ("nine times in ten within", _hours(known.get("p90_gap_hours"))),
        ("quiet for", _hours(quiet.get("silent_for_hours"))),
        ("silent after", _hours(quiet.get("allowed_hours")) or "nobody can tell yet: too little history"),
        ("silent", source["silent_detail"]),
    ]


def _drift(parts: dict[str, list[Row]]) -> list[tuple[str, Any]]:
    found = (parts["drift"] or [{}])[0]

    def pair(name: str, form: Any) -> str | None:
        recent, before = found.get(f"recent_{name}"), found.get(f"baseline_{name}")
        return None if recent is None else f"{form(recent)}, before {form(before)}"

    return [
        ("articles", pair("articles", lambda count: f"{count:,}")),
        ("length", pair("characters", lambda count: "–" if count is None else f"{count:,.0f} characters")),
        ("text not from the page", pair("not_from_page", _share)),
        ("without text", pair("without_text", _share)),
        ("not in full", pair("not_in_full", _share)),
        ("without date", pair("without_date", _share)),
        ("drift", found.get("detail") or ("too few articles to tell" if found.get("drift") is None else "none")),
    ]


def _yield(one: Row) -> tuple[str, ...]:
    return (
        one["period"],
        f"{one['shown']:,}",
        f"{one['stored']:,}",
        f"{one['tagged']:,} ({_share(one['tagged_share'])})",
        f"{one['first']:,} of {one['shared']:,}",
        f"{one['confirmed']:,} of {one['confirmed'] + one['denied']:,}",
    )


def _share(part: float | None) -> str:
    return "–" if part is None else f"{100 * part:.0f} %"


def _hours(hours: float | None) -> str | None:
    if hours is None:
        return None
    return f"{hours / 24:.1f} days" if hours >= 48 else f"{hours:.1f} hours"
