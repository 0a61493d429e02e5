"""One attempt at one feed: the request, the parse, the state to remember, and what an operator should know.

Usually that is one conditional request. It is more where a "not modified" is to be compared with a full answer
(`honesty`), and where an adopted address fails and the register's own is asked as well (`moves`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Protocol

from feeds import history, honesty, moves
from feeds.freshness import fresh_until
from feeds.honesty import Finding
from feeds.schedule import Grade, Schedule, after_failure, after_success, grade_of
from spywatch.records import Failure, Feed, FeedState, NotModified, ParsedFeed, Poll, Reason, Stage
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
    """What is needed of `feeds.workers.FeedParser`."""

    async def __call__(
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
        parse: reads the document, `feeds.workers.FeedParser` in a run. Default: `parse_feed` in a thread, which has
            no time limit.

    Returns:
        The poll with `result` (the parsed feed, NotModified, or the failure), the state to remember, and notices of
        what changed. The validators of an answer are remembered only if it could be read as a feed to its end, so
        that neither an error page sent as 200 nor half a document is taken for "unchanged" next time.
    """
    before = replace(state, url=feed.url) if state is not None else FeedState(url=feed.url)
    visit = _Visit(feed=feed, web=web, now=now, max_bytes=max_bytes, parse=parse or _parse_in_thread)
    got, base = await visit.ask(moves.asked_address(before), before), before
    if isinstance(got.result, Failure) and moves.ask_register_too(before, got.result):
        plain = moves.revert(before)
        own = await visit.ask(feed.url, plain)
        if isinstance(own.result, Failure):
            got = replace(got, result=moves.graver(got.result, own.result))
        else:
            got, base = own, plain
    after, failure = _remember(base, got, now, schedule)
    return Poll(
        feed=feed,
        polled_at=now,
        result=failure or got.result,
        state=after,
        http_status=got.answer.status if got.answer else None,
        bytes_read=len(got.answer.body) if got.answer else 0,
        seconds=got.answer.seconds if got.answer else 0.0,
        notices=history.notices(before, after, failure, now),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Got:
    """What came of asking one address: the result, and the last answer with what it was found to be."""

    asked: str
    result: ParsedFeed | NotModified | Failure
    answer: Answer | None = None
    finding: Finding = Finding.NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class _Visit:
    """Asks addresses on behalf of one feed."""

    feed: Feed
    web: Fetcher
    now: datetime
    max_bytes: int
    parse: Parser

    async def ask(self, url: str, state: FeedState) -> _Got:
        conditional = honesty.ask_conditionally(state, self.now)
        answer = await self._get(url, state if conditional else None)
        if isinstance(answer, Failure):
            return _Got(asked=url, result=answer)
        if answer.status != 304:
            return await self._read(url, answer)
        if not conditional:
            return _Got(asked=url, result=self._unasked(url), answer=answer)
        if state.listing is None or honesty.check_due(state, self.now):
            return await self._compare(url, state, answer)
        return _Got(asked=url, result=NotModified(), answer=answer)

    async def _compare(self, url: str, state: FeedState, unmodified: Answer) -> _Got:
        """Ask again, unconditionally, after a "not modified": the full answer is the poll's result."""
        full = await self._get(url, None)
        if isinstance(full, Failure):
            got = _Got(asked=url, result=full)
        elif full.status == 304:
            got = _Got(asked=url, result=self._unasked(url), answer=full)
        else:
            got = await self._read(url, full)
        if isinstance(got.result, Failure) and grade_of(got.result) is not Grade.HARD:
            # A passing trouble of the second request is no reason to doubt the first; the next poll compares.
            return _Got(asked=url, result=NotModified(), answer=unmodified)
        if not isinstance(got.result, ParsedFeed) or not isinstance(full, Answer):
            return got  # a server that calls a feed unmodified that it no longer has: the plain answer counts
        changed = honesty.differ(state.listing, honesty.listing_of(got.result))
        if changed is None:
            return got
        if not changed:
            return replace(got, finding=Finding.TRUE)
        if honesty.same_version(state, _validator(full, "etag"), _validator(full, "last-modified")):
            return replace(got, finding=Finding.FALSE)
        # The full answer bears another version. Either the feed changed between the two requests, or the first was
        # answered wrongly: asked once more with the old validators, only a wrong server calls it unmodified again.
        again = await self._get(url, state)
        lied = isinstance(again, Answer) and again.status == 304
        return replace(got, finding=Finding.FALSE if lied else Finding.NOTHING)

    async def _get(self, url: str, validators_of: FeedState | None) -> Answer | Failure:
        headers = {"Accept": ACCEPT}
        if validators_of is not None and validators_of.etag:
            headers["If-None-Match"] = validators_of.etag
        if validators_of is not None and validators_of.last_modified:
            headers["If-Modified-Since"] = validators_of.last_modified
        answer = await self.web.get(url, stage=Stage.POLL, max_bytes=self.max_bytes, headers=headers)
        if isinstance(answer, Failure) and answer.reason is Reason.GONE and answer.subject != redact(url):
            # Only the feed's own address can say that the feed is gone; a page that a redirect leads to cannot.
            detail = f"a redirect led to {answer.subject}, which is gone ({answer.detail})"
            return replace(answer, reason=Reason.NOT_FOUND, subject=redact(url), detail=detail)
        return answer

    async def _read(self, url: str, answer: Answer) -> _Got:
        content_type = answer.headers.get("content-type", "")
        result = await self.parse(answer.body, feed_url=self.feed.url, content_type=content_type, now=self.now)
        return _Got(asked=url, result=result, answer=answer)

    def _unasked(self, url: str) -> Failure:
        return Failure(
            stage=Stage.POLL,
            subject=redact(url),
            reason=Reason.UNEXPECTED_STATUS,
            detail="HTTP 304 (not modified) to a request without validators",
            retryable=True,
        )


def _remember(state: FeedState, got: _Got, now: datetime, schedule: Schedule) -> tuple[FeedState, Failure | None]:
    """The state after a poll, and the poll's failure with its time, if it is one."""
    if isinstance(got.result, Failure):
        failure = replace(got.result, at=got.result.at or now)
        return after_failure(state, failure, url=state.url, now=now, schedule=schedule), failure
    assert got.answer is not None  # whatever is no failure came with an answer
    document = got.result if isinstance(got.result, ParsedFeed) else None
    etag, last_modified = _validator(got.answer, "etag"), _validator(got.answer, "last-modified")
    if document is None:
        etag, last_modified = etag or state.etag, last_modified or state.last_modified
    keep = document is None or document.complete
    after = after_success(
        state,
        url=state.url,
        now=now,
        etag=etag if keep else None,
        last_modified=last_modified if keep else None,
        fresh_until=fresh_until(got.answer.headers, now) if keep else None,
    )
    read = document is not None
    listing = honesty.listing_of(document) if document is not None else None
    after = honesty.after_check(after, got.finding, listing=listing, full=read, now=now)
    permanent = got.answer.permanent_url
    return moves.after_answer(after, asked=got.asked, permanent_url=permanent, read=read, now=now), None


def _validator(answer: Answer, name: str) -> str | None:
    """A validator as it came; None if it cannot be sent back (not ASCII, or huge): the feed is then read whole."""
    value = answer.headers.get(name, "")
    sendable = value.isascii() and value.isprintable() and len(value) <= _LONGEST_VALIDATOR
    return value if value and sendable else None


async def _parse_in_thread(
    body: bytes, *, feed_url: str, content_type: str, now: datetime | None
) -> ParsedFeed | Failure:
    from feeds.parse import parse_feed

    work = partial(parse_feed, body, feed_url=feed_url, content_type=content_type, now=now)
    return await asyncio.to_thread(work)
