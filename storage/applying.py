"""What each kind of journal record does to the database, and how a digest travels as JSON."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import duckdb

from spywatch.records import Digest

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
        **payload["coverage"],
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


def _apply_digest(connection: duckdb.DuckDBPyConnection, payload: dict[str, Any]) -> None:
    head, told = _digest_rows(payload)
    run_on(connection, "insert_digests", columns.table([head], columns.DIGEST))
    run_on(connection, "insert_digest_items", columns.table(told, columns.DIGEST_ITEM))


def _check_digest(payload: dict[str, Any]) -> None:
    head, told = _digest_rows(payload)
    columns.table([head], columns.DIGEST)
    columns.table(told, columns.DIGEST_ITEM)


_APPLY: dict[str, Callable[[duckdb.DuckDBPyConnection, dict[str, Any]], None]] = {journal.DIGEST: _apply_digest}
_CHECK: dict[str, Callable[[dict[str, Any]], None]] = {journal.DIGEST: _check_digest}


def defect(record: journal.JournalRecord) -> str | None:
    """Why a record cannot be applied (unknown kind, payload that does not fit), None if it can."""
    check = _CHECK.get(record.kind)
    if check is None:
        return f"records of kind {record.kind!r} are not known to this version"
    try:
        check(record.payload)
    except (ValueError, KeyError, TypeError, AttributeError) as error:  # ArrowInvalid is a ValueError
        return f"{type(error).__name__}: {error}"
    return None


def apply(connection: duckdb.DuckDBPyConnection, record: journal.JournalRecord) -> None:
    """Write what a record says; the caller has checked it with `defect` and holds a transaction open."""
    _APPLY[record.kind](connection, record.payload)
