"""Whatever an article says of itself, a digest shows it as words: no markup, no link, no steering of the terminal."""

from __future__ import annotations

import io
import re
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from rich.console import Console

from digests import markdown, terminal
from digests.compose import compose
from digests.plain import clean, coverage_lines, escape_markdown, link_of, reading_of
from spywatch.records import Access, Coverage, Decision, Digest, DigestItem, Evidence, SeedMatch, Tag, Term

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LINK = "https://news.example/a"
NASTY = (
    *("\x1b[31m", "\x1b]8;;https://evil.example\x07", "\x9b2J", "\x00", "\r\n", "\t", "\u2028", "\ud800", "\ue000"),
    *("\u202e", "\u2066", "\u200b", "\u00ad", "\ufeff", "\U000e0041"),
    *("[a](https://evil.example)", "![p](https://evil.example/p.png)", "<script>", "</h3>", "<https://evil.example>"),
    *("https://evil.example", "www.evil.example", "a@evil.example", "javascript:alert(1)"),
    *("# ", "\n## ", "- ", "1. ", "1) ", "> ", "---", "===", "```", "~~~", "|", "a|b\n-|-\n", "$x$", "&lt;", "&#60;"),
    *("[bold]", "[/]", "[link=https://evil.example]x[/link]", "\\", "`", "*", "_", "=cmd|' /C calc'!A0"),
)
nasty_text = st.lists(st.one_of(st.sampled_from(NASTY), st.text(max_size=8)), max_size=6).map("".join)


def item(words: str, url: str = LINK) -> DigestItem:
    """An article that says these words wherever it can say any."""
    tag = Tag(
        category="expulsion",
        score=0.9,
        decision=Decision.ALERT,
        evidence=(Evidence(field="text", start=0, end=1, text=words),),
        terms=(Term(text=words, weight=1.0),),
        nearest=(SeedMatch(example_id="x", title=words, similarity=0.5),),
    )
    return DigestItem(
        article_id="a",
        url=url,
        title=words,
        outlet=words,
        published_at=NOW,
        first_seen_at=NOW,
        tags=(tag,),
        judged_by={"expulsion": words},
        access=Access.LOGIN,
    )


def digest(made: DigestItem, words: str = "") -> Digest:
    coverage = Coverage(sources=1, failing=(words,), silent=(words,), backlog=3)
    return compose([made], now=NOW, since=None, coverage=coverage)


def shown(made: Digest) -> str:
    console = Console(file=io.StringIO(), width=120)
    console.print(terminal.render(made, zone=UTC))
    return console.file.getvalue()  # type: ignore[attr-defined]


@settings(deadline=None, max_examples=60)
@given(nasty_text)
def test_markdown_has_no_markup_but_its_own(words: str) -> None:
    page = markdown.render(digest(item(words), words), zone=UTC)
    plain = markdown.render(digest(item("plain words"), "plain words"), zone=UTC)
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    html, expected = parser.render(page), parser.render(plain)
    assert re.findall(r"</?(\w+)", html) == re.findall(r"</?(\w+)", expected)
    assert re.findall(r'(?:href|src)="([^"]*)"', html) == [LINK]
    assert all(char == "\n" or unicodedata.category(char)[0] != "C" for char in page)


@settings(deadline=None, max_examples=60)
@given(nasty_text)
def test_no_dialect_makes_a_link_of_words(words: str) -> None:
    """GitHub's and Prefect's Markdown link bare addresses; in the source none may stand unescaped."""
    escaped = escape_markdown(clean(words, 1_000))
    assert not re.search(r"(?<!\\)://|(?<!\\)@|www\.", escaped, re.IGNORECASE)
    html = MarkdownIt("commonmark").render(f"x {escaped}")
    text = re.sub(r"&(lt|gt|amp|quot);", lambda m: {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}[m[1]], html)
    assert text == f"<p>x {clean(words, 1_000)}</p>\n".replace("x </p>", "x</p>"), "it reads as it was"


@settings(deadline=None, max_examples=60)
@given(nasty_text)
def test_the_terminal_is_not_steered(words: str) -> None:
    screen = shown(digest(item(words), words))
    assert all(char == "\n" or unicodedata.category(char)[0] != "C" for char in screen)


@settings(deadline=None, max_examples=60)
@given(st.one_of(nasty_text, nasty_text.map(lambda text: "https://news.example/" + text), st.text()))
def test_a_link_is_a_web_address_or_none(url: str) -> None:
    link = link_of(item("x", url))
    if link:
        assert urlsplit(link).scheme in {"http", "https"}
        assert urlsplit(link).netloc
        assert not re.search(r"[<>\s\\]", link)
        assert all(unicodedata.category(char)[0] not in "CZ" for char in link)
        html = MarkdownIt("commonmark").render(f"<{link}>")
        assert html.startswith('<p><a href="http')


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("https://a.example/x y", "https://a.example/x%20y"),
        ("https://a.example/\u202egpj.exe", "https://a.example/%E2%80%AEgpj.exe"),
        ("https://a.example/ž?q=1#f", "https://a.example/ž?q=1#f"),
        ("HTTPS://a.example/", "HTTPS://a.example/"),
        ("https://[a.example/", ""),
        ("https://a.example/" + "x" * 2_000, ""),
        ("ftp://a.example/", ""),
        ("//a.example/", ""),
        ("https:a.example", ""),
    ],
    ids=["space", "override", "letters", "capitals", "bracket", "long", "ftp", "no scheme", "no host"],
)
def test_links(url: str, link: str) -> None:
    assert link_of(item("x", url)) == link


def test_what_cannot_be_seen_does_not_break_words() -> None:
    assert clean("ex\u00adpul\u200bsion\ufeff of\u202e\x07 two", 50) == "expulsion of two"


@pytest.mark.parametrize("access", [access for access in Access if access is not Access.FULL])
def test_an_item_that_was_not_read_whole_says_so(access: Access) -> None:
    one = replace(item("Attachés sent home"), access=access)
    assert reading_of(one)
    for page in (shown(digest(one)), markdown.render(digest(one), zone=UTC)):
        assert reading_of(one) in page.replace("\\", "")


def test_an_item_that_was_read_whole_says_nothing_of_it() -> None:
    one = replace(item("Attachés sent home"), access=Access.FULL)
    assert reading_of(one) == ""
    assert "told from the feed" not in markdown.render(digest(one), zone=UTC)


def test_coverage_names_silent_sources_and_the_backlog() -> None:
    names = tuple(f"Outlet {number}" for number in range(10))
    lines = coverage_lines(Coverage(sources=10, silent=names, backlog=1_200))
    assert lines[1] == f"Quieter than usual: {', '.join(names[:8])} and 2 more."
    assert lines[2].startswith("1,200 older matches of new feeds are stored and not told")
    assert len(coverage_lines(Coverage(sources=1))) == 1
    assert "1 older match of a new feed is stored" in coverage_lines(Coverage(backlog=1))[1]
