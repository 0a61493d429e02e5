"""Parsing in processes that can be killed: a document that hangs, crashes or swells costs itself, never the run."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from feeds.parse import parse_feed
from spywatch.records import Failure, ParsedFeed, Reason, Stage
from spywatch.urls import redact
from spywatch.workers import Lost, WorkerPool

PRELOAD = ("feeds.preload",)
"""What the workers of a pool should import beforehand."""


class FeedParser:
    """Reads feed documents in the workers of a pool, which others may share.

    Args:
        pool: open as long as the parser is used.
        time_limit: seconds for one document.
        max_items: most items read of one document.
    """

    def __init__(self, pool: WorkerPool, *, time_limit: float, max_items: int) -> None:
        self._pool = pool
        self._time_limit = time_limit
        self._max_items = max_items

    async def __call__(
        self, body: bytes, *, feed_url: str, content_type: str, now: datetime | None
    ) -> ParsedFeed | Failure:
        """Read one document; the arguments and the result are those of `parse_feed`.

        Returns:
            The feed; or a Failure, also with the reasons TIME_LIMIT, MEMORY_LIMIT, WORKER_DIED, or PARSER_ERROR for
            whatever a library raised.
        """
        done = await self._pool.call(
            read_document, body, feed_url, content_type, now, self._max_items, time_limit=self._time_limit
        )
        if not isinstance(done, Lost):
            return done if isinstance(done, ParsedFeed) else replace(done, at=done.at or now)
        return Failure(
            stage=Stage.PARSE,
            subject=redact(feed_url),
            reason=Reason.PARSER_ERROR if done.reason is Reason.INTERNAL_ERROR else done.reason,
            detail=done.detail,
            retryable=done.retryable,
            at=now,
        )


def read_document(
    body: bytes, feed_url: str, content_type: str, now: datetime | None, max_items: int
) -> ParsedFeed | Failure:
    """What a worker is asked to do."""
    return parse_feed(body, feed_url=feed_url, content_type=content_type, now=now, max_items=max_items)
