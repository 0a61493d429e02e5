"""What the desk has given up on, and asking for another try of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from spywatch.records import Access, Reason, Stage
from spywatch.urls import canonical

from . import applying, columns, journal
from .connection import rows_on
from .judgements import open_judged
from .ledger import EntryState
from .recording import Recorded, apply_or_leave

MENDABLE = frozenset(
    {
        Reason.TIME_LIMIT,
        Reason.MEMORY_LIMIT,
        Reason.WORKER_DIED,
        Reason.EXTRACTOR_ERROR,
        Reason.PARSER_ERROR,
        Reason.INTERNAL_ERROR,
        Reason.TOO_LARGE,
        Reason.PRIVATE_ADDRESS,
        Reason.ROBOTS_DISALLOWED,
        Reason.BOT_CHALLENGE,
        Reason.LOGIN_REQUIRED,
        Reason.PAYMENT_REQUIRED,
        Reason.FORBIDDEN,
        Reason.RATE_LIMITED,
        Reason.PROXY,
    }
)
"""Reasons that another setting, another way to the net or a new version of spywatch may do away with."""
SHORTEST_PREFIX = 6
"""Characters of an id that are enough to find it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """An entry that was given up on.

    Attributes:
        url: its link, "" if it has none.
        state: `failed`, or `stored` where the feed's own text is kept in place of the page's.
        stage, reason: where and why it failed last; None where a wall stood in place of the page and nothing failed.
        finished_at: when it was set aside (UTC).
        access: of a stored one, what stood in place of the page.
    """

    entry_id: str
    url: str
    title: str
    outlet: str
    state: EntryState
    stage: Stage | None
    reason: Reason | None
    detail: str
    finished_at: datetime | None
    access: Access | None


def set_aside(
    folder: Path,
    *,
    keys: Sequence[str] = (),
    reasons: Collection[Reason] = (),
    outlet: str | None = None,
    since: datetime | None = None,
) -> tuple[SetAside, ...]:
    """What has been given up on, the latest first; what is to be tried again already is left out.

    Args:
        folder: the database folder.
        keys: ids of entries or articles, the first characters of one (six at least), or addresses; all if empty.
        reasons: only these, all if empty; `MENDABLE` are those worth another try.
        outlet: only this source, by the name that is shown, in upper or lower case.
        since: only what was set aside then or later (UTC).

    Raises:
        NotPublishedYet, NewerSchema, OlderSchema, DamagedDatabase: the published copy cannot be used.
    """
    # The journal is read first: a replay that a run takes in and publishes in between is then seen twice, not never.
    waiting = {
        entry_id
        for record in journal.pending(folder)
        if record.kind == journal.REPLAY and applying.defect(record) is None
        for entry_id in record.payload["entry_ids"]
    }
    # Without a key one line that matches nothing is asked for, since a statement is not run on no lines at all.
    asked = [{"asked": key.strip(), "page": canonical(key)} for key in keys] or [{"asked": "", "page": ""}]
    wanted = {
        "chosen": bool(keys),
        "reasons": sorted(reason.value for reason in reasons),
        "outlet": outlet,
        "since": since,
        "shortest": SHORTEST_PREFIX,
    }
    with open_judged(folder) as connection:
        found = rows_on(connection, "set_aside_entries", columns.table(asked, columns.SOUGHT), wanted)
    return tuple(
        SetAside(
            entry_id=row["entry_id"],
            url=row["url"],
            title=row["title"],
            outlet=row["outlet"],
            state=EntryState(row["state"]),
            stage=Stage(row["stage"]) if row["stage"] else None,
            reason=Reason(row["reason"]) if row["reason"] else None,
            detail=row["detail"] or "",
            finished_at=row["finished_at"],
            access=Access(row["access"]) if row["access"] else None,
        )
        for row in found
        if row["entry_id"] not in waiting
    )


def record_replay(folder: Path, entry_ids: Sequence[str], at: datetime, now: datetime) -> Recorded:
    """Ask for another try of entries that were set aside: the next run takes them up, with all attempts before them.

    It is written to the journal first, so it is durable whatever happens next. Then, if nobody holds the folder, the
    journal is applied and a copy is published at once; else the run that holds it takes it in when it ends. An entry
    that has an article keeps it until a better text comes (`storage.ledger.settle`). Asking twice is harmless, and
    so is asking for an entry that is not set aside.

    Args:
        folder: the database folder.
        entry_ids: of `set_aside`.
        at: when it was asked for (UTC).
        now: UTC.

    Raises:
        ValueError: no entry at all, or a time without a zone; nothing is written.
        StorageError: it could not be written, or (after it is safe in the journal) not be applied.
    """
    payload = applying.replay_payload(entry_ids, at)
    draft = journal.JournalRecord(id=journal.JournalId(""), kind=journal.REPLAY, payload=payload, written_at=now)
    if why := applying.defect(draft):
        raise ValueError(why)
    journal.write(folder, journal.REPLAY, payload, now)
    return apply_or_leave(folder, now)
