"""What the next digest can tell."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from spywatch.records import Access, Coverage, DigestItem

from . import applying, journal
from .connection import rows
from .judgements import open_judged, tag_of


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestMaterial:
    """What a digest is made of.

    Attributes:
        items: articles with an alert, as verdicts leave it, that no digest has told, first seen first. What was old
            when its feed was new is among them only where an analyst says yes.
        since: when the last digest was made (UTC), None if there was none.
        coverage: what was read since then.
    """

    items: tuple[DigestItem, ...]
    since: datetime | None
    coverage: Coverage


def digest_candidates(folder: Path) -> DigestMaterial:
    """What is new since the last digest, from the published copy and the pending journal.

    A digest in the journal counts as made, so that nothing is told twice while a run holds the folder, or after a run
    that took the digest in and ended without publishing. A verdict in the journal counts as given.

    Raises:
        NotPublishedYet, NewerSchema, OlderSchema, DamagedDatabase: the published copy cannot be used.
    """
    # The journal is read first: a record that a run applies and publishes in between is then seen twice, not never.
    waiting = [record.payload for record in _waiting(folder)]
    told = {article_id for payload in waiting for article_id in applying.told_in(payload)}
    with open_judged(folder) as connection:
        since = rows(connection, "last_digest")[0]["made_at"]
        made = [datetime.fromisoformat(payload["made_at"]).astimezone(UTC) for payload in waiting]
        since = max([*made, *([since] if since else [])], default=None)
        found = rows(connection, "digest_candidates")
        coverage = rows(connection, "coverage", {"since": since})[0]
    items = tuple(
        DigestItem(
            article_id=row["article_id"],
            url=row["url"],
            title=row["title"],
            outlet=row["outlet"],
            published_at=row["published_at"],
            first_seen_at=row["first_seen_at"],
            tags=tuple(tag_of(tag) for tag in row["tags"]),
            judged_by={tag["category"]: tag["judged_by"] for tag in row["tags"] if tag["judged_by"] is not None},
            retroactive=row["retroactive"],
            access=Access(row["access"]),
        )
        for row in found
        if row["article_id"] not in told
    )
    return DigestMaterial(
        items=items,
        since=since,
        coverage=Coverage(
            sources=coverage["sources"],
            sources_read=coverage["sources_read"],
            articles_read=coverage["articles_read"],
            awaiting_review=coverage["awaiting_review"],
            failing=tuple(coverage["failing"]),
            silent=tuple(coverage["silent"]),
            backlog=coverage["backlog"],
        ),
    )


def _waiting(folder: Path) -> Iterable[journal.JournalRecord]:
    for record in journal.pending(folder):
        if record.kind == journal.DIGEST and applying.defect(record) is None:
            yield record
