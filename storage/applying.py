"""What each kind of journal record does to the database, and how digests, verdicts and replays travel as JSON."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import duckdb

from spywatch.records import Digest, Opinion, Verdict
from spywatch.urls import digest_of

from . import columns, journal
from .connection import run_on


def digest_payload(digest: Digest) -> dict[str, Any]:
    """A digest as the journal keeps it: what was told and on what it rested, without texts."""
    return {
        "digest_id": digest.id,
        "made_at": digest.made_at.isoformat(),
        "since": digest.since.isoformat() if digest.since else None,
        "items": [
            {
                "article_id": item.article_id,
                "tags": [{"category": tag.category, "score": tag.score} for tag in item.tags],
            }
            for item in digest.items
        ],
        "coverage": {
            "sources": digest.coverage.sources,
            "sources_read": digest.coverage.sources_read,
            "articles_read": digest.coverage.articles_read,
            "awaiting_review": digest.coverage.awaiting_review,
            "failing": list(digest.coverage.failing),
            "silent": list(digest.coverage.silent),
            "backlog": digest.coverage.backlog,
        },
    }


def told_in(payload: dict[str, Any]) -> set[str]:
    """The ids of the articles that a digest record tells."""
    return {item["article_id"] for item in payload["items"]}


def _digest_rows(payload: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    digest_id = payload["digest_id"]
    head = {
        "digest_id": digest_id,
        "made_at": datetime.fromisoformat(payload["made_at"]),
        "since": datetime.fromisoformat(payload["since"]) if payload["since"] else None,
        "items": len(payload["items"]),
        # Records from before version 4 of the schema tell nothing of these two.
        **{"silent": [], "backlog": 0, **payload["coverage"]},
    }
    told = [
        {
            "digest_id": digest_id,
            "position": position,
            "article_id": item["article_id"],
            "category": tag["category"],
            "score": tag["score"],
        }
        for position, item in enumerate(payload["items"], start=1)
        for tag in item["tags"]
    ]
    return head, told


def verdict_payload(verdict: Verdict) -> dict[str, Any]:
    """A verdict as the journal keeps it."""
    return {
        "article_id": verdict.article_id,
        "opinions": {category: opinion.value for category, opinion in verdict.opinions.items()},
        "author": verdict.author,
        "at": verdict.at.isoformat(),
        "note": verdict.note,
    }


def verdict_rows(record: journal.JournalRecord) -> list[dict[str, Any]]:
    """The rows of `verdicts` that a verdict record holds; one that `defect` finds nothing wrong with.

    The same word by the same person at the same moment has the same id, so that recording it twice is harmless.
    """
    payload = record.payload
    article_id, author, at, note = (payload[name] for name in ("article_id", "author", "at", "note"))
    judged_at = datetime.fromisoformat(at)
    return [
        {
            "verdict_id": digest_of("verdict", article_id, category, opinion, author, judged_at.isoformat(), note),
            "article_id": article_id,
            "category": category,
            "opinion": Opinion(opinion).value,
            "author": author,
            "judged_at": judged_at,
            "note": note,
            "journal_id": record.id,
        }
        for category, opinion in payload["opinions"].items()
    ]


def replay_payload(entry_ids: Sequence[str], at: datetime) -> dict[str, Any]:
    """A replay as the journal keeps it: which entries are to be tried again, and when that was asked for (UTC)."""
    return {"entry_ids": list(dict.fromkeys(entry_ids)), "at": at.isoformat()}


def _replay_rows(payload: dict[str, Any]) -> list[dict[str, Any]]:
    at = datetime.fromisoformat(payload["at"])
    return [{"entry_id": entry_id, "replayed_at": at} for entry_id in payload["entry_ids"]]


def _apply_digest(connection: duckdb.DuckDBPyConnection, record: journal.JournalRecord) -> None:
    head, told = _digest_rows(record.payload)
    run_on(connection, "insert_digests", columns.table([head], columns.DIGEST))
    run_on(connection, "insert_digest_items", columns.table(told, columns.DIGEST_ITEM))


def _check_digest(record: journal.JournalRecord) -> None:
    head, told = _digest_rows(record.payload)
    columns.table([head], columns.DIGEST)
    columns.table(told, columns.DIGEST_ITEM)


def _apply_verdict(connection: duckdb.DuckDBPyConnection, record: journal.JournalRecord) -> None:
    run_on(connection, "insert_verdicts", columns.table(verdict_rows(record), columns.VERDICT))


def _check_verdict(record: journal.JournalRecord) -> None:
    found = verdict_rows(record)
    columns.table(found, columns.VERDICT)
    if not found:
        raise ValueError("a verdict without an opinion")
    if not all(row["article_id"] and row["category"] for row in found):
        raise ValueError("a verdict without an article or a category")


def _apply_replay(connection: duckdb.DuckDBPyConnection, record: journal.JournalRecord) -> None:
    run_on(connection, "replay_entries", columns.table(_replay_rows(record.payload), columns.REPLAY))


def _check_replay(record: journal.JournalRecord) -> None:
    ids = record.payload["entry_ids"]
    if not isinstance(ids, list) or not all(isinstance(entry_id, str) for entry_id in ids):
        raise TypeError("the entries of a replay are no list of ids")
    found = _replay_rows(record.payload)
    columns.table(found, columns.REPLAY)
    if not found:
        raise ValueError("a replay without an entry")


_APPLY: dict[str, Callable[[duckdb.DuckDBPyConnection, journal.JournalRecord], None]] = {
    journal.DIGEST: _apply_digest,
    journal.VERDICT: _apply_verdict,
    journal.REPLAY: _apply_replay,
}
_CHECK: dict[str, Callable[[journal.JournalRecord], None]] = {
    journal.DIGEST: _check_digest,
    journal.VERDICT: _check_verdict,
    journal.REPLAY: _check_replay,
}


def defect(record: journal.JournalRecord) -> str | None:
    """Why a record cannot be applied (unknown kind, payload that does not fit), None if it can."""
    check = _CHECK.get(record.kind)
    if check is None:
        return f"records of kind {record.kind!r} are not known to this version"
    try:
        check(record)
    except (ValueError, KeyError, TypeError, AttributeError) as error:  # ArrowInvalid is a ValueError
        return f"{type(error).__name__}: {error}"
    return None


def apply(connection: duckdb.DuckDBPyConnection, record: journal.JournalRecord) -> None:
    """Write what a record says; the caller has checked it with `defect` and holds a transaction open."""
    _APPLY[record.kind](connection, record)
