"""Polling a real server on loopback."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from feeds.poll import poll
from feeds.schedule import Schedule
from spywatch.guard import AllowedHosts
from spywatch.records import Failure, Feed, FeedState, NotModified, ParsedFeed, Poll, Reason, Stage
from spywatch.web import Manners, Web

NOW = datetime(2026, 5, 20, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
SCHEDULE = Schedule(interval=6 * HOUR, retry_base=HOUR, retry_max=24 * HOUR)
BODY = b'<rss version="2.0"><channel><item><title>One</title><link>/1</link></item></channel></rss>'
ETAG, MODIFIED = "W/\"odd 'tag';--x\"", "sometime in May"


@dataclass
class Server:
    """Answers each path with prepared bytes and remembers the requests."""

    port: int = 0
    answers: dict[str, bytes] = field(default_factory=dict)
    requests: list[dict[str, str]] = field(default_factory=list)

    def says(self, path: str, status: str, *headers: str, body: bytes = b"") -> Feed:
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
        self.answers[path] = "\r\n".join([*lines, "", ""]).encode("latin-1") + body
        return Feed(url=f"http://127.0.0.1:{self.port}{path}")

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        self.requests.append(
            {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
        )
        writer.write(self.answers[head[0].split()[1]])
        await writer.drain()
        writer.close()
        await writer.wait_closed()


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    server = Server()
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.port = listening.sockets[0].getsockname()[1]
    async with listening:
        yield server


@pytest.fixture
async def web() -> AsyncIterator[Web]:
    manners = Manners(user_agent="test", host_delay=0.0, allowed_private_hosts=AllowedHosts.parse("127.0.0.1"))
    async with Web(manners) as web:
        yield web


async def once(web: Web, feed: Feed, state: FeedState | None = None, now: datetime = NOW) -> Poll:
    return await poll(feed, state, web=web, now=now, max_bytes=10_000, schedule=SCHEDULE)


async def test_validators_go_back_exactly_as_they_came(server: Server, web: Web) -> None:
    feed = server.says("/feed", "200 OK", f"ETag: {ETAG}", f"Last-Modified: {MODIFIED}", body=BODY)
    first = await once(web, feed)
    assert isinstance(first.result, ParsedFeed)
    assert [entry.feed_url for entry in first.result.entries] == [feed.url]
    assert (first.http_status, first.bytes_read) == (200, len(BODY))
    assert (first.state.etag, first.state.last_modified) == (ETAG, MODIFIED)
    assert "if-none-match" not in server.requests[0]
    server.says("/feed", "304 Not Modified")
    second = await once(web, feed, first.state)
    assert server.requests[1]["if-none-match"] == ETAG
    assert server.requests[1]["if-modified-since"] == MODIFIED
    assert isinstance(second.result, NotModified)
    assert (second.state.etag, second.state.last_modified, second.http_status) == (ETAG, MODIFIED, 304)


async def test_a_304_may_bring_new_validators_and_a_200_may_take_them_away(server: Server, web: Web) -> None:
    feed = server.says("/feed", "304 Not Modified", 'ETag: "new"')
    state = FeedState(url=feed.url, etag='"old"', last_modified=MODIFIED, consecutive_failures=4)
    renewed = await once(web, feed, state)
    assert (renewed.state.etag, renewed.state.last_modified) == ('"new"', MODIFIED)
    assert (renewed.state.consecutive_failures, renewed.state.last_success_at) == (0, NOW)
    server.says("/feed", "200 OK", body=BODY)
    read = await once(web, feed, renewed.state)
    assert (read.state.etag, read.state.last_modified) == (None, None)


async def test_a_304_that_nobody_asked_for_is_a_failure(server: Server, web: Web) -> None:
    done = await once(web, server.says("/feed", "304 Not Modified"))
    assert isinstance(done.result, Failure)
    assert (done.result.reason, done.result.at) == (Reason.UNEXPECTED_STATUS, NOW)
    assert done.state.consecutive_failures == 1


async def test_a_validator_that_cannot_be_sent_back_is_not_kept(server: Server, web: Web) -> None:
    feed = server.says("/feed", "200 OK", 'ETag: "caf\xe9"', f"Last-Modified: {'x' * 3000}", body=BODY)
    first = await once(web, feed)
    assert (first.state.etag, first.state.last_modified) == (None, None)
    assert isinstance((await once(web, feed, first.state)).result, ParsedFeed)


async def test_gone_retires_the_feed(server: Server, web: Web) -> None:
    done = await once(web, server.says("/feed", "410 Gone"))
    assert isinstance(done.result, Failure)
    assert done.result.reason is Reason.GONE
    assert done.state.retired


async def test_retry_after_moves_the_next_attempt(server: Server, web: Web) -> None:
    done = await once(web, server.says("/feed", "429 Too Many Requests", "Retry-After: 18000"))
    assert done.state.next_attempt_at == NOW + 5 * HOUR


@pytest.mark.parametrize(
    ("status", "reason"),
    [("500 Oops", Reason.HTTP_SERVER_ERROR), ("404 Not Found", Reason.NOT_FOUND), ("403 No", Reason.FORBIDDEN)],
)
async def test_each_failure_waits_longer(server: Server, web: Web, status: str, reason: Reason) -> None:
    feed = server.says("/feed", status)
    first = await once(web, feed)
    second = await once(web, feed, first.state, NOW + HOUR)
    assert isinstance(second.result, Failure)
    assert second.result.reason is reason
    assert (first.state.next_attempt_at, second.state.next_attempt_at) == (NOW + HOUR, NOW + 3 * HOUR)


async def test_a_page_in_place_of_a_feed_is_a_failure_and_keeps_the_old_validators(server: Server, web: Web) -> None:
    feed = server.says("/feed", "200 OK", 'ETag: "page"', body=b"<!doctype html><title>Soon</title>")
    done = await once(web, feed, FeedState(url=feed.url, etag='"feed"'))
    assert isinstance(done.result, Failure)
    assert (done.result.stage, done.result.reason, done.result.at) == (Stage.PARSE, Reason.NOT_A_FEED, NOW)
    assert (done.state.etag, done.state.consecutive_failures, done.http_status) == ('"feed"', 1, 200)


async def test_too_large(server: Server, web: Web) -> None:
    done = await once(web, server.says("/feed", "200 OK", body=BODY + b" " * 20_000))
    assert isinstance(done.result, Failure)
    assert done.result.reason is Reason.TOO_LARGE


async def test_only_a_permanent_redirect_is_noted(server: Server, web: Web) -> None:
    target = server.says("/new", "200 OK", body=BODY)
    moved = await once(web, server.says("/old", "301 Moved", "Location: /new"))
    assert isinstance(moved.result, ParsedFeed)
    assert moved.state.permanent_url == target.url
    assert moved.state.url == moved.feed.url != target.url
    for_now = await once(web, server.says("/other", "302 Found", "Location: /new"))
    assert for_now.state.permanent_url is None


async def test_the_parser_gets_what_the_server_said(server: Server, web: Web) -> None:
    seen: list[tuple[bytes, str, str, datetime | None]] = []

    def parser(body: bytes, *, feed_url: str, content_type: str, now: datetime | None) -> ParsedFeed | Failure:
        seen.append((body, feed_url, content_type, now))
        return ParsedFeed(title="", link="")

    feed = server.says("/feed", "200 OK", "Content-Type: text/xml; charset=koi8-r", body=BODY)
    done = await poll(feed, None, web=web, now=NOW, max_bytes=10_000, schedule=SCHEDULE, parse=parser)
    assert seen == [(BODY, feed.url, "text/xml; charset=koi8-r", NOW)]
    assert done.result == ParsedFeed(title="", link="")


@pytest.mark.parametrize(
    "cut",
    [
        BODY.removesuffix(b"</channel></rss>"),
        BODY.removesuffix(b"ink></item></channel></rss>"),
        b'{"version":"https://jsonfeed.org/version/1.1","items":[{"id":"1","url":"/1","title":"One"},{"id":"2","ti',
    ],
    ids=["between items", "inside an item", "json"],
)
async def test_validators_of_a_document_that_was_cut_off_are_not_kept(server: Server, web: Web, cut: bytes) -> None:
    feed = server.says("/feed", "200 OK", 'ETag: "new"', f"Last-Modified: {MODIFIED}", body=cut)
    done = await once(web, feed, FeedState(url=feed.url, etag='"old"', last_modified="before"))
    assert isinstance(done.result, ParsedFeed)
    assert not done.result.complete
    assert (done.state.etag, done.state.last_modified, done.state.consecutive_failures) == (None, None, 0)
    await once(web, feed, done.state)
    assert not {"if-none-match", "if-modified-since"} & server.requests[1].keys()
