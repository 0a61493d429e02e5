"""Rows as Arrow tables: the shape in which everything is written, one table a statement."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import pyarrow as pa

TEXT = pa.string()
WHOLE = pa.int32()
LONG = pa.int64()
NUMBER = pa.float64()
FLAG = pa.bool_()
TIME = pa.timestamp("us", tz="UTC")
DAY = pa.date32()
TEXTS = pa.list_(pa.string())
COUNTS = pa.map_(pa.string(), pa.int32())
EVIDENCE = pa.list_(pa.struct([("field", TEXT), ("char_start", WHOLE), ("char_end", WHOLE), ("sentence", TEXT)]))
TERMS = pa.list_(pa.struct([("term", TEXT), ("weight", NUMBER)]))
DATES = pa.list_(pa.struct([("source", TEXT), ("text", TEXT), ("read_as", TIME), ("fault", TEXT)]))
NEAREST = pa.list_(pa.struct([("example_id", TEXT), ("title", TEXT), ("similarity", NUMBER)]))

FEED = pa.schema(
    {
        "feed_id": TEXT,
        "url": TEXT,
        "outlet": TEXT,
        "name": TEXT,
        "language": TEXT,
        "country": TEXT,
        "kind": TEXT,
        "verified": FLAG,
        "added_at": TIME,
    }
)
FEED_STATE = pa.schema(
    {
        "feed_id": TEXT,
        "etag": TEXT,
        "last_modified": TEXT,
        "consecutive_failures": WHOLE,
        "last_polled_at": TIME,
        "last_success_at": TIME,
        "next_attempt_at": TIME,
        "retired": FLAG,
        "permanent_url": TEXT,
        "failure_points": NUMBER,
        "fresh_until": TIME,
        "permanent_days": WHOLE,
        "permanent_on": DAY,
        "adopted_url": TEXT,
        "listing": TEXT,
        "checked_at": TIME,
        "validators_lie": FLAG,
        "clean_checks": WHOLE,
    }
)
ASKED_POLL = pa.schema({"poll_id": TEXT})
ASKED_FEED = pa.schema({"feed_id": TEXT})
ASKED_ENTRY = pa.schema({"entry_id": TEXT})
ASKED_ARTICLE = pa.schema({"article_id": TEXT})
ASKED_OWNER = pa.schema({"article_id": TEXT, "canonical_url": TEXT})
LISTED = pa.schema(
    {
        "entry_id": TEXT,
        "feed_id": TEXT,
        "canonical_url": TEXT,
        "link_shared": FLAG,
        "title": TEXT,
        "published_at": TIME,
    }
)
SHOWN = pa.schema({"feed_id": TEXT, "guid": TEXT, "page": TEXT, "title": TEXT, "text_key": TEXT})
ASPECTS = pa.schema(
    {
        "entry_id": TEXT,
        "feed_id": TEXT,
        "page": TEXT,
        "guid": TEXT,
        "title": TEXT,
        "published_at": TIME,
        "text_key": TEXT,
        "seen_at": TIME,
    }
)
CLAIM = pa.schema({"entry_id": TEXT, "run_id": TEXT})
ENTRY = pa.schema(
    {
        "entry_id": TEXT,
        "feed_id": TEXT,
        "url": TEXT,
        "canonical_url": TEXT,
        "title": TEXT,
        "guid": TEXT,
        "summary_html": TEXT,
        "content_html": TEXT,
        "authors": TEXTS,
        "language": TEXT,
        "link_shared": FLAG,
        "published_at": TIME,
        "date_source": TEXT,
        "first_seen_at": TIME,
        "first_run_id": TEXT,
        "claimed_run_id": TEXT,
        "state": TEXT,
        "attempts": WHOLE,
        "due_at": TIME,
        "finished_at": TIME,
        "linked_to_entry_id": TEXT,
        "linked_to_article_id": TEXT,
        "backlog": FLAG,
        "dates": DATES,
    }
)
SIGHTING = pa.schema({"entry_id": TEXT, "feed_id": TEXT, "seen_at": TIME, "run_id": TEXT})
POLL = pa.schema(
    {
        "poll_id": TEXT,
        "run_id": TEXT,
        "feed_id": TEXT,
        "polled_at": TIME,
        "outcome": TEXT,
        "http_status": WHOLE,
        "bytes_read": LONG,
        "seconds": NUMBER,
        "reason": TEXT,
        "detail": TEXT,
        "entries": WHOLE,
        "new_entries": WHOLE,
        "due_again": WHOLE,
        "unchanged": WHOLE,
        "linked": WHOLE,
        "dropped": WHOLE,
        "changed_guids": WHOLE,
        "changed_titles": WHOLE,
        "changed_dates": WHOLE,
        "compared": WHOLE,
    }
)
NOTICE = pa.schema(
    {"notice_id": TEXT, "run_id": TEXT, "feed_id": TEXT, "noticed_at": TIME, "kind": TEXT, "detail": TEXT}
)
HABIT = pa.schema({"feed_id": TEXT, "habit": TEXT, "found_at": TIME, "last_seen_at": TIME, "detail": TEXT})
ROBOTS = pa.schema({"origin": TEXT, "state": TEXT, "fetched_at": TIME, "body": TEXT, "detail": TEXT})
FAILURE = pa.schema(
    {
        "failure_id": TEXT,
        "run_id": TEXT,
        "happened_at": TIME,
        "stage": TEXT,
        "subject": TEXT,
        "reason": TEXT,
        "detail": TEXT,
        "retryable": FLAG,
        "retry_after_seconds": NUMBER,
        "feed_id": TEXT,
        "entry_id": TEXT,
    }
)
SETTLED = pa.schema(
    {
        "entry_id": TEXT,
        "state": TEXT,
        "reason": TEXT,
        "detail": TEXT,
        "attempts": WHOLE,
        "due_at": TIME,
        "last_attempt_at": TIME,
        "last_run_id": TEXT,
        "finished_at": TIME,
        "linked_to_article_id": TEXT,
        "keeps_feed_text": FLAG,
    }
)
ARTICLE = pa.schema(
    {
        "article_id": TEXT,
        "entry_id": TEXT,
        "feed_id": TEXT,
        "part": WHOLE,
        "url": TEXT,
        "canonical_url": TEXT,
        "title": TEXT,
        "text": TEXT,
        "authors": TEXTS,
        "language": TEXT,
        "published_at": TIME,
        "date_source": TEXT,
        "access": TEXT,
        "text_source": TEXT,
        "feed_text": TEXT,
        "first_seen_at": TIME,
        "fetched_at": TIME,
        "classified_at": TIME,
        "not_classified": TEXT,
        "model": TEXT,
        "corpus": TEXT,
        "run_id": TEXT,
        "backlog": FLAG,
        "dates": DATES,
    }
)
TAG = pa.schema(
    {
        "article_id": TEXT,
        "category": TEXT,
        "score": NUMBER,
        "decision": TEXT,
        "model": TEXT,
        "classified_at": TIME,
        "evidence": EVIDENCE,
        "terms": TERMS,
        "nearest": NEAREST,
        "corpus": TEXT,
        "retroactive": FLAG,
    }
)
RETAGGED = pa.schema(
    {
        "article_id": TEXT,
        "model": TEXT,
        "corpus": TEXT,
        "language": TEXT,
        "classified_at": TIME,
        "not_classified": TEXT,
    }
)
SCORE = pa.schema({"article_id": TEXT, "category": TEXT, "score": NUMBER, "model": TEXT})
RUN = pa.schema(
    {
        "run_id": TEXT,
        "started_at": TIME,
        "finished_at": TIME,
        "feeds": WHOLE,
        "feeds_ok": WHOLE,
        "feeds_not_modified": WHOLE,
        "feeds_failed": WHOLE,
        "feeds_skipped": WHOLE,
        "seen": WHOLE,
        "stored": WHOLE,
        "unchanged": WHOLE,
        "linked": WHOLE,
        "failed": WHOLE,
        "dropped": WHOLE,
        "articles": WHOLE,
        "not_classified": WHOLE,
        "not_covered": COUNTS,
        "failures": COUNTS,
        "tags": COUNTS,
    }
)
DIGEST = pa.schema(
    {
        "digest_id": TEXT,
        "made_at": TIME,
        "since": TIME,
        "items": WHOLE,
        "sources": WHOLE,
        "sources_read": WHOLE,
        "articles_read": WHOLE,
        "awaiting_review": WHOLE,
        "failing": TEXTS,
        "silent": TEXTS,
        "backlog": WHOLE,
    }
)
DIGEST_ITEM = pa.schema({"digest_id": TEXT, "position": WHOLE, "article_id": TEXT, "category": TEXT, "score": NUMBER})
VERDICT = pa.schema(
    {
        "verdict_id": TEXT,
        "article_id": TEXT,
        "category": TEXT,
        "opinion": TEXT,
        "author": TEXT,
        "judged_at": TIME,
        "note": TEXT,
        "journal_id": TEXT,
    }
)
REPLAY = pa.schema({"entry_id": TEXT, "replayed_at": TIME})
SOUGHT = pa.schema({"asked": TEXT, "page": TEXT})
APPLIED = pa.schema({"journal_id": TEXT, "kind": TEXT, "written_at": TIME, "applied_at": TIME})


def table(rows: Iterable[dict[str, Any]], schema: pa.Schema) -> pa.Table:
    """Rows with exactly the fields of `schema` as an Arrow table.

    A lone surrogate, which UTF-8 cannot hold, becomes a question mark, so that every offset stays true.

    Raises:
        ValueError: a time without a zone, or a row whose fields are not those of the schema.
    """
    names = schema.names
    columns: dict[str, list[Any]] = {name: [] for name in names}
    for row in rows:
        if row.keys() != columns.keys():
            raise ValueError(f"fields do not fit the schema: {sorted(row.keys() ^ columns.keys())}")
        for name in names:
            columns[name].append(_clean(row[name]))
    return pa.table({name: pa.array(columns[name], schema.field(name).type) for name in names}, schema=schema)


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError(f"a time without a zone: {value.isoformat()}")
        return value
    if isinstance(value, dict):
        return {key: _clean(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [tuple(_clean(part) for part in item) if isinstance(item, tuple) else _clean(item) for item in value]
    return value
