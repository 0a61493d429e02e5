"""Polling a real server on loopback."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from feeds.poll import poll
from feeds.schedule import Schedule
from spywatch.guard import AllowedHosts
from spywatch.records import Failure, Feed, FeedState, NoticeKind, NotModified, ParsedFeed, Poll, Reason, Stage
from spywatch.urls import redact
from spywatch.web import Manners, Web

NOW = datetime(2026, 5, 20, 12, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SCHEDULE = Schedule(interval=6 * HOUR, retry_base=HOUR, retry_max=24 * HOUR)
BODY = b'<rss version="2.0"><channel><item><title>One</title><link>/1</link></item></channel></rss>'
ETAG, MODIFIED = "W/\"odd 'tag';--x\"", "sometime in May"


@dataclass
class Server:
    """Answers each path with prepared bytes and remembers the requests."""

    port: int = 0
    answers: dict[str, bytes] = field(default_factory=dict)
    unmodified: set[str] = field(default_factory=set)
    next_answers: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    requests: list[dict[str, str]] = field(default_factory=list)

    def says(self, path: str, status: str, *headers: str, body: bytes = b"") -> Feed:
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
        self.answers[path] = "\r\n".join([*lines, "", ""]).encode("latin-1") + body
        return Feed(url=f"http://127.0.0.1:{self.port}{path}")

    def lies(self, path: str, body: bytes, *, etag: str | None = ETAG, status: str = "200 OK") -> Feed:
        """Say "not modified" to every conditional request, and this to any other."""
        self.unmodified.add(path)
        return self.says(path, status, *([f"ETag: {etag}"] if etag else []), body=body)

    def then(self, path: str, body: bytes, *, etag: str) -> None:
        """After one "not modified" more, have this document and say so truly."""
        before = self.answers[path]
        self.says(path, "200 OK", f"ETag: {etag}", body=body)
        self.next_answers[path], self.answers[path] = self.answers[path], before

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        self.requests.append(
            {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
        )
        path = head[0].split()[1]
        self.asked.append(path)
        unmodified = path in self.unmodified and "if-none-match" in self.requests[-1]
        writer.write(b"HTTP/1.1 304 Not Modified\r\n\r\n" if unmodified else self.answers[path])
        if path in self.next_answers:
            self.answers[path] = self.next_answers.pop(path)
            self.unmodified.discard(path)
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


def kinds(done: Poll) -> list[NoticeKind]:
    assert all(notice.feed_url == done.feed.url and notice.at == done.polled_at for notice in done.notices)
    return [notice.kind for notice in done.notices]


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
    state = FeedState(
        url=feed.url, etag='"old"', last_modified=MODIFIED, consecutive_failures=4, listing="1:all:x", checked_at=NOW
    )
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
    assert kinds(done) == [NoticeKind.RETIRED]
    assert isinstance(done.result, Failure)
    assert done.result.reason is Reason.GONE
    assert done.state.retired


async def test_retry_after_moves_the_next_attempt(server: Server, web: Web) -> None:
    done = await once(web, server.says("/feed", "429 Too Many Requests", "Retry-After: 18000"))
    assert done.state.next_attempt_at == NOW + 5 * HOUR


@pytest.mark.parametrize(
    ("status", "reason", "hours"),
    [
        ("500 Oops", Reason.HTTP_SERVER_ERROR, 1.5),
        ("404 Not Found", Reason.NOT_FOUND, 3),
        ("403 No", Reason.FORBIDDEN, 3),
    ],
)
async def test_failures_wait_longer_and_grave_ones_most(
    server: Server, web: Web, status: str, reason: Reason, hours: float
) -> None:
    feed = server.says("/feed", status)
    first = await once(web, feed)
    second = await once(web, feed, first.state, NOW + HOUR)
    third = await once(web, feed, second.state, NOW + 2 * HOUR)
    assert isinstance(third.result, Failure)
    assert third.result.reason is reason
    waits = [done.state.next_attempt_at - done.polled_at for done in (first, third) if done.state.next_attempt_at]
    assert waits == [HOUR, hours * HOUR]


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

    async def parser(body: bytes, *, feed_url: str, content_type: str, now: datetime | None) -> ParsedFeed | Failure:
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


async def test_only_changes_are_told(server: Server, web: Web) -> None:
    feed = server.says("/feed", "404 Not Found")
    first = await once(web, feed)
    again = await once(web, feed, first.state)
    server.says("/feed", "200 OK", body=BODY)
    well = await once(web, feed, again.state)
    still = await once(web, feed, well.state)
    assert [kinds(done) for done in (first, again, well, still)] == [
        [NoticeKind.FAILING],
        [],
        [NoticeKind.RECOVERED],
        [],
    ]
    assert first.notices[0].detail == "not_found: HTTP 404"
    assert "2 failures" in well.notices[0].detail


async def test_a_retired_feed_that_is_asked_and_answers_is_back(server: Server, web: Web) -> None:
    feed = server.says("/feed", "410 Gone")
    gone = await once(web, feed)
    assert kinds(await once(web, feed, gone.state)) == []
    server.says("/feed", "200 OK", body=BODY)
    back = await once(web, feed, gone.state)
    assert kinds(back) == [NoticeKind.RECOVERED]
    assert not back.state.retired


async def test_what_the_server_calls_fresh_is_remembered(server: Server, web: Web) -> None:
    feed = server.says("/feed", "200 OK", "Cache-Control: max-age=7200", "Age: 600", body=BODY)
    done = await once(web, feed)
    assert done.state.fresh_until == NOW + timedelta(seconds=6600)
    server.says("/feed", "503 Busy")
    assert (await once(web, feed, done.state)).state.fresh_until is None


# --- moves ---


async def moved(server: Server, web: Web) -> tuple[Feed, Feed, Poll]:
    """A feed that was asked on three days and led elsewhere each time: its old place, the new one, the last poll."""
    new = server.says("/new", "200 OK", 'ETag: "new"', body=BODY)
    old = server.says("/old", "301 Moved", "Location: /new")
    state, done = None, None
    for day in range(3):
        done = await once(web, old, state, NOW + day * DAY)
        state = done.state
    assert done is not None
    return old, new, done


async def test_a_feed_that_moved_for_good_is_asked_at_its_new_address(server: Server, web: Web) -> None:
    old, new, done = await moved(server, web)
    assert kinds(done) == [NoticeKind.MOVED]
    assert new.url in done.notices[0].detail
    assert (done.state.url, done.state.adopted_url, done.state.etag) == (old.url, new.url, None)
    server.asked.clear()
    after = await once(web, old, done.state, NOW + 3 * DAY)
    assert server.asked == ["/new"]
    assert isinstance(after.result, ParsedFeed)
    assert isinstance(done.result, ParsedFeed)
    assert [entry.id for entry in after.result.entries] == [entry.id for entry in done.result.entries]
    assert after.result.entries[0].feed_url == old.url
    assert (after.state.etag, kinds(after)) == ('"new"', [])


async def test_a_redirect_to_a_page_is_no_move(server: Server, web: Web) -> None:
    server.says("/new", "200 OK", body=b"<!doctype html><title>Soon</title>")
    old = server.says("/old", "301 Moved", "Location: /new")
    state = None
    for day in range(5):
        done = await once(web, old, state, NOW + day * DAY)
        state = done.state
    assert state is not None
    assert (state.adopted_url, state.permanent_days) == (None, 0)


async def test_a_move_that_cannot_be_stored_is_refused_once_and_followed_on(server: Server, web: Web) -> None:
    server.says("/new?token=hush", "200 OK", body=BODY)
    old = server.says("/old", "308 Moved", "Location: /new?token=hush")
    state, told = None, []
    for day in range(6):
        done = await once(web, old, state, NOW + day * DAY)
        state = done.state
        assert isinstance(done.result, ParsedFeed)
        told.append(kinds(done))
        assert not any("hush" in notice.detail for notice in done.notices)
    assert told == [[], [], [NoticeKind.MOVE_REFUSED], [], [], []]
    assert state is not None
    assert state.adopted_url is None


@pytest.mark.parametrize("status", ["404 Not Found", "410 Gone", "403 Forbidden", "200 OK"])
async def test_an_adopted_address_that_fails_gives_way_to_the_registers(
    server: Server, web: Web, status: str
) -> None:
    old, _, done = await moved(server, web)
    server.says("/new", status, body=b"<html>no feed</html>")
    server.says("/old", "200 OK", 'ETag: "old"', body=BODY)
    server.asked.clear()
    back = await once(web, old, replace(done.state, etag='"new"'), NOW + 3 * DAY)
    assert server.asked == ["/new", "/old"]
    assert "if-none-match" not in server.requests[-1]
    assert isinstance(back.result, ParsedFeed)
    assert kinds(back) == [NoticeKind.MOVE_REVERTED]
    assert (back.state.adopted_url, back.state.etag, back.state.consecutive_failures) == (None, '"old"', 0)


async def test_a_redirect_to_a_page_that_is_gone_retires_nobody(server: Server, web: Web) -> None:
    server.says("/elsewhere", "410 Gone")
    done = await once(web, server.says("/feed", "302 Found", "Location: /elsewhere"))
    assert isinstance(done.result, Failure)
    assert done.result.reason is Reason.NOT_FOUND
    assert "/elsewhere" in done.result.detail
    assert not done.state.retired


async def test_a_move_to_an_address_with_a_secret_is_refused_on_the_third_day_once(server: Server, web: Web) -> None:
    feed = server.says("/feed", "301 Moved", "Location: /new?token=0123456789abcdef0")
    server.says("/new?token=0123456789abcdef0", "200 OK", body=BODY)
    state, told = None, []
    for day in range(5):
        done = await once(web, feed, state, NOW + day * DAY)
        told.append(kinds(done))
        # What is remembered between runs has its secrets blanked.
        state = replace(done.state, permanent_url=redact(done.state.permanent_url or "") or None)
    assert [NoticeKind.MOVE_REFUSED in one for one in told] == [False, False, True, False, False]
    assert done.state.adopted_url is None


async def test_gone_at_both_addresses_retires_and_gone_at_one_does_not(server: Server, web: Web) -> None:
    old, _, done = await moved(server, web)
    server.says("/new", "410 Gone")
    server.says("/old", "503 Busy")
    one = await once(web, old, done.state, NOW + 3 * DAY)
    assert (one.state.retired, one.state.adopted_url, kinds(one)) == (
        False,
        done.state.adopted_url,
        [NoticeKind.FAILING],
    )
    server.says("/old", "410 Gone")
    assert kinds(await once(web, old, one.state, NOW + 4 * DAY)) == [NoticeKind.RETIRED]


# --- servers that lie ---

OTHER = BODY.replace(b"/1", b"/2")
CONDITIONAL = "if-none-match"


async def checked(server: Server, web: Web, feed: Feed, state: FeedState | None, day: float) -> Poll:
    server.requests.clear()
    return await once(web, feed, state, NOW + day * DAY)


def conditional(server: Server) -> list[bool]:
    return [CONDITIONAL in request for request in server.requests]


async def test_once_a_week_a_true_304_is_compared_and_stays_trusted(server: Server, web: Web) -> None:
    feed = server.lies("/feed", BODY)
    first = await checked(server, web, feed, None, 0)
    assert first.state.checked_at == NOW
    quiet = await checked(server, web, feed, first.state, 6.9)
    assert (conditional(server), isinstance(quiet.result, NotModified)) == ([True], True)
    weekly = await checked(server, web, feed, quiet.state, 7)
    assert (conditional(server), isinstance(weekly.result, ParsedFeed)) == ([True, False], True)
    assert (weekly.state.checked_at, weekly.state.validators_lie) == (NOW + 7 * DAY, False)
    assert weekly.http_status == 200
    await checked(server, web, feed, weekly.state, 8)
    assert conditional(server) == [True]


@pytest.mark.parametrize("etag", [ETAG, '"another"', None], ids=["same version", "another version", "no version"])
async def test_a_false_304_is_found_and_its_server_not_believed_again(
    server: Server, web: Web, etag: str | None
) -> None:
    feed = server.lies("/feed", BODY)
    first = await checked(server, web, feed, None, 0)
    server.lies("/feed", OTHER, etag=etag)
    found = await checked(server, web, feed, first.state, 7)
    assert conditional(server) == ([True, False] if etag == ETAG else [True, False, True])
    assert isinstance(found.result, ParsedFeed)
    assert found.result.entries[0].url.endswith("/2")
    assert kinds(found) == [NoticeKind.HABIT_FOUND]
    assert "false_not_modified" in found.notices[0].detail
    assert found.state.validators_lie
    later = await checked(server, web, feed, found.state, 8)
    assert (conditional(server), kinds(later)) == ([False], [])


async def test_trust_comes_back_after_four_true_answers(server: Server, web: Web) -> None:
    feed = server.lies("/feed", BODY)
    first = await checked(server, web, feed, None, 0)
    server.lies("/feed", OTHER)
    state = (await checked(server, web, feed, first.state, 7)).state
    told, asked = [], []
    for week in range(2, 6):
        done = await checked(server, web, feed, state, 7 * week)
        state = done.state
        told.append(kinds(done))
        asked.append(conditional(server))
    assert asked == [[True, False]] * 4
    assert told == [[], [], [], [NoticeKind.HABIT_GONE]]
    assert not state.validators_lie
    await checked(server, web, feed, state, 36)
    assert conditional(server) == [True]


async def test_a_lie_among_the_checks_begins_the_count_anew(server: Server, web: Web) -> None:
    feed = server.lies("/feed", BODY)
    state = replace((await checked(server, web, feed, None, 0)).state, validators_lie=True, clean_checks=3)
    server.lies("/feed", OTHER)
    done = await checked(server, web, feed, state, 7)
    assert (done.state.validators_lie, done.state.clean_checks, kinds(done)) == (True, 0, [])


async def test_a_change_between_the_two_requests_is_no_lie(server: Server, web: Web) -> None:
    feed = server.lies("/feed", BODY)
    first = await checked(server, web, feed, None, 0)
    server.then("/feed", OTHER, etag='"another"')
    done = await checked(server, web, feed, first.state, 7)
    assert conditional(server) == [True, False, True]
    assert not done.state.validators_lie
    assert isinstance(done.result, ParsedFeed)
    assert done.state.checked_at == NOW  # the next "not modified" is compared


async def test_a_state_from_before_the_checks_is_completed_by_a_full_answer(server: Server, web: Web) -> None:
    feed = server.lies("/feed", BODY)
    done = await checked(server, web, feed, FeedState(url=feed.url, etag=ETAG), 0)
    assert conditional(server) == [True, False]
    assert (done.state.validators_lie, done.state.checked_at) == (False, NOW)
    assert done.state.listing is not None


async def test_a_server_that_calls_a_lost_feed_unmodified_is_failing(server: Server, web: Web) -> None:
    feed = server.lies("/feed", BODY)
    first = await checked(server, web, feed, None, 0)
    server.lies("/feed", b"<html>gone</html>")
    done = await checked(server, web, feed, first.state, 7)
    assert isinstance(done.result, Failure)
    assert (done.result.reason, kinds(done)) == (Reason.NOT_A_FEED, [NoticeKind.FAILING])
    still = await checked(server, web, feed, done.state, 8)
    assert (conditional(server), kinds(still)) == ([True, False], [])


async def test_a_passing_trouble_of_the_comparison_costs_nothing(server: Server, web: Web) -> None:
    feed = server.lies("/feed", BODY)
    first = await checked(server, web, feed, None, 0)
    server.lies("/feed", b"", status="500 Oops")
    done = await checked(server, web, feed, first.state, 7)
    assert isinstance(done.result, NotModified)
    assert (done.state.checked_at, done.state.consecutive_failures, done.http_status) == (NOW, 0, 304)


async def test_half_a_document_is_never_compared(server: Server, web: Web) -> None:
    feed = server.lies("/feed", BODY)
    first = await checked(server, web, feed, None, 0)
    server.lies("/feed", OTHER.removesuffix(b"</channel></rss>"))
    done = await checked(server, web, feed, first.state, 7)
    assert isinstance(done.result, ParsedFeed)
    assert (done.state.validators_lie, done.state.listing, done.state.etag) == (False, None, None)
