"""The items of feed documents under the ids of the entries that they are; `storage.recurring` has the rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import duckdb
import pyarrow as pa

from spywatch.records import FeedHabit

from . import columns, noticing
from .as_rows import Item
from .connection import Row, rows_on
from .recurring import Aspects, Remembered, Shown, aspects_of, recognise


class Recognition:
    """Reads what is remembered of items without a page of their own, and says which entries they are.

    Where every item has its own page nothing is read, and the items stay as they are.

    Args:
        database: to read from.
        items: of any number of documents, each whole.
    """

    def __init__(self, database: duckdb.DuckDBPyConnection, items: Sequence[Item]) -> None:
        self._database = database
        self._aspects: dict[tuple[str, str], Aspects] = {}
        self.items = list(items)
        """The items in the order given, each under the id of the entry that it is."""
        adrift = [item for item in items if not _has_own_page(item)]
        if adrift:
            self._recognise(adrift)

    def rows(self, now: datetime) -> list[Row]:
        """How the items without a page of their own look now, for `entry_aspects`."""
        found: dict[tuple[str, str], Row] = {}
        for item in self.items:
            if not _has_own_page(item):
                aspects = self._aspects[item.poll_id, item.entry.id]
                found[item.entry.id, item.feed_id] = {
                    "entry_id": item.entry.id,
                    "feed_id": item.feed_id,
                    "page": aspects.page,
                    "guid": aspects.guid,
                    "title": aspects.title,
                    "published_at": aspects.published_at,
                    "text_key": aspects.text_key,
                    "seen_at": now,
                }
        return list(found.values())

    def _recognise(self, adrift: Sequence[Item]) -> None:
        documents: dict[str, list[Item]] = {item.poll_id: [] for item in adrift}
        for item in self.items:
            if item.poll_id in documents:
                documents[item.poll_id].append(item)
                self._aspects[item.poll_id, item.entry.id] = aspects_of(item.entry, item.page)
        known = {row["entry_id"] for row in rows_on(self._database, "known_entries", listed(adrift))}
        remembered = self._remembered(adrift)
        habits = noticing.standing_habits(self._database, {item.feed_id for item in adrift})
        is_now: dict[tuple[str, str], str] = {}
        for poll_id, document in documents.items():
            feed_id = document[0].feed_id
            found = recognise(
                [
                    Shown(
                        entry_id=item.entry.id,
                        own_page=_has_own_page(item),
                        aspects=self._aspects[poll_id, item.entry.id],
                    )
                    for item in document
                ],
                known=known,
                remembered=remembered.get(feed_id, {}),
                guids_change=(feed_id, FeedHabit.CHANGING_GUIDS) in habits,
            )
            for item, entry_id in zip(document, found, strict=True):
                if entry_id != item.entry.id:
                    is_now[poll_id, item.entry.id] = entry_id
                    self._aspects[poll_id, entry_id] = self._aspects[poll_id, item.entry.id]
        self.items = [
            replace(item, entry=replace(item.entry, id=is_now[item.poll_id, item.entry.id]))
            if (item.poll_id, item.entry.id) in is_now
            else item
            for item in self.items
        ]

    def _remembered(self, adrift: Sequence[Item]) -> dict[str, dict[str, Remembered]]:
        shown = []
        for item in adrift:
            aspects = self._aspects[item.poll_id, item.entry.id]
            shown.append(
                {
                    "feed_id": item.feed_id,
                    "guid": aspects.guid,
                    "page": aspects.page,
                    "title": aspects.title,
                    "text_key": aspects.text_key,
                }
            )
        remembered: dict[str, dict[str, Remembered]] = {}
        for row in rows_on(self._database, "known_aspects", columns.table(shown, columns.SHOWN)):
            seen_at, feed_id, entry_id = (row.pop(name) for name in ("seen_at", "feed_id", "entry_id"))
            remembered.setdefault(feed_id, {})[entry_id] = Remembered(aspects=Aspects(**row), seen_at=seen_at)
        return remembered


def listed(items: Sequence[Item]) -> pa.Table:
    """Items as the statements that ask what is known of them read them."""
    return columns.table(
        (
            {
                "entry_id": item.entry.id,
                "feed_id": item.feed_id,
                "canonical_url": item.page,
                "link_shared": item.entry.link_shared,
                "title": item.entry.title,
                "published_at": item.entry.published_at,
            }
            for item in items
        ),
        columns.LISTED,
    )


def _has_own_page(item: Item) -> bool:
    return bool(item.page) and not item.entry.link_shared
