"""What an operator should know of the sources: notices, and the habits of feeds that stand at present."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb

from spywatch.records import FeedHabit, Notice, NoticeKind
from spywatch.urls import digest_of

from . import columns, habits
from .connection import Row, rows, rows_on, run_on

_LIE = 'A "not modified" was false: the full answer held other items. The feed is asked without validators.'
_OVER = {
    FeedHabit.FALSE_NOT_MODIFIED: 'Its "not modified" has been true again for long enough.',
    FeedHabit.CHANGING_GUIDS: f"No id has changed in the last {habits.CLEAN_POLLS} polls.",
    FeedHabit.REWRITTEN_TITLES: f"No title has changed in the last {habits.CLEAN_POLLS} polls.",
    FeedHabit.DRIFTING_DATES: f"No date has moved in the last {habits.CLEAN_POLLS} polls.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one poll says of a feed's habits.

    Attributes:
        at: UTC.
        shown: habits that the document shows, with a sentence each.
        lies: whether the feed's "not modified" is known to be false at times.
        told: whether the poll brought a notice of a habit itself.
    """

    feed_id: str
    at: datetime
    shown: Mapping[FeedHabit, str]
    lies: bool
    told: bool = False


def notice_row(run_id: str, feed_id: str, kind: NoticeKind, detail: str, at: datetime) -> Row:
    """A notice as a row; the same notice of the same run has the same id, so that writing it twice is harmless."""
    return {
        "notice_id": digest_of("notice", run_id, feed_id, kind, detail),
        "run_id": run_id,
        "feed_id": feed_id,
        "noticed_at": at,
        "kind": kind.value,
        "detail": detail,
    }


def write_notices(database: duckdb.DuckDBPyConnection, found: Iterable[Row]) -> None:
    """Write rows of `notice_row`; the caller holds a transaction open."""
    by_id = {row["notice_id"]: row for row in found}
    run_on(database, "insert_notices", columns.table(by_id.values(), columns.NOTICE))


def rows_of(run_id: str, notices: Iterable[Notice], now: datetime) -> list[Row]:
    """Notices as rows. One that is dated later than `now` was dated by a clock that was ahead, and is dated `now`."""
    return [
        notice_row(run_id, digest_of(notice.feed_url), notice.kind, notice.detail, min(notice.at, now))
        for notice in notices
    ]


def notices_of(database: duckdb.DuckDBPyConnection, run_id: str) -> tuple[Notice, ...]:
    """What a run noticed, oldest first; `feed_url` is the address without its secrets."""
    return tuple(
        Notice(
            kind=NoticeKind(row["kind"]),
            feed_url=row["feed_url"],
            detail=row["detail"],
            at=row["noticed_at"],
            outlet=row["outlet"],
        )
        for row in rows(database, "run_notices", {"run_id": run_id})
    )


def standing_habits(database: duckdb.DuckDBPyConnection, feed_ids: Iterable[str]) -> set[tuple[str, FeedHabit]]:
    """Pairs of feed and habit that stand at present, for the feeds named."""
    asked = columns.table(({"feed_id": feed_id} for feed_id in feed_ids), columns.ASKED_FEED)
    return {(row["feed_id"], FeedHabit(row["habit"])) for row in rows_on(database, "known_habits", asked)}


def note_habits(database: duckdb.DuckDBPyConnection, run_id: str, seen: Sequence[Seen]) -> None:
    """Bring `feed_habits` up to date after polls, with a notice where a habit is found or over.

    The polls are written already, in the transaction that the caller holds open.
    """
    before = standing_habits(database, {poll.feed_id for poll in seen})
    present: dict[tuple[str, FeedHabit], Row] = {}
    notices: list[Row] = []
    over: dict[tuple[str, FeedHabit], datetime] = {}
    for poll in seen:
        shown = {**poll.shown, **({FeedHabit.FALSE_NOT_MODIFIED: _LIE} if poll.lies else {})}
        for habit, detail in shown.items():
            key = poll.feed_id, habit
            if key not in before and key not in present and not (habit is FeedHabit.FALSE_NOT_MODIFIED and poll.told):
                notices.append(notice_row(run_id, poll.feed_id, NoticeKind.HABIT_FOUND, detail, poll.at))
            present[key] = {
                "feed_id": poll.feed_id,
                "habit": habit.value,
                "found_at": poll.at,
                "last_seen_at": poll.at,
                "detail": detail,
            }
        if not poll.lies and (poll.feed_id, FeedHabit.FALSE_NOT_MODIFIED) in before:
            over[poll.feed_id, FeedHabit.FALSE_NOT_MODIFIED] = poll.at
    incoming = columns.table(present.values(), columns.HABIT)
    run_on(database, "update_habits", incoming)
    run_on(database, "insert_habits", incoming)
    if before:
        polled = {poll.feed_id: poll.at for poll in seen}
        asked = columns.table(({"feed_id": feed_id} for feed_id in polled), columns.ASKED_FEED)
        limits = {"enough": habits.ENOUGH, "polls": habits.CLEAN_POLLS}
        for row in rows_on(database, "habits_over", asked, limits):
            over[row["feed_id"], FeedHabit(row["habit"])] = polled[row["feed_id"]]
    told = {poll.feed_id for poll in seen if poll.told}
    notices += [
        notice_row(run_id, feed_id, NoticeKind.HABIT_GONE, _OVER[habit], at)
        for (feed_id, habit), at in over.items()
        if not (habit is FeedHabit.FALSE_NOT_MODIFIED and feed_id in told)
    ]
    gone = [{**_EMPTY, "feed_id": feed_id, "habit": habit.value} for feed_id, habit in over]
    run_on(database, "delete_habits", columns.table(gone, columns.HABIT))
    write_notices(database, notices)


_EMPTY: Row = {"found_at": None, "last_seen_at": None, "detail": ""}
