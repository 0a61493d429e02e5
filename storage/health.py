"""Which sources are quieter than they use to be, or bring other articles than they use to.

The rules stand in the views `source_rhythm`, `source_silence` and `source_drift`; `docs/source-health.md` tells them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from spywatch.records import NoticeKind

from .connection import rows
from .noticing import notice_row, write_notices
from .published import open_current


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingTrouble:
    """A source that is silent or drifts at present.

    Attributes:
        feed_url: the address, secrets blanked.
        kind: `SILENT` or `DRIFT`.
        detail: in words, e.g. "nothing new for 6 days; usually every 14 hours".
        noticed_at: when a run first said so (UTC), None if none has yet.
    """

    outlet: str
    feed_url: str
    kind: NoticeKind
    detail: str
    noticed_at: datetime | None


def note_health(database: duckdb.DuckDBPyConnection, run_id: str, now: datetime) -> None:
    """Write a notice for each source that has fallen silent or begun to drift, or has ceased to.

    Only a change against the last notice of its kind is written, so that a lasting trouble is told once and a call
    that is repeated writes nothing more. A source that does not answer is neither silent nor heard again.

    Args:
        database: open for writing; the caller holds a transaction open. What it has written counts.
        run_id: the run that notices it.
        now: UTC.
    """
    write_notices(
        database,
        [
            notice_row(run_id, row["feed_id"], NoticeKind(row["kind"]), row["detail"], now)
            for row in rows(database, "health_changes")
        ],
    )


def standing(connection: duckdb.DuckDBPyConnection) -> tuple[StandingTrouble, ...]:
    """The silent sources, then the drifting ones, by outlet; those of the register that are not retired."""
    return tuple(
        StandingTrouble(
            outlet=row["outlet"],
            feed_url=row["feed_url"],
            kind=NoticeKind(row["kind"]),
            detail=row["detail"],
            noticed_at=row["noticed_at"],
        )
        for row in rows(connection, "health_standing")
    )


def source_troubles(folder: Path) -> tuple[StandingTrouble, ...]:
    """The same from the published copy of a folder.

    Raises:
        NotPublishedYet, NewerSchema, OlderSchema, DamagedDatabase: the published copy cannot be used.
    """
    with open_current(folder) as connection:
        return standing(connection)
