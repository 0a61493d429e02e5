"""The robots.txt of hosts, kept between runs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import duckdb

from spywatch.records import RobotsFile, RobotsState

from . import columns
from .connection import rows, run_on
from .ledger import CLOCK_TOLERANCE

KEPT_FOR = timedelta(days=30)
"""How long a copy may stand in for a file that cannot be had; RFC 9309, section 2.3.1.4, leaves it to the reader."""


def robots_files(database: duckdb.DuckDBPyConnection, now: datetime) -> tuple[RobotsFile, ...]:
    """Every file younger than `KEPT_FOR`, by origin; one dated ahead of `now` (by a clock that was) is left out."""
    return tuple(
        RobotsFile(
            origin=row["origin"],
            state=RobotsState(row["state"]),
            fetched_at=row["fetched_at"],
            body=row["body"],
            detail=row["detail"],
        )
        for row in rows(database, "robots_files", _span(now))
    )


def record_robots(database: duckdb.DuckDBPyConnection, files: Iterable[RobotsFile], now: datetime) -> None:
    """Put files in the place of older ones; the caller holds a transaction open.

    That a file cannot be had does not replace a copy that was found and is young enough to stand in for it.
    """
    by_origin = {
        file.origin: {
            "origin": file.origin,
            "state": file.state.value,
            "fetched_at": file.fetched_at,
            "body": file.body,
            "detail": file.detail,
        }
        for file in files
    }
    incoming = columns.table(by_origin.values(), columns.ROBOTS)
    run_on(database, "delete_robots", incoming, _span(now))
    run_on(database, "insert_robots", incoming)


def _span(now: datetime) -> dict[str, datetime]:
    return {"oldest": now - KEPT_FOR, "newest": now + CLOCK_TOLERANCE}
