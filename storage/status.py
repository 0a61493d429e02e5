"""How a database folder stands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import datetime
from pathlib import Path

import duckdb

from spywatch.records import Access, FeedHabit, NoticeKind, Reason, RunReport

from . import journal
from .connection import Row, rows
from .judgements import open_judged
from .layout import Layout
from .lock import living_holder
from .migrations import known_version
from .noticing import notices_of


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceStatus:
    """How one feed does. Shares are 0 to 1, None where nothing can be said.

    Attributes:
        feed_url: the address, secrets blanked.
        health: ok, silent, drifting, failing, new, retired or removed.
        last_success_at: the last attempt that worked (UTC), None if none has.
        next_attempt_at: not asked before (UTC), None when free.
        consecutive_failures: since the last success; `last_reason` and `last_detail` tell of the last one.
        silent: quieter than it uses to be; None where that cannot be told.
        silent_for_hours: from its last news to its last answer, `usual_gap_hours` the median time between news.
        drift: its articles are not what they use to be; None where that cannot be told.
        silent_detail, drift_detail: in words, None unless it is so.
        habits: in which ways its server misleads at present.
        articles, alert_articles: stored so far, and how many of them have an alert.
        tagged_share: of the stored pages that it showed in 90 days, those with an alert.
        first_share: of those that other feeds showed too, those that none had shown in an earlier run.
        confirmed_share: of those that analysts judged, those that they confirmed.
        access: articles of the last 30 days by how much their page showed, the most frequent first.
        last_notice: kind of the last line of its history, with its sentence and time.
    """

    outlet: str
    feed_url: str
    health: str
    last_success_at: datetime | None
    next_attempt_at: datetime | None
    consecutive_failures: int
    last_reason: Reason | None
    last_detail: str | None
    silent: bool | None
    silent_for_hours: float | None
    usual_gap_hours: float | None
    silent_detail: str | None
    drift: bool | None
    drift_detail: str | None
    habits: tuple[FeedHabit, ...]
    articles: int
    alert_articles: int
    tagged_share: float | None
    first_share: float | None
    confirmed_share: float | None
    access: dict[Access, int]
    last_notice: NoticeKind | None
    last_notice_detail: str | None
    last_notice_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What the published copy says, and what goes on beside it.

    Attributes:
        folder: the database folder.
        bytes: size of the published copy.
        schema: version of the schema.
        running: process number of the run that holds the folder now, None if none does.
        journal_records: records that the published copy does not contain yet.
        feeds, feeds_retired: in the register.
        failing: outlets whose feed failed at the last attempt.
        entries: count by state.
        articles: stored.
        alerts: articles with an alert, by category, as verdicts leave them.
        awaiting_review: articles in the grey zone that nobody has judged.
        verdicts: opinions that analysts gave, those in the journal among them.
        digests, last_digest_at: made and recorded.
        last_run: report of the last finished run.
        sources: every feed that was ever registered, by outlet.
        set_aside: entries that `spywatch replay` could take up: failed for good, or stored without their page.
        retired, silent, drifting: outlets of the register that are gone for good, quieter than usual, or bring
            other articles than usual.
    """

    folder: Path
    bytes: int
    schema: int
    running: int | None
    journal_records: int
    feeds: int
    feeds_retired: int
    failing: tuple[str, ...]
    entries: dict[str, int]
    articles: int
    alerts: dict[str, int]
    awaiting_review: int
    verdicts: int
    digests: int
    last_digest_at: datetime | None
    last_run: RunReport | None
    sources: tuple[SourceStatus, ...]
    set_aside: int
    retired: tuple[str, ...]
    silent: tuple[str, ...]
    drifting: tuple[str, ...]


def status(folder: Path) -> Status:
    """How a folder stands.

    Raises:
        NotPublishedYet, NewerSchema, OlderSchema, DamagedDatabase: the published copy cannot be used.
    """
    with open_judged(folder) as connection:
        counts = rows(connection, "status_counts")[0]
        entries = {row["state"]: row["entries"] for row in rows(connection, "status_entries")}
        alerts = {row["category"]: row["articles"] for row in rows(connection, "status_alerts")}
        sources = tuple(_source(row) for row in rows(connection, "status_sources"))
        set_aside = rows(connection, "status_set_aside")[0]["entries"]
        last = last_run(connection)
    return Status(
        folder=folder,
        bytes=Layout(folder).published.stat().st_size,
        schema=known_version(),
        running=living_holder(folder),
        journal_records=len(journal.pending(folder)),
        feeds=counts["feeds"],
        feeds_retired=counts["feeds_retired"],
        failing=tuple(counts["failing"]),
        entries=entries,
        articles=counts["articles"],
        alerts=alerts,
        awaiting_review=counts["awaiting_review"],
        verdicts=counts["verdicts"],
        digests=counts["digests"],
        last_digest_at=counts["last_digest_at"],
        last_run=last,
        sources=sources,
        set_aside=set_aside,
        retired=_outlets(source for source in sources if source.health == "retired"),
        silent=_outlets(source for source in sources if source.health == "silent"),
        drifting=_outlets(source for source in sources if source.health not in _GONE and source.drift),
    )


_GONE = {"retired", "removed"}


def _outlets(sources: Iterable[SourceStatus]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(source.outlet for source in sources))


def _source(row: Row) -> SourceStatus:
    row["last_reason"] = Reason(row["last_reason"]) if row["last_reason"] else None
    row["habits"] = tuple(FeedHabit(habit) for habit in row["habits"])
    row["access"] = {Access(state): count for state, count in row["access"].items()}
    row["last_notice"] = NoticeKind(row["last_notice"]) if row["last_notice"] else None
    return SourceStatus(**row)


def last_run(connection: duckdb.DuckDBPyConnection) -> RunReport | None:
    """The report of the run that began last, with what it noticed of the sources; None if no run has finished."""
    found = rows(connection, "last_run")
    if not found:
        return None
    report = RunReport(**{field.name: found[0][field.name] for field in fields(RunReport) if field.name in found[0]})
    return replace(report, notices=notices_of(connection, report.run_id))
