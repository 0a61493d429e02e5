"""What polls bring: which items are new, which are known, what they say differently, and what is written of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import duckdb

from spywatch.records import DateSource, NoticeKind, ParsedFeed, Poll
from spywatch.urls import canonical, digest_of

from . import columns, noticing
from .as_rows import Item, entry_row, failure_name, failures_of, poll_failures, poll_row, state_row
from .connection import Row, rows_on, run_on
from .habits import Changes, Telling, compare, habits_in
from .ledger import EntryState, KnownEntry, KnownPage, Listed, Ruling, Standing, judge
from .recognition import Recognition, listed

_HABIT_NOTICES = {NoticeKind.HABIT_FOUND, NoticeKind.HABIT_GONE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One usable item of a feed document and what it came to."""

    entry_id: str
    feed_url: str
    standing: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class PollOutcome:
    """What a set of polls brought; `storage.ledger` tells the rule.

    Attributes:
        new, due_again: items claimed for this run; they are counted when they are attempted.
        unchanged, linked, dropped: items settled at once.
        sightings: each usable item in order; none for polls that had been recorded before.
        failures: count by "stage/reason", failed polls and unusable items.
    """

    new: int = 0
    due_again: int = 0
    unchanged: int = 0
    linked: int = 0
    dropped: int = 0
    sightings: tuple[Sighting, ...] = ()
    failures: dict[str, int] = field(default_factory=dict)

    @property
    def settled(self) -> int:
        """What these polls add to the run's `seen`."""
        return self.unchanged + self.linked + self.dropped


class PollRecord:
    """A set of polls on their way into the database: read and judged when made, written by `write`.

    Args:
        database: open for writing.
        run_id: the run.
        polls: in the order in which their entries are claimed.
        now: UTC.

    Raises:
        ValueError: two polls of one feed at the same time.
    """

    def __init__(
        self, database: duckdb.DuckDBPyConnection, run_id: str, polls: Sequence[Poll], now: datetime
    ) -> None:
        self._database, self._run_id, self._polls, self._now = database, run_id, polls, now
        ids = [digest_of(run_id, poll.feed.url, poll.polled_at.isoformat()) for poll in polls]
        if len(set(ids)) < len(ids):
            raise ValueError("two polls of one feed at the same time")
        asked = columns.table(({"poll_id": poll_id} for poll_id in ids), columns.ASKED_POLL)
        self._before = {row["poll_id"]: row for row in rows_on(database, "recorded_polls", asked)}
        self._fresh = [
            (poll_id, poll) for poll_id, poll in zip(ids, polls, strict=True) if poll_id not in self._before
        ]
        feeds = columns.table(
            ({"feed_id": feed_id} for feed_id in {digest_of(poll.feed.url) for _, poll in self._fresh}),
            columns.ASKED_FEED,
        )
        self._read_before = {row["feed_id"] for row in rows_on(database, "feeds_read_before", feeds)}
        self._recognition = Recognition(database, self._items())
        self._judge(self._recognition.items)
        self._changes = self._compare()
        counts: dict[str, Counter[Standing]] = {}
        for item, ruling in self._judged:
            counts.setdefault(item.poll_id, Counter())[ruling.standing] += 1
        self._poll_rows = [
            poll_row(poll_id, run_id, poll, counts.get(poll_id, Counter()), self._changes.get(poll_id, Changes()))
            for poll_id, poll in self._fresh
        ]

    @property
    def polls(self) -> tuple[Poll, ...]:
        """Those that have not been recorded before."""
        return tuple(poll for _, poll in self._fresh)

    def write(self, feed_rows: Iterable[Row]) -> None:
        """Write everything; the caller holds a transaction open.

        Args:
            feed_rows: the register's lines of `polls`.
        """
        database, run_id, now = self._database, self._run_id, self._now
        feeds = columns.table(feed_rows, columns.FEED)
        run_on(database, "update_feeds", feeds)
        run_on(database, "insert_feeds", feeds)
        states = {digest_of(poll.feed.url): state_row(poll) for poll in self.polls}
        run_on(database, "update_feed_states", columns.table(states.values(), columns.FEED_STATE))
        run_on(database, "insert_entries", columns.table(self._entry_rows(), columns.ENTRY))
        claims = (
            {"entry_id": item.entry.id, "run_id": run_id}
            for item, ruling in self._judged
            if ruling.standing is Standing.DUE_AGAIN
        )
        run_on(database, "claim_entries", columns.table(claims, columns.CLAIM))
        run_on(database, "clear_backlog", columns.table(self._listed_elsewhere(), columns.ASKED_ENTRY))
        sightings = {
            (item.entry.id, item.feed_id): {
                "entry_id": item.entry.id,
                "feed_id": item.feed_id,
                "seen_at": now,
                "run_id": run_id,
            }
            for item, _ in self._judged
        }
        run_on(database, "insert_sightings", columns.table(sightings.values(), columns.SIGHTING))
        aspects = columns.table(self._recognition.rows(now), columns.ASPECTS)
        run_on(database, "update_aspects", aspects)
        run_on(database, "insert_aspects", aspects)
        run_on(database, "insert_polls", columns.table(self._poll_rows, columns.POLL))
        failures = columns.table(poll_failures(run_id, self._polls, now), columns.FAILURE)
        run_on(database, "insert_failures", failures)
        noticing.write_notices(
            database, (row for poll in self.polls for row in noticing.rows_of(run_id, poll.notices, now))
        )
        noticing.note_habits(database, run_id, self._habits_seen())

    def outcome(self) -> PollOutcome:
        """What the polls come to, those recorded before included."""
        total = Counter[str]()
        for row in [*self._before.values(), *self._poll_rows]:
            for name in ("new_entries", "due_again", "unchanged", "linked", "dropped"):
                total[name] += row[name]
        return PollOutcome(
            new=total["new_entries"],
            due_again=total["due_again"],
            unchanged=total["unchanged"],
            linked=total["linked"],
            dropped=total["dropped"],
            sightings=tuple(
                Sighting(entry_id=item.entry.id, feed_url=item.poll.feed.url, standing=ruling.standing)
                for item, ruling in self._judged
            ),
            failures=dict(Counter(failure_name(failure) for _, failure in failures_of(self._polls))),
        )

    # what the items are

    def _items(self) -> list[Item]:
        return [
            Item(poll_id=poll_id, poll=poll, entry=entry, page=canonical(entry.url) if entry.url else "")
            for poll_id, poll in self._fresh
            if isinstance(poll.result, ParsedFeed)
            for entry in poll.result.entries
        ]

    def _judge(self, items: Sequence[Item]) -> None:
        asked = listed(items)
        sightings = rows_on(self._database, "known_sightings", asked)
        self._listed_before = {(row["entry_id"], row["feed_id"]) for row in sightings}
        rulings = judge(
            [
                Listed(
                    entry_id=item.entry.id,
                    feed_id=item.feed_id,
                    page="" if item.entry.link_shared else item.page,
                )
                for item in items
            ],
            run_id=self._run_id,
            now=self._now,
            entries={
                row["entry_id"]: KnownEntry(
                    state=EntryState(row["state"]),
                    due_at=row["due_at"],
                    due_set_at=row["due_set_at"],
                    claimed_run_id=row["claimed_run_id"],
                )
                for row in rows_on(self._database, "known_entries", asked)
            },
            pages={
                row["asked"]: KnownPage(entry_id=row["entry_id"], article_id=row["article_id"])
                for row in rows_on(self._database, "known_pages", asked)
            },
            shown={(row["entry_id"], row["feed_id"]) for row in sightings if row["run_id"] != self._run_id},
        )
        self._judged: list[tuple[Item, Ruling]] = list(zip(items, rulings, strict=True))

    def _compare(self) -> Mapping[str, Changes]:
        first = {
            (row["entry_id"], row["feed_id"]): Telling(
                guid=row["guid"],
                title=row["title"],
                published_at=row["published_at"],
                date_source=DateSource(row["date_source"]),
            )
            for row in rows_on(self._database, "first_tellings", listed([item for item, _ in self._judged]))
        }
        pairs: dict[str, list[tuple[Telling, Telling]]] = {}
        for item, _ in self._judged:
            if telling := first.get((item.entry.id, item.feed_id)):
                pairs.setdefault(item.poll_id, []).append((telling, Telling.of(item.entry)))
        return {poll_id: compare(compared) for poll_id, compared in pairs.items()}

    # what is written

    def _entry_rows(self) -> list[Row]:
        return [
            entry_row(self._run_id, item, ruling, self._now, backlog=item.feed_id not in self._read_before)
            for item, ruling in self._judged
            if ruling.standing is Standing.NEW or ruling.original is not None
        ]

    def _listed_elsewhere(self) -> list[Row]:
        """Entries that a feed known before lists for the first time: news, whatever new feed has them too."""
        return [
            {"entry_id": item.entry.id}
            for item, _ in self._judged
            if item.feed_id in self._read_before and (item.entry.id, item.feed_id) not in self._listed_before
        ]

    def _habits_seen(self) -> list[noticing.Seen]:
        return [
            noticing.Seen(
                feed_id=digest_of(poll.feed.url),
                at=poll.polled_at,
                shown=habits_in(self._changes.get(poll_id, Changes())),
                lies=poll.state.validators_lie,
                told=any(notice.kind in _HABIT_NOTICES for notice in poll.notices),
            )
            for poll_id, poll in self._fresh
        ]
