"""In which ways a feed misleads, seen by comparing what it says of items now with what it said first. Pure.

What an item looked like first stays in the database whatever a feed says later; this only counts the differences, so
that an operator learns of them. A "not modified" that was false is found in `feeds` and follows the feed's state.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from spywatch.records import DateSource, Entry, FeedHabit

ENOUGH = 3
"""Items that have to be compared, and changed, before anything is said."""
MOST = 0.5
"""Share of the items whose id or date has to be another one."""
MANY = 0.2
"""Share of the items whose title has to be another one: a correction here and there is no habit."""
DRIFT = timedelta(minutes=1)
"""Dates that differ by no more are the same: some servers round, or write seconds at times only."""
CLEAN_POLLS = 5
"""Polls in a row with enough to compare and without any change, after which a habit is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """What a feed says of an item; `published_at` is UTC."""

    guid: str
    title: str
    published_at: datetime | None
    date_source: DateSource

    @classmethod
    def of(cls, entry: Entry) -> Telling:
        """What the document says of an entry."""
        return cls(guid=entry.guid, title=entry.title, published_at=entry.published_at, date_source=entry.date_source)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What one document says differently.

    Attributes:
        compared: items that this feed had shown first, in an earlier document.
        guids, titles, dates: how many of them changed in it.
        with_guid, with_title, with_date: how many could be compared in it, which takes two values.
    """

    compared: int = 0
    guids: int = 0
    with_guid: int = 0
    titles: int = 0
    with_title: int = 0
    dates: int = 0
    with_date: int = 0


def compare(pairs: Iterable[tuple[Telling, Telling]]) -> Changes:
    """Count the changes between the first telling of each item and the present one."""
    compared = guids = with_guid = titles = with_title = dates = with_date = 0
    for first, now in pairs:
        compared += 1
        if first.guid and now.guid:
            with_guid += 1
            guids += first.guid != now.guid
        if first.title and now.title:
            with_title += 1
            titles += _words(first.title) != _words(now.title)
        # A date of change beside a date of publication is another thing, not another date.
        if first.published_at and now.published_at and first.date_source is now.date_source:
            with_date += 1
            dates += abs(first.published_at - now.published_at) > DRIFT
    return Changes(
        compared=compared,
        guids=guids,
        with_guid=with_guid,
        titles=titles,
        with_title=with_title,
        dates=dates,
        with_date=with_date,
    )


def habits_in(changes: Changes) -> dict[FeedHabit, str]:
    """The habits that one document shows, each with a sentence for the operator."""
    found = {}
    for habit, name, changed, among, share in (
        (FeedHabit.CHANGING_GUIDS, "id", changes.guids, changes.with_guid, MOST),
        (FeedHabit.REWRITTEN_TITLES, "title", changes.titles, changes.with_title, MANY),
        (FeedHabit.DRIFTING_DATES, "date", changes.dates, changes.with_date, MOST),
    ):
        if changed >= ENOUGH and changed >= share * among:
            found[habit] = f"{changed} of {among} items known before have another {name} than at first."
    return found


def _words(title: str) -> list[str]:
    return title.split()
