"""Pages made to hang or swell whoever reads them. Each goes through a real worker and ends within its limits."""

from __future__ import annotations

import gzip
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors import bounds
from extractors.article import articles_from_page
from extractors.feed_text import plain
from extractors.markup import Document, read_page
from extractors.text import LONGEST_TEXT
from extractors.workers import PRELOAD, ExtractionPool, Outcome
from spywatch.records import Failure, Page, Reason
from spywatch.workers import WorkerPool
from tests.extractors.conftest import BODY, NOW, PARAGRAPHS, html_page

TIME_LIMIT = 60.0
"""Seconds; far above what any of these pages takes (2), also on a machine that is busy with other things."""
MEMORY = 450_000_000
URL = "https://gazette.example/news/attaches"
LINKED = '<script type="application/ld+json">%s</script>'
STORY = f"<article><h1>Attaches sent home</h1>{BODY}</article>"


def around(extra: str = "", head: str = "", attributes: str = ' lang="en"') -> bytes:
    return html_page(STORY + extra, f"<title>Attaches sent home</title>{head}", attributes)


def many(template: str, count: int) -> str:
    return " ".join(template % number for number in range(count))


TABLE = "<table>" + "<tr><td rowspan=100 colspan=100>a b c d</td></tr>" * 1_000 + "</table>"
READABLE: dict[str, Callable[[], bytes]] = {
    "50,000 divs inside each other": lambda: around("<div>" * 50_000 + "x"),
    "50,000 divs around the story": lambda: html_page("<div>" * 50_000 + STORY + "</div>" * 50_000),
    "50,000 headings inside each other": lambda: around("<h1>" * 50_000),
    "50,000 lists inside each other": lambda: around("<ul><li>" * 50_000),
    "300,000 bold tags": lambda: around("<b>" * 300_000),
    "50,000 attributes": lambda: around(f"<div {many('a%d=1', 50_000)}>x</div>"),
    "100,000 attributes": lambda: around(f"<div {many('a%d', 100_000)}>x</div>"),
    "100,000 attributes of the root": lambda: around("", attributes=" " + many("a%d='>'", 100_000)),
    "attribute of 20 MB": lambda: around('<div title="' + "x " * 10_000_000 + '">y</div>'),
    "attribute that never ends": lambda: around('<div title="' + "<p>x</p>" * 100_000),
    "NUL bytes": lambda: around().replace(b" ", b"\x00 "),
    "wrong charset": lambda: around("<p>Caf\u00e9</p>", '<meta charset="utf-16">'),
    "unknown charset": lambda: around("", '<meta charset="x-none">') + b"\xff\xfe",
    "table of absurd spans": lambda: html_page(f"<article>{BODY}{TABLE}</article>"),
    "60,000 table cells": lambda: around("<table>" + ("<tr>" + "<td>a</td>" * 20 + "</tr>") * 3_000 + "</table>"),
    "a million line breaks": lambda: around("<br>" * 1_000_000),
    "60,000 links": lambda: around('<a href="/a">x y z</a>' * 60_000),
    "20,000 options": lambda: around("<select>" + "<option>x" * 20_000),
    "surrogates by number": lambda: around("<p>" + "&#xd800;&#xdfff;&#x110000;&#0;" * 1_000 + "</p>"),
    "surrogates by bytes": lambda: around(f"<p>{PARAGRAPHS[0]}</p>").replace(b"harbour", b"har\xed\xa0\x80bour"),
    "script that never ends": lambda: html_page(f"<script>{'var a = 1 < 2;' * 100_000}{STORY}"),
    "comment that never ends": lambda: html_page(f"<!-- {'x -- y ' * 200}{STORY}"),
    "a million comments that never end": lambda: around("<!--" * 1_000_000),
    "linked data 100,000 deep": lambda: around("", LINKED % ("[" * 100_000 + "]" * 100_000)),
    "linked data of 5 MB": lambda: around(
        "", LINKED % ('{"@type":"NewsArticle","author":"%s"}' % ("A B, " * 1_000_000))
    ),
    "linked data of 20,000 objects": lambda: around(
        "", LINKED % ("[" + ",".join(['{"@type":"NewsArticle"}'] * 20_000) + "]")
    ),
    "4 MB without a space": lambda: around("x" * 4_000_000),
    "a million <": lambda: around("<" * 1_000_000),
    "4 MB of opened tags": lambda: around("<a " * 1_300_000),
    "a million &lt;": lambda: around("&lt;" * 1_000_000),
    "200,000 escaped tags": lambda: around("&lt;a b" * 200_000),
    "title of 100 KB": lambda: html_page(STORY, f"<title>{'word - other | ' * 7_000}</title>"),
    "40,000 times": lambda: around('<time datetime="2031-05-01">x</time>' * 40_000),
    "entities within entities": lambda: (
        b'<!DOCTYPE html [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;"><!ENTITY c SYSTEM "file:///etc/passwd">]>'
        + around("<p>&b;&c;</p>")
    ),
}
NO_PAGE: dict[str, Callable[[], bytes]] = {
    "PDF": lambda: b"%PDF-1.7\n" + os.urandom(100_000),
    "PDF after white space": lambda: b"\r\n %PDF-1.4\n<html>" + os.urandom(10_000),
    "image": lambda: b"\x89PNG\r\n\x1a\n" + os.urandom(10_000),
    "archive": lambda: gzip.compress(around()),
    "JSON": lambda: b'{"html": ["' + b"<p>x</p>" * 100_000 + b'"]}',
    "JSON without an end": lambda: b"[" * 3_000_000,
    "NUL bytes alone": lambda: b"\x00" * 1_000_000,
    "noise": lambda: b"<html>" + bytes(range(1, 32)) * 30_000,
    "comments, one after the other": lambda: b"<!-- -->" * 100 + b"<nothing>" + b"<!-- " * 100,
    "feed": lambda: b"<?xml version='1.0'?><!-- x --><rss><channel><title>t</title></channel></rss>",
}


@pytest.fixture(scope="module")
def pool() -> Iterator[ExtractionPool]:
    with WorkerPool(2, memory_limit=MEMORY, preload=PRELOAD) as workers:
        yield ExtractionPool(workers, TIME_LIMIT)


@pytest.fixture(scope="module")
def outcomes(pool: ExtractionPool) -> dict[str, Future[Outcome]]:
    """All of the pages at once, so that no worker waits for a test."""
    return {
        name: pool.submit(Page(url=URL, status=200, body=make(), content_type="text/html"), None, NOW)
        for name, make in (READABLE | NO_PAGE).items()
    }


@pytest.mark.parametrize("name", READABLE)
def test_the_story_is_read_whatever_stands_around_it(outcomes: dict[str, Future[Outcome]], name: str) -> None:
    outcome = outcomes[name].result(timeout=300)
    assert not isinstance(outcome, Failure), outcome
    assert len(outcome) == 1
    assert PARAGRAPHS[1].split("harbour")[0] in outcome[0].text
    assert len(outcome[0].text) <= LONGEST_TEXT
    assert "root:" not in outcome[0].text
    assert outcome[0].text.encode() + outcome[0].title.encode()


@pytest.mark.parametrize("name", NO_PAGE)
def test_what_is_no_page_is_refused_whatever_it_is_called(outcomes: dict[str, Future[Outcome]], name: str) -> None:
    outcome = outcomes[name].result(timeout=300)
    assert isinstance(outcome, Failure)
    assert outcome.reason in (Reason.NOT_HTML, Reason.EMPTY)
    assert not outcome.retryable


def test_a_page_over_the_memory_limit_costs_one_page(pool: ExtractionPool) -> None:
    # 12 MB: what `spywatch extract` may be handed where the operator has raised max_page_bytes
    swollen = Page(url=URL, status=200, body=around("<br>" * 3_000_000), content_type="text/html")
    refused = pool.submit(swollen, None, NOW)
    fine = pool.submit(Page(url=URL, status=200, body=around(), content_type="text/html"), None, NOW)
    outcome = refused.result(timeout=300)
    assert isinstance(outcome, Failure)
    assert outcome.reason is Reason.MEMORY_LIMIT
    assert not isinstance(fine.result(timeout=300), Failure)


def test_spans_and_values_within_reason_are_kept() -> None:
    cells = '<td rowspan="3" colspan="2">a</td><td colspan="400">b</td><td rowspan="x">c</td>'
    page = read_page(html_page(f'<table id="t"><tr>{cells}</tr></table>'))
    assert isinstance(page, Document)
    spans = [(cell.get("rowspan"), cell.get("colspan")) for cell in page.tree.iter("td")]
    assert spans == [("3", "2"), (None, None), (None, None)]


def test_many_small_spans_are_dropped_together() -> None:
    page = read_page(html_page("<table>" + "<tr><td rowspan=30 colspan=30>a</td></tr>" * 10 + "</table>"))
    assert isinstance(page, Document)
    assert {cell.get("rowspan") for cell in page.tree.iter("td")} == {None}


def test_attributes_before_the_hundredth_are_kept() -> None:
    tag = f"<p {many('a%d=%%d', 150) % tuple(range(150))}>x</p>"
    limited = bounds.with_few_attributes(f"<div id=b>{tag}<p class='c d'>y</p></div>")
    assert "a99=99" in limited
    assert "a100=100" not in limited
    assert limited.endswith(">x</p><p class='c d'>y</p></div>")


@given(st.text(alphabet="<>/ab=\"' \n-&;p", max_size=300))
def test_limits_change_nothing_within_them(source: str) -> None:
    assert bounds.with_few_attributes(source) == source
    assert bounds.flattened(source) == source


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from(["<p>", "</p>", "<div>", "</div>", "<b", ' a="', "'", ">", "word", "<td>"])))
def test_any_scrap_of_html_is_a_page_or_a_reasoned_failure(scraps: list[str]) -> None:
    outcome = articles_from_page(Page(url=URL, status=200, body="".join(scraps).encode()), None, now=NOW)
    assert isinstance(outcome, Failure) or outcome[0].text or outcome[0].title


@pytest.mark.parametrize("scrap", ["<b>", "<div>", "<p a=1 ", "&", "<", "&lt;a ", "<table><tr><td>"])
def test_feed_html_is_read_in_bounded_time(scrap: str) -> None:
    """The feed's own text is read in the main process: nobody could kill it there."""
    started = time.process_time()
    text = plain(scrap * (4_000_000 // len(scrap)))
    assert time.process_time() - started < 20
    assert len(text) <= LONGEST_TEXT
