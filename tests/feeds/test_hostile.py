"""Documents made to hurt. Time is looked at only through what must not have happened; `docs/hostile-content.md` has
the figures. Each of these took from ten seconds to hours, or gigabytes, without the fence."""

import gzip
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from feeds.parse import parse_feed
from spywatch.records import Failure, ParsedFeed, Reason

NOW = datetime(2026, 5, 20, 12, 0, tzinfo=UTC)
MB = 1_000_000
ITEM = "<item><title>One</title><link>https://a.example/1</link></item>"
LINES = "\n".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
MANY = " ".join(f'a{n}="1"' for n in range(50_000))
LAUGHS = f'<!DOCTYPE rss [\n<!ENTITY l0 "lol">\n{LINES}\n]>'


def rss(*items: str, head: str = "", root: str = "") -> bytes:
    return f'<?xml version="1.0"?>{head}<rss version="2.0"{root}><channel>{"".join(items)}</channel></rss>'.encode()


def item(inner: str) -> str:
    return ITEM.replace("</item>", f"{inner}</item>")


READ: dict[str, Callable[[], bytes]] = {
    "entity bomb": lambda: rss(item("<description>&l9;</description>"), head=LAUGHS),
    "entity bomb in one line": lambda: rss(item("<description>&l9;</description>"), head=LAUGHS.replace("\n", "")),
    "quadratic entities": lambda: rss(
        item(f"<description>{'&a;' * 20_000}</description>"), head=f'<!DOCTYPE rss [\n<!ENTITY a "{"x" * 9_000}">\n]>'
    ),
    "file entity": lambda: rss(
        item("<description>&x;</description>"), head='<!DOCTYPE rss [\n<!ENTITY x SYSTEM "file:///etc/passwd">\n]>'
    ),
    "parameter entity": lambda: rss(
        ITEM, head='<!DOCTYPE rss [\n<!ENTITY % x SYSTEM "http://127.0.0.1:1/x">\n%x;\n]>'
    ),
    "nested": lambda: rss(item(f"<description>{'<a>' * 20_000}{'</a>' * 20_000}</description>")),
    "nested, not closed": lambda: rss(item(f"<description>{'<a>' * 20_000}</description>")),
    "attributes": lambda: rss(ITEM.replace("<item>", f"<item {MANY}>")),
    "attributes of the root": lambda: rss(ITEM, root=f" {MANY}"),
    "namespaces": lambda: rss(ITEM, root=" " + " ".join(f'xmlns:a{n}="u{n}"' for n in range(50_000))),
    "long attribute": lambda: rss(ITEM.replace("<item>", f'<item x="{"a" * 3 * MB}">')),
    "long attribute, no quotes": lambda: rss(ITEM.replace("<item>", f"<item x={'a' * 3 * MB}>")),
    "long base": lambda: rss(ITEM, "<a/>" * 1000, root=f' xml:base="https://a.example/{"a" * 3 * MB}"'),
    "blank lines first": lambda: b'<?xml version="1.0"?>' + b"\n" * 3 * MB + rss(ITEM)[21:],
    "declarations first": lambda: b'<?xml version="1.0"?>' + b"\n<!ENTITY " * 300_000 + rss(ITEM)[21:],
    "nul bytes": lambda: rss(ITEM).replace(b"One", b"One\0\0"),
    "long author": lambda: rss(item(f"<author>{'a' * 3 * MB}</author>")),
    "long date": lambda: rss(item(f"<pubDate>{'1' * 3 * MB}</pubDate>")),
    "long number": lambda: rss(item(f"<description>&#{'9' * 3 * MB};</description>")),
    "categories": lambda: rss(item("".join(f"<category>c{n}</category>" for n in range(20_000)))),
    "unterminated CDATA": lambda: rss(item("<description><![CDATA[" + "a b " * 700_000))[:-26],
    "unterminated comments": lambda: rss(ITEM, "<!--" * 200_000),
}


@pytest.mark.parametrize("name", READ)
def test_what_hides_a_good_item_is_read_around(name: str) -> None:
    began = time.process_time()
    feed = parse_feed(READ[name](), feed_url="https://a.example/feed", now=NOW)
    assert time.process_time() - began < 20
    assert isinstance(feed, ParsedFeed)
    (entry,) = feed.entries
    assert entry.url == "https://a.example/1"
    assert "root:" not in entry.summary_html
    assert "lollol" not in entry.summary_html


NO_FEED: dict[str, tuple[Callable[[], bytes], Reason]] = {
    "pdf": (lambda: b"%PDF-1.7\n" + bytes(range(256)) * 10_000, Reason.NOT_A_FEED),
    "gzip": (lambda: gzip.compress(rss(ITEM) * 1000), Reason.NOT_A_FEED),
    "json": (lambda: json.dumps([{"a": n} for n in range(50_000)]).encode(), Reason.NOT_A_FEED),
    "nested json": (lambda: b"[" * 3 * MB, Reason.NOT_A_FEED),
    "html": (lambda: b"<!doctype html><html><body>" + b"<p>Some <a href=x>words</a></p>" * 40_000, Reason.NOT_A_FEED),
    "text": (lambda: b"lorem ipsum " * 250_000, Reason.NOT_A_FEED),
    "one word": (lambda: b"a" * 3 * MB, Reason.NOT_A_FEED),
    "zeros": (lambda: b"\0" * 3 * MB, Reason.EMPTY),
    "open tags": (lambda: b"<rss>" + b"<a" * 400_000, Reason.TOO_LARGE),
    "ampersands": (lambda: rss(item(f"<description>{'&' * 3 * MB}</description>")), Reason.TOO_LARGE),
    "a million tags": (lambda: rss(item("<a/>" * 400_000)), Reason.TOO_LARGE),
}


@pytest.mark.parametrize("name", NO_FEED)
def test_what_is_no_feed_is_told_fast(name: str) -> None:
    make, reason = NO_FEED[name]
    began = time.process_time()
    failure = parse_feed(make(), feed_url="https://a.example/feed", now=NOW)
    assert time.process_time() - began < 20
    assert isinstance(failure, Failure)
    assert failure.reason is reason


# --- too many items ---


def dated(number: int) -> str:
    day = f"<pubDate>{number % 28 + 1} May 2026 10:00:00 GMT</pubDate>"
    return f"<item><title>T{number}</title><link>https://a.example/{number}</link>{day}</item>"


def as_json(numbers: range) -> bytes:
    items = [
        {"id": str(n), "url": f"https://a.example/{n}", "date_published": f"2026-05-{n % 28 + 1:02}"} for n in numbers
    ]
    return json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": items}).encode()


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (rss(*(dated(n) for n in range(20, 0, -1))), [20, 19, 18]),
        (rss(*(dated(n) for n in range(1, 21))), [18, 19, 20]),
        (rss(*(ITEM.replace("/1", f"/{n}") for n in range(20))), [0, 1, 2]),
        (as_json(range(20, 0, -1)), [20, 19, 18]),
        (as_json(range(1, 21)), [18, 19, 20]),
    ],
    ids=["newest first", "oldest first", "no dates", "json", "json, oldest first"],
)
def test_the_newest_items_are_read_and_the_others_counted(body: bytes, kept: list[int]) -> None:
    feed = parse_feed(body, feed_url="https://a.example/feed", now=NOW, max_items=3)
    assert isinstance(feed, ParsedFeed)
    assert [entry.url.rpartition("/")[2] for entry in feed.entries] == [str(number) for number in kept]
    assert [(skip.reason, skip.detail) for skip in feed.skipped] == [
        (Reason.TOO_MANY_ITEMS, "17 items were left out; 3 were read")
    ]
    assert feed.complete


def test_as_many_items_as_the_limit_are_no_trouble() -> None:
    feed = parse_feed(rss(*(dated(n) for n in range(3))), now=NOW, max_items=3)
    assert isinstance(feed, ParsedFeed)
    assert (len(feed.entries), feed.skipped) == (3, ())


def test_a_document_that_breaks_off_behind_the_limit_is_not_complete() -> None:
    body = rss(*(dated(n) for n in range(20, 0, -1)))[:-40]
    feed = parse_feed(body, now=NOW, max_items=3)
    assert isinstance(feed, ParsedFeed)
    assert len(feed.entries) == 3
    assert not feed.complete


def test_a_hundred_thousand_items_cost_no_more_than_the_limit() -> None:
    items = "".join(f"<item><title>T{n}</title><link>https://a.example/{n}</link></item>" for n in range(100_000))
    began = time.process_time()
    feed = parse_feed(rss(items), now=NOW, max_items=500)
    assert time.process_time() - began < 20
    assert isinstance(feed, ParsedFeed)
    assert len(feed.entries) == 500
    assert "99,500 items were left out" in feed.skipped[0].detail
