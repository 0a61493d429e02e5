"""What goes into a digest: a pure function of the candidates and a clock value."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from spywatch.records import Coverage, Digest, DigestItem
from spywatch.urls import digest_of

_OLDEST = datetime.min.replace(tzinfo=UTC)


def compose(candidates: Sequence[DigestItem], *, now: datetime, since: datetime | None, coverage: Coverage) -> Digest:
    """Make the digest of what is new.

    Args:
        candidates: articles with alert tags that no recorded digest holds.
        now: when the digest is made (UTC).
        since: when the last one was made, None for the first.
        coverage: what was read since then.

    Returns:
        The digest, each article once, newest first; its id depends on the articles and on `since` alone, so that
        recording the same digest twice is harmless.
    """
    once = {item.article_id: item for item in candidates}
    items = sorted(once.values(), key=lambda item: item.article_id)
    items.sort(key=lambda item: item.published_at or item.first_seen_at or _OLDEST, reverse=True)
    marks = sorted(once) or [now.isoformat()]
    return Digest(
        id=digest_of("digest", since.isoformat() if since else "", *marks),
        made_at=now,
        since=since,
        items=tuple(items),
        coverage=coverage,
    )


def by_category(digest: Digest) -> dict[str, list[DigestItem]]:
    """The items of a digest under the category of their best tag, categories with most items first."""
    groups: dict[str, list[DigestItem]] = {}
    for item in digest.items:
        groups.setdefault(item.tags[0].category, []).append(item)
    return dict(sorted(groups.items(), key=lambda group: (-len(group[1]), group[0])))
