from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from extractors.article import articles_from_page
from spywatch.records import Article, DateSource, Failure, Page
from spywatch.urls import canonical, digest_of
from tests.extractors.conftest import BODY, NOW, PARAGRAPHS

MakePage = Callable[..., Page]
POSTS = [
    ("Harbour clerk charged in Veldania", "Ada Quill", "27 March 2030"),
    ("Ostria recalls its envoy", "Ben Marsh", "9 October 2029"),
    ("A quiet expulsion comes to light", "Ada Quill", "1 April 2028"),
]


def split(result: tuple[Article, ...] | Failure) -> tuple[Article, ...]:
    assert not isinstance(result, Failure), result
    return result


def plain_page(posts: list[tuple[str, str, str]]) -> str:
    """Posts one after another, each with its title first and its post line last, without any structure."""
    lines = []
    for number, (title, author, date) in enumerate(posts):
        lines.append(f"<h1>{title}</h1>" if number == 0 else f"<p>{title}</p>")
        lines += [f"<p>{title.split()[0]}: {paragraph}</p>" for paragraph in PARAGRAPHS[:3]]
        lines.append(f"<p>Author: {author} | Date: {date} | Research credit: X.Y. | Permalink</p>")
    return "".join(lines)


def test_plain_page_is_split_at_its_post_lines(make_page: MakePage) -> None:
    articles = split(articles_from_page(make_page(plain_page(POSTS), "<title>Harbour clerk</title>"), None, now=NOW))
    assert [article.part for article in articles] == [1, 2, 3]
    assert [article.title for article in articles] == [title for title, _, _ in POSTS]
    assert [article.authors for article in articles] == [(author,) for _, author, _ in POSTS]
    assert articles[1].published_at == datetime(2029, 10, 9, tzinfo=UTC)
    assert {article.date_source for article in articles} == {DateSource.POST_LINE}
    for article, (title, _, _) in zip(articles, POSTS, strict=True):
        assert article.text.split("\n") == [f"{title.split()[0]}: {paragraph}" for paragraph in PARAGRAPHS[:3]]


def test_ids_do_not_depend_on_order_or_company(make_page: MakePage) -> None:
    first = split(articles_from_page(make_page(plain_page(POSTS)), None, now=NOW))
    later_posts = [("New post today", "Cy Dorn", "2 May 2031"), *POSTS[::-1]]
    later = split(articles_from_page(make_page(plain_page(later_posts)), None, now=NOW))
    assert {article.id for article in first} < {article.id for article in later}
    assert len({article.id for article in later}) == 4


def test_whole_never_splits(make_page: MakePage) -> None:
    articles = split(articles_from_page(make_page(plain_page(POSTS)), None, now=NOW, whole=True))
    assert [article.part for article in articles] == [None]


def test_one_post_with_a_post_line_is_one_article(make_page: MakePage) -> None:
    (article,) = split(articles_from_page(make_page(plain_page(POSTS[:1])), None, now=NOW))
    assert article.part is None
    assert (article.published_at, article.date_source) == (datetime(2030, 3, 27, tzinfo=UTC), DateSource.POST_LINE)


def block(number: int, body: str = BODY, tag: str = "article") -> str:
    return (
        f'<{tag} class="hentry"><h2><a href="/2031/post-{number}">Post number {number} on the matter</a></h2>'
        f'<time datetime="2031-05-0{number}T10:00:00Z">May</time> <span class="author">Ada Quill</span>{body}'
        f'<footer class="entry-meta">Posted in News, share it</footer></{tag}>'
    )


def test_blocks_with_permalinks_become_articles(make_page: MakePage) -> None:
    body = f"<h1>All posts on Veldania</h1>{block(1)}{block(2)}{block(3, tag='div')}"
    articles = split(articles_from_page(make_page(body, url="https://blog.example/tag/veldania"), None, now=NOW))
    assert [article.url for article in articles] == [f"https://blog.example/2031/post-{n}" for n in (1, 2, 3)]
    assert articles[0].id == digest_of("url", canonical("https://blog.example/2031/post-1"))
    assert articles[2].title == "Post number 3 on the matter"
    assert articles[2].authors == ("Ada Quill",)
    assert articles[2].date_source is DateSource.TIME_ELEMENT
    assert all(article.text.split("\n") == PARAGRAPHS for article in articles)


def test_posts_whose_permalinks_are_anchors_stay_apart(make_page: MakePage) -> None:
    body = "<h1>Notebook</h1>" + "".join(block(n).replace(f"/2031/post-{n}", f"#post-{n}") for n in (1, 2))
    articles = split(articles_from_page(make_page(body, url="https://blog.example/notes"), None, now=NOW))
    assert len({article.id for article in articles}) == 2


TEASERS = "".join(block(n, f"<p>{PARAGRAPHS[n]}</p>") for n in (2, 3, 4))
COMMENTS = (
    '<div id="comments">'
    + "".join(
        f'<article class="comment"><h4><a href="#c{n}">Reader {n}</a></h4>'
        f'<time datetime="2031-05-01">1 May</time>{BODY}</article>'
        for n in (1, 2, 3)
    )
    + "</div>"
)


@pytest.mark.parametrize(
    ("body", "head"),
    [
        pytest.param(f"<article><h1>The story</h1>{BODY}</article>{TEASERS}", "", id="related teasers"),
        pytest.param(f"<article><h1>The story</h1>{BODY}</article>{COMMENTS}", "", id="comments"),
        pytest.param(
            f"<h1>Post number 1 on the matter</h1>{block(1)}{block(2)}", "", id="the next article below it, by h1"
        ),
        pytest.param(
            block(1) + block(2),
            '<link rel="canonical" href="/2031/post-1">',
            id="the next article below it, by canonical link",
        ),
        pytest.param(block(1) + block(2), '<meta property="og:type" content="article">', id="says it is an article"),
        pytest.param(
            "<h1>Archive</h1>"
            + "".join(f"<h2>{t}</h2><p>By {a} | {d}</p><p>{PARAGRAPHS[0]}</p>" for t, a, d in POSTS),
            "",
            id="list with bylines above short texts",
        ),
    ],
)
def test_ordinary_pages_stay_whole(make_page: MakePage, body: str, head: str) -> None:
    articles = split(articles_from_page(make_page(body, head), None, now=NOW))
    assert [article.part for article in articles] == [None]


def test_entry_named_like_a_block_links_that_blocks_page(
    make_page: MakePage, make_entry: Callable[..., object]
) -> None:
    entry = make_entry(title="Post number 1 on the matter")
    articles = split(articles_from_page(make_page(block(1) + block(2)), entry, now=NOW))  # type: ignore[arg-type]
    assert len(articles) == 1
