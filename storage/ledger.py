"""The rules of the books: what a sighting in a feed means, and what the end of an attempt means. All pure.

How the balance of a run adds up
--------------------------------
seen = stored + unchanged + linked + failed + dropped. The unit is the entry; nothing is counted twice:

* Every item of every feed document read in the run is one sighting. An item that could not be used (`skipped`) ends
  at once as **dropped**.
* A usable item is either *claimed* or settled at once. It is claimed when its entry is new, or due by now
  (`is_due`), and no earlier item of this run has claimed it. A claimed item is not counted here: its entry is
  counted once, when the run attempts it, by how the attempt ends (**stored**, **linked**, **failed**, **dropped**).
* Any other item is settled at once: **unchanged** if this feed had shown the entry in an earlier run, **linked** if
  this is the first time in this feed (the page is known through another feed, under another address, or stands
  twice in this run). An entry that waits after a failure is such an item too: listing it again is no new failure.
* Entries due from earlier runs that no feed of this run lists are counted when they are attempted.

So `seen` of a run is the sum of `PollOutcome.settled` over its calls of `record_polls` and `StoredBatch.attempted`
over its calls of `store_outcomes`. What is claimed and not attempted (the run was killed, or had a limit) is due
still and counted by the run that attempts it. `record_polls` of a run comes before its attempts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from spywatch.records import Failure, Reason

CLOCK_TOLERANCE = timedelta(hours=1)
"""How far after a run's own time a past event may lie before the clock counts as having gone back: longer than a run
takes, so that a run repeated with the same time (its attempts lie a little after it) keeps to the waits."""


UNASKED = frozenset({Reason.HOST_RESTING, Reason.ROBOTS_UNREACHABLE})
"""Failures before the page was asked for: they use up no attempt."""


class EntryState(StrEnum):
    """Where an entry stands. All but `DUE` are final."""

    DUE = "due"
    STORED = "stored"
    LINKED = "linked"
    FAILED = "failed"
    DROPPED = "dropped"


class PollResult(StrEnum):
    """How an attempt to read a feed ended."""

    READ = "read"
    NOT_MODIFIED = "not_modified"
    FAILED = "failed"


class Standing(StrEnum):
    """What one item of a feed document is to the run that sees it."""

    NEW = "new"
    DUE_AGAIN = "due_again"
    UNCHANGED = "unchanged"
    LINKED = "linked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """An item as it stands in a feed document.

    Attributes:
        page: canonical address if the page is the item's own, else "".
    """

    entry_id: str
    feed_id: str
    page: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownEntry:
    """What the database knows of an entry.

    Attributes:
        due_at: when it may be tried (UTC), None if it is finished.
        due_set_at: what the clock said when `due_at` was set: the last attempt, or the first sighting before any.
        claimed_run_id: the run that claimed it last.
    """

    state: EntryState
    due_at: datetime | None = None
    due_set_at: datetime | None = None
    claimed_run_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPage:
    """Who already told a page: an entry, and its article if it is stored."""

    entry_id: str
    article_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What a sighting comes to.

    Attributes:
        original: for a new entry that is a copy, the page's first telling; None for every other.
    """

    standing: Standing
    original: KnownPage | None = None


def clock_limits(now: datetime) -> dict[str, datetime]:
    """The two times by which an entry is due, as the statements name them; `is_due` tells how they are used."""
    return {"now": now, "latest_past": now + CLOCK_TOLERANCE}


def is_due(known: KnownEntry, now: datetime) -> bool:
    """Whether a run that begins at `now` (UTC) may try an entry; `due_entries.sql` and `count_due.sql` say the same.

    It may when its time has come. It may also when that time was set later than now (`CLOCK_TOLERANCE` aside): the
    clock was ahead then, and a wait counted from there could last for years.
    """
    if known.state is not EntryState.DUE or known.due_at is None:
        return False
    limits = clock_limits(now)
    ahead = known.due_set_at is not None and known.due_set_at > limits["latest_past"]
    return known.due_at <= limits["now"] or ahead


def judge(
    listed: Sequence[Listed],
    *,
    run_id: str,
    now: datetime,
    entries: Mapping[str, KnownEntry],
    pages: Mapping[str, KnownPage],
    shown: Set[tuple[str, str]],
) -> list[Ruling]:
    """Say of each item of a run's documents what it is; the rule is told at the top of this module.

    Args:
        listed: the items in the order in which they were read.
        run_id: the run.
        now: UTC.
        entries: what is known, by entry id, before these documents.
        pages: by entry id, who told the page of an entry that is not known itself, before these documents.
        shown: pairs of entry id and feed id seen in an earlier run.

    Returns:
        A ruling for each item, in the same order.
    """
    claimed = {entry_id for entry_id, known in entries.items() if known.claimed_run_id == run_id}
    told: dict[str, KnownPage] = {}
    fresh: set[str] = set()
    rulings = []
    for item in listed:
        known = entries.get(item.entry_id)
        original = None
        if item.entry_id in claimed or item.entry_id in fresh:
            standing = _repeated(item, shown)
        elif known is None:
            fresh.add(item.entry_id)
            original = pages.get(item.entry_id) or told.get(item.page)
            standing = Standing.LINKED if original else Standing.NEW
        elif is_due(known, now):
            claimed.add(item.entry_id)
            standing = Standing.DUE_AGAIN
        else:
            standing = _repeated(item, shown)
        if item.page:
            told.setdefault(item.page, original or KnownPage(entry_id=item.entry_id))
        rulings.append(Ruling(standing=standing, original=original))
    return rulings


def _repeated(item: Listed, shown: Set[tuple[str, str]]) -> Standing:
    return Standing.UNCHANGED if (item.entry_id, item.feed_id) in shown else Standing.LINKED


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryRule:
    """When a failed entry is tried again.

    Attributes:
        base: wait after the first failure; the wait grows by as much with each further one.
        longest: the longest wait.
        attempts: tries before the failure is final.
        patience: how long an entry may wait for a page that could not even be asked for (`UNASKED`), which uses up no
            attempt: then that is final, so that a host which is never up costs no story that the feed itself tells.
    """

    base: timedelta = timedelta(hours=1)
    longest: timedelta = timedelta(days=1)
    attempts: int = 8
    patience: timedelta = timedelta(days=3)

    def next_attempt(self, failure: Failure, attempts: int, now: datetime) -> datetime | None:
        """When to try again after the given number of attempts, this one included; None if never.

        A wait that the server asked for is kept even where it is longer than `longest`.
        """
        if not failure.retryable or attempts >= self.attempts:
            return None
        wait = min(self.base * attempts, self.longest)
        return now + max(wait, failure.retry_after or timedelta())

    def next_asking(self, failure: Failure, attempts: int, since: datetime, now: datetime) -> datetime | None:
        """When to try again where the page was not asked for; None if it has waited long enough.

        Args:
            failure: why it was not.
            attempts: attempts so far; this was none.
            since: since when the entry has been waiting (UTC).
            now: UTC.
        """
        if not failure.retryable or now - since >= self.patience:
            return None
        wait = min(self.base * max(1, attempts), self.longest)
        return now + max(wait, failure.retry_after or timedelta())
