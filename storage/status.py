"""How a database folder stands."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path

import duckdb

from spywatch.records import RunReport

from . import journal
from .connection import rows
from .judgements import open_judged
from .layout import Layout
from .lock import living_holder
from .migrations import known_version


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


def status(folder: Path) -> Status:
    """How a folder stands.

    Raises:
        NotPublishedYet, NewerSchema, OlderSchema, DamagedDatabase: the published copy cannot be used.
    """
    with open_judged(folder) as connection:
        counts = rows(connection, "status_counts")[0]
        entries = {row["state"]: row["entries"] for row in rows(connection, "status_entries")}
        alerts = {row["category"]: row["articles"] for row in rows(connection, "status_alerts")}
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
    )


def last_run(connection: duckdb.DuckDBPyConnection) -> RunReport | None:
    """The report of the run that began last, None if no run has finished."""
    found = rows(connection, "last_run")
    if not found:
        return None
    return RunReport(**{field.name: found[0][field.name] for field in fields(RunReport)})
