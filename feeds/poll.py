"""One attempt at one feed: a conditional request, then the parse, then the state to remember."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Protocol

from feeds.schedule import Schedule, after_failure, after_success
from spywatch.records import (
    Failure,
    Feed,
    FeedState,
    NotModified,
    ParsedFeed,
    Poll,
    Reason,
    Stage,
)
from spywatch.urls import redact
from spywatch.web import Answer

ACCEPT = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5"
_LONGEST_VALIDATOR = 1024


class Fetcher(Protocol):
    """What is needed of `spywatch.web.Web`."""

    async def get(
        self, url: str, *, stage: Stage, max_bytes: int, headers: Mapping[str, str] | None = None
    ) -> Answer | Failure:
        """Fetch an address; 2xx and 304 are answers."""
        ...


class Parser(Protocol):
    """What is needed of `feeds.parse.parse_feed`."""

    def __call__(
        self, body: bytes, *, feed_url: str, content_type: str, now: datetime | None
    ) -> ParsedFeed | Failure:
        """Read a document."""
        ...


async def poll(
    feed: Feed,
    state: FeedState | None,
    *,
    web: Fetcher,
    now: datetime,
    max_bytes: int,
    schedule: Schedule,
    parse: Parser | None = None,
) -> Poll:
    """Poll one feed once. Whether its turn has come is for the caller to ask (`feeds.schedule`).

    Args:
        feed: the register's line.
        state: what is remembered of it; None for a new feed.
        web: the HTTP client.
        now: the clock (UTC-aware).
        max_bytes: largest document read, after decompression.
        schedule: how long to wait after a failure.
        parse: reads the document; called in a thread, since it is work of the processor. Default: `parse_feed`.

    Returns:
        The poll with `result` (the parsed feed, NotModified, or the failure) and the state to remember. The
        validators of an answer are remembered only if it could be read as a feed to its end, so that neither an
        error page sent as 200 nor half a document is taken for "unchanged" next time.
    """
    answer = await web.get(feed.url, stage=Stage.POLL, max_bytes=max_bytes, headers=_headers(state))
    if isinstance(answer, Failure):
        return _failed(feed, state, answer, now, schedule, answer=None)
    if answer.status == 304:
        return _unchanged(feed, state, answer, now, schedule)
    call: Callable[[], ParsedFeed | Failure] = partial(
        parse or _default_parser(),
        answer.body,
        feed_url=feed.url,
        content_type=answer.headers.get("content-type", ""),
        now=now,
    )
    result = await asyncio.to_thread(call)
    if isinstance(result, Failure):
        return _failed(feed, state, result, now, schedule, answer=answer)
    remembered = after_success(
        state,
        url=feed.url,
        now=now,
        etag=_validator(answer, "etag") if result.complete else None,
        last_modified=_validator(answer, "last-modified") if result.complete else None,
        permanent_url=answer.permanent_url,
    )
    return _poll(feed, result, remembered, now, answer)


def _default_parser() -> Parser:
    from feeds.parse import parse_feed

    return parse_feed


def _headers(state: FeedState | None) -> dict[str, str]:
    headers = {"Accept": ACCEPT}
    if state is not None and state.etag:
        headers["If-None-Match"] = state.etag
    if state is not None and state.last_modified:
        headers["If-Modified-Since"] = state.last_modified
    return headers


def _validator(answer: Answer, name: str) -> str | None:
    """A validator as it came; None if it cannot be sent back (not ASCII, or huge): the feed is then read whole."""
    value = answer.headers.get(name, "")
    sendable = value.isascii() and value.isprintable() and len(value) <= _LONGEST_VALIDATOR
    return value if value and sendable else None


def _unchanged(feed: Feed, state: FeedState | None, answer: Answer, now: datetime, schedule: Schedule) -> Poll:
    if state is None or not (state.etag or state.last_modified):
        failure = Failure(
            stage=Stage.POLL,
            subject=redact(feed.url),
            reason=Reason.UNEXPECTED_STATUS,
            detail="HTTP 304 (not modified) to a request without validators",
            retryable=True,
        )
        return _failed(feed, state, failure, now, schedule, answer=answer)
    remembered = after_success(
        state,
        url=feed.url,
        now=now,
        etag=_validator(answer, "etag") or state.etag,
        last_modified=_validator(answer, "last-modified") or state.last_modified,
        permanent_url=answer.permanent_url,
    )
    return _poll(feed, NotModified(), remembered, now, answer)


def _failed(
    feed: Feed, state: FeedState | None, failure: Failure, now: datetime, schedule: Schedule, *, answer: Answer | None
) -> Poll:
    if failure.at is None:
        failure = replace(failure, at=now)
    remembered = after_failure(state, failure, url=feed.url, now=now, schedule=schedule)
    return _poll(feed, failure, remembered, now, answer)


def _poll(
    feed: Feed,
    result: ParsedFeed | NotModified | Failure,
    state: FeedState,
    now: datetime,
    answer: Answer | None,
) -> Poll:
    return Poll(
        feed=feed,
        polled_at=now,
        result=result,
        state=state,
        http_status=answer.status if answer else None,
        bytes_read=len(answer.body) if answer else 0,
        seconds=answer.seconds if answer else 0.0,
    )
