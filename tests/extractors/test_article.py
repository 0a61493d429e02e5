from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from extractors.article import article_from_feed, articles_from_page
from spywatch.records import Access, Article, DateSource, Entry, Failure, Page, Reason, Stage, TextSource
from spywatch.urls import canonical, digest_of
from tests.extractors.conftest import BODY, NOW, PARAGRAPHS, html_page

MakePage = Callable[..., Page]
MakeEntry = Callable[..., Entry]

HEAD = """<title>Veldania sends two attaches home - The Gazette</title>
<meta property="og:site_name" content="The Gazette"><meta name="author" content="By Ada Quill and Ben Marsh">
<meta property="article:published_time" content="2031-05-19T08:30:00+02:00">"""
NEWS = f"""<nav><a href="/">Home</a><a href="/sport">Sport</a></nav>
<article><h1>Veldania sends two attaches home</h1>{BODY}</article>
<aside><h3>Related</h3><a href="/x">Ten recipes for the summer</a></aside>
<section id="comments"><div class="comment"><p>I do not believe a word of this report, says one reader.</p></div>
</section><footer>Copyright of the Gazette</footer>"""


def one(result: tuple[Article, ...] | Failure) -> Article:
    assert not isinstance(result, Failure), result
    assert len(result) == 1
    return result[0]


def test_news_page_becomes_a_whole_record(make_page: MakePage, make_entry: MakeEntry) -> None:
    article = one(articles_from_page(make_page(NEWS, HEAD), make_entry(), now=NOW))
    assert article.text.split("\n") == PARAGRAPHS
    assert article.title == "Veldania sends two attaches home"
    assert article.authors == ("Ada Quill", "Ben Marsh")
    assert article.published_at == datetime(2031, 5, 19, 6, 30, tzinfo=UTC)
    assert article.date_source is DateSource.META
    assert (article.language, article.access, article.text_source) == ("en", Access.FULL, TextSource.PAGE)
    assert article.id == digest_of("url", canonical("https://gazette.example/news/attaches"))
    assert article.entry_id == "entry-1"
    assert article.part is None


def test_input_and_output_travel_between_processes(make_page: MakePage, make_entry: MakeEntry) -> None:
    result = articles_from_page(make_page(NEWS, HEAD), make_entry(), now=NOW)
    assert pickle.loads(pickle.dumps(result)) == result


def test_page_without_an_entry_is_known_by_its_own_address(make_page: MakePage) -> None:
    article = one(
        articles_from_page(replace(make_page(NEWS, HEAD), url=""), None, now=None, url="http://a.example/1")
    )
    assert article.id == digest_of("url", canonical("http://a.example/1"))
    assert article.entry_id == ""


@pytest.mark.parametrize(
    ("body", "content_type", "reason"),
    [
        (b"", "text/html", Reason.EMPTY),
        (b" \n\x00\x00 ", "text/html", Reason.EMPTY),
        (b"%PDF-1.7\n%\xe2\xe3 <html>", "text/html", Reason.NOT_HTML),
        (b"\x89PNG\r\n\x1a\n" + bytes(200), "", Reason.NOT_HTML),
        (b'{"html": "<p>not a page</p>"}', "", Reason.NOT_HTML),
        (b"[1, 2, 3]", "text/html", Reason.NOT_HTML),
        (html_page(BODY), "application/pdf", Reason.NOT_HTML),
        (bytes(range(256)) * 40, "text/html", Reason.NOT_HTML),
        (b"\x00\x01\x02\x03<p>\x04\x05\x06\x07" * 50, "text/html", Reason.NOT_HTML),
        (b"just words, no page", "text/plain", Reason.NOT_HTML),
        (b'<?xml version="1.0"?><rss version="2.0"><channel><title>x</title></channel></rss>', "", Reason.NOT_HTML),
        (html_page(""), "text/html", Reason.NO_TEXT),
    ],
)
def test_what_is_no_page_is_a_failure_with_a_reason(body: bytes, content_type: str, reason: Reason) -> None:
    page = Page(url="https://a.example/x?token=secret", status=200, body=body, content_type=content_type)
    result = articles_from_page(page, None, now=None)
    assert isinstance(result, Failure)
    assert (result.stage, result.reason) == (Stage.EXTRACT, reason)
    assert "secret" not in result.subject


def test_stray_nul_bytes_do_not_cost_the_page(make_page: MakePage) -> None:
    raw = html_page(NEWS, HEAD).replace(b"foreign ministry", b"foreign\x00 ministry")
    assert one(articles_from_page(make_page(raw), None, now=NOW)).text.split("\n") == PARAGRAPHS


def test_no_markup_is_left_in_the_text(make_page: MakePage) -> None:
    escaped = BODY + "<p>The &lt;b&gt;spokesman&lt;/b&gt; of it &lt;br/&gt; gave no comment, 3 &lt; 4.</p>"
    text = one(articles_from_page(make_page(f"<article>{escaped}</article>", HEAD), None, now=NOW)).text
    assert "The spokesman of it gave no comment, 3 < 4." in text


def test_text_drawn_by_script_is_read_from_the_structured_data(make_page: MakePage) -> None:
    data = json.dumps({"@type": "NewsArticle", "headline": "Two sent home", "articleBody": "\n".join(PARAGRAPHS)})
    page = make_page("<div id='app'></div>", f'<script type="application/ld+json">{data}</script>')
    article = one(articles_from_page(page, None, now=NOW))
    assert article.title == "Two sent home"
    assert PARAGRAPHS[3] in article.text
    assert article.access is Access.FULL


def test_page_date_beats_the_feed_where_stated_and_sane(make_page: MakePage, make_entry: MakeEntry) -> None:
    fed = datetime(2031, 5, 18, 9, 0, tzinfo=UTC)
    entry = make_entry(published_at=fed, date_source=DateSource.FEED_PUBLISHED)
    stated = one(articles_from_page(make_page(NEWS, HEAD), entry, now=NOW))
    assert stated.date_source is DateSource.META
    absurd = one(articles_from_page(make_page(NEWS, HEAD.replace("2031-05-19", "2061-05-19")), entry, now=NOW))
    assert (absurd.published_at, absurd.date_source) == (fed, DateSource.FEED_PUBLISHED)
    weak = one(articles_from_page(make_page('<time datetime="2031-05-01">1 May</time>' + NEWS), entry, now=NOW))
    assert weak.date_source is DateSource.FEED_PUBLISHED


def test_feed_title_is_text_not_markup(make_page: MakePage, make_entry: MakeEntry) -> None:
    entry = make_entry(title="History of the <blink> tag", summary_html=PARAGRAPHS[0])
    article = article_from_feed(entry, failure=None, now=NOW)
    assert isinstance(article, Article)
    assert article.title == "History of the <blink> tag"


def test_absurd_feed_date_is_dropped(make_page: MakePage, make_entry: MakeEntry) -> None:
    entry = make_entry(
        published_at=datetime(1975, 1, 1, tzinfo=UTC),
        date_source=DateSource.FEED_PUBLISHED,
        summary_html="<p>Short.</p>",
    )
    article = article_from_feed(entry, failure=None, now=NOW)
    assert isinstance(article, Article)
    assert (article.published_at, article.date_source) == (None, DateSource.NONE)


def test_feed_content_replaces_a_teaser_that_is_shorter(make_page: MakePage, make_entry: MakeEntry) -> None:
    data = '<script type="application/ld+json">{"@type":"NewsArticle","isAccessibleForFree":false}</script>'
    page = make_page(f"<article><h1>Veldania sends two attaches home</h1><p>{PARAGRAPHS[0]}</p></article>", data)
    article = one(articles_from_page(page, make_entry(content_html=BODY), now=NOW))
    assert (article.access, article.text_source) == (Access.TEASER, TextSource.FEED_FULL)
    assert article.text.split("\n") == PARAGRAPHS
    kept = one(articles_from_page(page, make_entry(summary_html="<p>Two attaches leave.</p>"), now=NOW))
    assert (kept.access, kept.text_source) == (Access.TEASER, TextSource.PAGE)
    assert kept.feed_text == "Two attaches leave."


def test_full_page_keeps_its_text_and_the_feeds_beside_it(make_page: MakePage, make_entry: MakeEntry) -> None:
    article = one(articles_from_page(make_page(NEWS, HEAD), make_entry(summary_html="Two <b>attaches</b>."), now=NOW))
    assert article.text_source is TextSource.PAGE
    assert article.feed_text == "Two attaches."


def test_wall_gives_the_feeds_text_and_title_never_its_own(make_page: MakePage, make_entry: MakeEntry) -> None:
    wall = make_page(
        "<h1>One moment</h1><p>Your browser is being examined before it may go on, please have some patience.</p>"
        '<script src="/cdn-cgi/challenge-platform/h/b/orchestrate"></script>',
        "<title>One moment</title>",
    )
    article = one(articles_from_page(wall, make_entry(summary_html=PARAGRAPHS[0]), now=NOW))
    assert (article.access, article.text_source) == (Access.CHALLENGE, TextSource.FEED_SUMMARY)
    assert (article.title, article.text) == ("Veldania sends two attaches home", PARAGRAPHS[0])
    bare = one(articles_from_page(wall, make_entry(), now=NOW))
    assert (bare.access, bare.text_source, bare.text) == (Access.CHALLENGE, TextSource.TITLE, "")


def test_shared_link_gives_each_entry_its_own_text_and_id(make_page: MakePage, make_entry: MakeEntry) -> None:
    entry = make_entry(link_shared=True, summary_html=f"<p>{PARAGRAPHS[1]}</p>")
    article = one(articles_from_page(make_page(NEWS, HEAD), entry, now=NOW))
    assert (article.id, article.text, article.title) == ("entry-1", PARAGRAPHS[1], entry.title)
    assert article.date_source is DateSource.NONE


@pytest.mark.parametrize(
    ("values", "reason", "text_source", "access"),
    [
        ({"content_html": BODY}, Reason.NOT_FOUND, TextSource.FEED_FULL, Access.FULL),
        ({"summary_html": PARAGRAPHS[0]}, Reason.NOT_FOUND, TextSource.FEED_SUMMARY, Access.TEASER),
        ({"summary_html": PARAGRAPHS[0]}, Reason.FORBIDDEN, TextSource.FEED_SUMMARY, Access.BLOCKED),
        ({}, Reason.FORBIDDEN, TextSource.TITLE, Access.BLOCKED),
        ({"content_html": BODY}, Reason.PAYMENT_REQUIRED, TextSource.FEED_FULL, Access.BLOCKED),
        ({"summary_html": PARAGRAPHS[0]}, Reason.RATE_LIMITED, TextSource.FEED_SUMMARY, Access.BLOCKED),
        ({"summary_html": PARAGRAPHS[0]}, Reason.BOT_CHALLENGE, TextSource.FEED_SUMMARY, Access.CHALLENGE),
        ({"summary_html": PARAGRAPHS[0]}, Reason.LOGIN_REQUIRED, TextSource.FEED_SUMMARY, Access.LOGIN),
        ({"summary_html": PARAGRAPHS[0]}, Reason.ROBOTS_DISALLOWED, TextSource.FEED_SUMMARY, Access.ROBOTS),
        ({}, Reason.ROBOTS_UNREACHABLE, TextSource.TITLE, Access.EMPTY),
        ({}, Reason.TIMEOUT, TextSource.TITLE, Access.EMPTY),
    ],
)
def test_article_from_the_feed_alone(
    make_entry: MakeEntry, values: dict[str, str], reason: Reason, text_source: TextSource, access: Access
) -> None:
    failure = Failure(stage=Stage.DOWNLOAD, subject="https://gazette.example", reason=reason)
    article = article_from_feed(make_entry(**values), failure=failure, now=NOW)
    assert isinstance(article, Article)
    assert (article.text_source, article.access) == (text_source, access)
    assert article.id == digest_of("url", canonical("https://gazette.example/news/attaches"))


def test_entry_with_nothing_at_all_is_a_failure(make_entry: MakeEntry) -> None:
    result = article_from_feed(make_entry(title="", url=""), failure=None, now=NOW)
    assert isinstance(result, Failure)
    assert result.reason is Reason.NO_TEXT


def test_entry_without_a_link_keeps_its_own_id(make_entry: MakeEntry) -> None:
    article = article_from_feed(make_entry(url="", content_html=BODY), failure=None, now=NOW)
    assert isinstance(article, Article)
    assert article.id == "entry-1"


REACHED = "https://gazette.example/page/target"


def test_links_that_redirect_to_one_page_are_one_article(make_page: MakePage, make_entry: MakeEntry) -> None:
    page = make_page(NEWS, HEAD, url=REACHED)
    links = ["https://gazette.example/r/1", "https://short.example/2", REACHED]
    told = [one(articles_from_page(page, make_entry(id=link, url=link), now=NOW)) for link in links]
    assert {article.id for article in told} == {digest_of("url", canonical(REACHED))}
    assert {article.url for article in told} == {REACHED}
    assert [article.entry_id for article in told] == links


@pytest.mark.parametrize(
    "reached",
    [
        "https://gazette.example",
        "https://gazette.example/?utm_source=gone",
        "https://www.gazette.example/index.html",
        "https://gazette.example/news/",
        "https://gazette.example/user/login?return=1",
        "https://gazette.example/404.html",
        "https://consent.portal.example/collect",
        "https://gazette.example/news/attaches/?utm_source=feed",
        "http://gazette.example/news/attaches",
    ],
)
def test_a_redirect_to_what_is_no_articles_page_changes_no_address(
    make_page: MakePage, make_entry: MakeEntry, reached: str
) -> None:
    article = one(articles_from_page(make_page(NEWS, HEAD, url=reached), make_entry(), now=NOW))
    assert article.url == "https://gazette.example/news/attaches"
    assert article.id == digest_of("url", canonical("https://gazette.example/news/attaches"))


def test_a_redirect_to_an_address_by_query_is_followed(make_page: MakePage, make_entry: MakeEntry) -> None:
    reached = "https://gazette.example/?p=71"
    article = one(articles_from_page(make_page(NEWS, HEAD, url=reached), make_entry(), now=NOW))
    assert (article.url, article.id) == (reached, digest_of("url", canonical(reached)))


def test_a_redirect_to_a_wall_or_of_a_shared_link_changes_no_address(
    make_page: MakePage, make_entry: MakeEntry
) -> None:
    form = "<form action='/go'><input name='user'><input type='password' name='word'></form>"
    wall = make_page(f"<h1>Members</h1>{form}", url=REACHED)
    blocked = one(articles_from_page(wall, make_entry(summary_html=PARAGRAPHS[0]), now=NOW))
    assert blocked.access is Access.LOGIN
    assert blocked.id == digest_of("url", canonical("https://gazette.example/news/attaches"))
    assert blocked.url == "https://gazette.example/news/attaches"
    entry = make_entry(link_shared=True, summary_html=f"<p>{PARAGRAPHS[1]}</p>")
    shared = one(articles_from_page(make_page(NEWS, HEAD, url=REACHED), entry, now=NOW))
    assert (shared.id, shared.url) == ("entry-1", entry.url)
