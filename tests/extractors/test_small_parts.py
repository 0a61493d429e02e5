from __future__ import annotations

import pytest

from extractors.byline import page_authors, page_title, split_names, without_outlet
from extractors.feed_text import plain
from extractors.language import language_of
from extractors.markup import Document, read_page
from extractors.text import main_text, takes_whole, without_title
from tests.extractors.conftest import BODY, PARAGRAPHS, html_page


def document(body: str, head: str = "", url: str = "https://www.daily-echo.example/a") -> Document:
    found = read_page(html_page(body, head), url=url)
    assert isinstance(found, Document)
    return found


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("<title>Spy held - Daily Echo</title>", "Spy held"),
        ("<title>Daily Echo | Spy held</title>", "Spy held"),
        ("<title>Spy held – and nobody knows why</title>", "Spy held – and nobody knows why"),
        ("<title>Spy held - World - Daily Echo</title>", "Spy held - World"),
        ('<title>x</title><meta property="og:title" content="Spy &amp;amp; wife held">', "Spy & wife held"),
        ('<title>Spy held: Blog</title><meta property="og:site_name" content="Blog">', "Spy held: Blog"),
    ],
)
def test_titles_lose_the_outlet_and_nothing_else(head: str, expected: str) -> None:
    assert page_title(document("<p>x</p>", head)) == expected


def test_headline_of_the_page_decides_where_the_title_ends() -> None:
    page = document(
        "<h1>Three held over harbour lists</h1>", "<title>Three held over harbour lists | News of Today</title>"
    )
    assert page_title(page) == "Three held over harbour lists"


LONG = "Three clerks held over the harbour lists"


@pytest.mark.parametrize(
    ("head", "body", "expected"),
    [
        pytest.param(
            f"<title>{LONG} and what the port authority knew</title>"
            f'<script type="application/ld+json">{{"@type":"Article","headline":"{LONG}, of the port..."}}</script>',
            "",
            f"{LONG} and what the port authority knew",
            id="a headline that was cut off",
        ),
        pytest.param(
            f"<title>{LONG} | Harbour Club</title>", f"<h1>All our news</h1><h2>{LONG}</h2>", LONG, id="section as h1"
        ),
        pytest.param(
            f"<title>A Desk at Sea\n | {LONG}</title>", f"<h2>{LONG}</h2>", LONG, id="line break before the bar"
        ),
        pytest.param(
            f"<title>A Desk at Sea » {LONG}</title>",
            f'<h1><a href="/">A Desk at Sea</a></h1><h2>{LONG}</h2>',
            LONG,
            id="outlet as h1",
        ),
        pytest.param(f"<title>{LONG} : 31.10.2030, 10.19 Uhr</title>", "", LONG, id="date at the end"),
        pytest.param(
            f"<title>{LONG} › Seven Seas</title>", f"<h1>{LONG}</h1><h1>Most read</h1>", LONG, id="several h1"
        ),
        pytest.param(
            f"<title>Port online - Reports - {LONG}</title>",
            f"<h1>Port</h1><h1>Reports</h1><h1>{LONG}</h1>",
            LONG,
            id="sections before it",
        ),
        pytest.param(f"<title>{LONG}  Weekly Harbour</title>", f"<h1>{LONG}</h1>", LONG, id="no mark between"),
        pytest.param(f"<title>{LONG} » Echoes - All the blogs</title>", "", LONG, id="outlet with its motto"),
        pytest.param(
            f'<title>{LONG} | PORT</title><meta property="og:site_name" content="port.example">',
            "",
            LONG,
            id="outlet's name without its domain",
        ),
        pytest.param(
            f"<title>Interview - {LONG}</title>", "<h2>Interview</h2>", f"Interview - {LONG}", id="short heading"
        ),
        pytest.param(
            f"<title>{LONG}, again</title>", f"<h1>{LONG},</h1><h1>x</h1>", f"{LONG}, again", id="half a sentence"
        ),
        pytest.param(
            "<title>History of the &lt;blink&gt; tag</title>", "", "History of the <blink> tag", id="markup as text"
        ),
    ],
)
def test_headings_show_what_belongs_to_the_title(head: str, body: str, expected: str) -> None:
    page = document(body + f"<p>{PARAGRAPHS[0]}</p>", head, url="https://echoes.harbour.example/a")
    assert page_title(page) == expected


def test_outlet_name_alone_is_no_suffix() -> None:
    assert without_outlet("Echo", {"echo"}) == "Echo"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("By Ada Quill and Ben Marsh", ("Ada Quill", "Ben Marsh")),
        ("Von Jana Weiß, Ole Brandt", ("Jana Weiß", "Ole Brandt")),
        ("https://x.example/ada", ()),
        ("admin", ()),
        ("Anderson Byrd", ("Anderson Byrd",)),
        ("Geschrieben von Jana Weiß", ("Jana Weiß",)),
        ("Publié par Ada Quill", ("Ada Quill",)),
        ("Jana Weiß/Ole Brandt", ("Jana Weiß", "Ole Brandt")),
        ("Harbour 90/The Blues in Parliament", ("Harbour 90/The Blues in Parliament",)),
        ("AB/CD Agency", ("AB/CD Agency",)),
    ],
)
def test_names_from_bylines(text: str, names: tuple[str, ...]) -> None:
    assert split_names([text]) == names


def test_authors_from_markup() -> None:
    assert page_authors(document('<p><a rel="author" href="/u/1">Ada Quill</a></p>')) == ("Ada Quill",)
    assert page_authors(document('<p><span class="byline">By Ben Marsh</span></p>')) == ("Ben Marsh",)
    glued = '<p><span class="byline">Posted by<a href="/u/1">Ada Quill</a></span></p>'
    assert page_authors(document(glued)) == ("Ada Quill",)
    assert page_authors(document('<p><span class="author">publisher</span></p>')) == ()


@pytest.mark.parametrize(
    ("text", "page", "feed", "expected"),
    [
        (
            "Das Ministerium hat am Montag zwei Attachés des Landes verwiesen, teilte ein Sprecher mit.",
            "en",
            "",
            "de",
        ),
        ("Short", "pt-BR", "en", "pt"),
        ("Short", "", "EN_us", "en"),
        ("Short", "x-default", "", ""),
        ("1234567890 " * 6, "fr", "", "fr"),
    ],
)
def test_language(text: str, page: str, feed: str, expected: str) -> None:
    assert language_of(text, page=page, feed=feed) == expected


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>One</p><p>Two <b>bold</b></p>", "One\nTwo bold"),
        ("&lt;p&gt;One &amp;amp; two&lt;/p&gt;", "One & two"),
        ("Plain & simple", "Plain & simple"),
        ("<script>alert(1)</script>Rest<img src=x onerror=y>", "Rest"),
        ("", ""),
    ],
)
def test_feed_markup_becomes_plain_text(markup: str, text: str) -> None:
    assert plain(markup) == text


def test_title_line_is_taken_out_near_the_start_only() -> None:
    assert (
        without_title("SPY HELD!\nText.\nMore.\nSpy held\nSpy held", "Spy held") == "Text.\nMore.\nSpy held\nSpy held"
    )


def test_text_that_holds_a_fragment_is_taken_whole() -> None:
    answers = "".join(f'<div class="c{n}"><p>{text}</p></div>' for n, text in enumerate(PARAGRAPHS))
    fragment, whole = "\n".join(PARAGRAPHS[:1]), "\n".join(PARAGRAPHS)
    assert takes_whole(fragment, whole)
    assert not takes_whole("\n".join(PARAGRAPHS[:4]), whole)
    assert not takes_whole(fragment, fragment + "\nMenu entry" * 80)
    assert not takes_whole(
        "Another text that the longer one does not hold, of eighty characters and some more.", whole
    )
    assert PARAGRAPHS[-1] in main_text(document(answers))


def test_extractors_that_disagree_are_settled_without_the_menu() -> None:
    menu = "".join(f"<li><a href='/{n}'>Menu entry number {n}</a></li>" for n in range(40))
    text = main_text(document(f"<div><ul>{menu}</ul></div><div><div>{BODY}</div></div><div><ul>{menu}</ul></div>"))
    assert text.split("\n") == PARAGRAPHS
