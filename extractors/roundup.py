"""Pages that hold several posts (a tag page, a front page of a blog), taken apart.

Two shapes are known. Structural: several blocks (`<article>`, hentry, ...), each with a heading, a permalink or date
of its own, and a full text. Textual: posts that end in a line such as "Author: A | Date: 3 May 2021 | Permalink",
in a page without any structure. An article with teasers of other ones, with comments, or with the next article
loaded below it stays whole: the page says which article it is, and the blocks around it are short.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urljoin, urlsplit

from lxml import html

from extractors.byline import split_names
from extractors.dates import judged, parse_date, post_line, sane, time_of
from extractors.lines import HEADINGS, Line, lines_of
from extractors.markup import Document
from extractors.text import tidy, without_title
from spywatch.records import DateCandidate, DateSource
from spywatch.urls import canonical, digest_of

POST_TEXT = 400
"""Characters of running text that make a block a post; teasers stay below."""
LINE_POST_TEXT = 150
"""The same for posts that end in a post line, which is a sign in itself."""
LONGEST_TITLE = 300
"""Characters from which a first line is no title."""
LONG_LINE = 80
"""Characters from which a line is running text, not a label."""
_BLOCK_CLASS = {"hentry", "h-entry", "post", "blog-post", "blogpost", "entry", "post-item", "news-item", "article"}
_POSTING = re.compile(r"schema\.org/(?:\w*Article|BlogPosting|Report)\b")
_NOT_POST = re.compile(
    r"comment|related|teaser|sidebar|widget|recommend|promo|respond|reply|carousel|newsletter", re.I
)
_CHROME = re.compile(
    r"share|social|tags?$|meta$|byline|related|breadcrumb|post-?nav|entry-(?:meta|footer|date)", re.I
)
_NOT_WORD = re.compile(r"\W+")


@dataclass(frozen=True, slots=True)
class Post:
    """One post of a page.

    Attributes:
        permalink: its own absolute address, "" if it has none.
        written: the date as written, "" if none; part of the id of a post without a permalink.
        dates: what that was read as, and why it is not believed, if it is not; empty if there is none.
    """

    title: str
    text: str
    permalink: str = ""
    authors: tuple[str, ...] = ()
    published_at: datetime | None = None
    date_source: DateSource = DateSource.NONE
    written: str = ""
    dates: tuple[DateCandidate, ...] = ()

    def id_on(self, page_url: str) -> str:
        """The post's article id: from its permalink, else from page, title and date; never from its place."""
        own = canonical(self.permalink) if self.permalink else ""
        if own and own != canonical(page_url):
            return digest_of("url", own)
        return digest_of("post", canonical(page_url), self.title, self.written)


def split(document: Document, *, now: datetime | None, title: str = "") -> tuple[Post, ...]:
    """Take a page of posts apart.

    Args:
        document: the page.
        now: the time of the run, for what dates are believable.
        title: what the feed calls the page; a page called like one of its blocks is that block's own page.

    Returns:
        The posts in the page's order; empty if the page is one article (or none).
    """
    posts = _by_post_lines(document, now) or _by_blocks(document, now, title)
    kept: dict[str, Post] = {}
    for post in posts:
        kept.setdefault(post.id_on(document.url), post)
    return tuple(kept.values()) if len(kept) > 1 else ()


def _by_post_lines(document: Document, now: datetime | None) -> list[Post]:
    segments: list[tuple[list[Line], Line]] = []
    current: list[Line] = []
    if sum(post_line(line.text) is not None for line in document.lines) < 2:
        return []
    found = [line for line in document.lines if not _in_comments(line.element)]
    for line in found:
        if post_line(line.text) is None:
            current.append(line)
        elif current:
            segments.append((current, line))
            current = []
    if not any(len(line.text) >= LONG_LINE for line in segments[0][0] if not line.heading):
        return []  # the lines stand above their posts
    posts = []
    for content, end in segments:
        ending = post_line(end.text)
        start = _title_at(content)
        title = content[start].text
        text = without_title(tidy("\n".join(line.text for line in content[start + 1 :])), title)
        enough = LINE_POST_TEXT if ending is not None and ending.permalink else POST_TEXT
        if ending is None or len(text) < enough or len(title) > LONGEST_TITLE:
            continue
        usable = sane(ending.published_at, now)
        posts.append(
            Post(
                title=title,
                text=text,
                permalink=_link(end.element, content[start].element, document.url),
                authors=split_names([ending.author]),
                published_at=ending.published_at if usable else None,
                date_source=DateSource.POST_LINE if usable else DateSource.NONE,
                written=ending.written,
                dates=(judged(DateSource.POST_LINE, ending.written, ending.published_at, now),),
            )
        )
    return posts


def _title_at(content: list[Line]) -> int:
    """Where a post's title stands among its lines: the last heading before running text, else the first line."""
    start = 0
    for at, line in enumerate(content):
        if line.heading:
            start = at
        elif len(line.text) >= LONG_LINE and (start or at):
            break
    return start


def _link(end: html.HtmlElement, title: html.HtmlElement, base: str) -> str:
    """The permalink in a post's last line (the link called so, else a dated one), else its title's own link."""
    links = [(" ".join(a.text_content().split()).lower(), a.get("href") or "") for a in end.iter("a")]
    for text, address in links:
        if text in ("permalink", "permanent link", "link", "#"):
            return _absolute(address, base)
    for link in title.iter("a"):
        if link.get("href"):
            return _absolute(link.get("href") or "", base)
    return ""


def _by_blocks(document: Document, now: datetime | None, title: str) -> list[Post]:
    if document.article_data is not None or document.meta.get("og:type", "").lower() == "article":
        return []
    blocks = [element for element in document.tree.iter("article", "div", "section", "li") if _is_block(element)]
    inner = {id(ancestor) for element in blocks for ancestor in element.iterancestors()}
    innermost = [element for element in blocks if id(element) not in inner]
    posts = [post for element in innermost if (post := _post_of(element, document, now)) is not None]
    if len(posts) < 2 or _is_one_of(posts, document, title):
        return []
    return posts


def _is_block(element: html.HtmlElement) -> bool:
    classes = (element.get("class") or "").split()
    marked = (
        element.tag == "article"
        or any(name.lower() in _BLOCK_CLASS for name in classes)
        or _POSTING.search(element.get("itemtype") or "")
    )
    if not marked or _NOT_POST.search(f"{element.get('class') or ''} {element.get('id') or ''}"):
        return False
    return not _in_comments(element) and next(element.iter(*HEADINGS), None) is not None


def _post_of(block: html.HtmlElement, document: Document, now: datetime | None) -> Post | None:
    heading = next((h for h in block.iter(*HEADINGS) if h.text_content().strip()), None)
    if heading is None:
        return None
    title = tidy(heading.text_content()).replace("\n", " ")
    seen = [line for line in lines_of(block) if not _chrome(line.element, block)]
    running = [line for line in seen if len(line.text) >= LONG_LINE and not line.heading]
    if sum(len(line.text) for line in running) < POST_TEXT:
        return None
    permalink = _permalink(block, heading, document.url)
    written = time_of(block)
    if not permalink and not written:
        return None
    moment = parse_date(written) if written else None
    author, source = "", DateSource.TIME_ELEMENT
    texts = []
    for line in seen:
        ending = post_line(line.text)
        if ending is None:
            texts.append(line.text)
        elif not sane(moment, now):
            author, moment, written = ending.author, ending.published_at, ending.written
            source = DateSource.POST_LINE
    usable = sane(moment, now)
    marked = [a.text_content() for a in block.iter("a", "span") if _says_author(a)]
    authors = split_names([author]) or split_names(marked[:1])
    return Post(
        title=title,
        text=without_title(tidy("\n".join(_without_byline(texts, authors))), title),
        permalink=permalink,
        authors=authors,
        published_at=moment if usable else None,
        date_source=source if usable else DateSource.NONE,
        written=written,
        dates=(judged(source, written, moment, now),) if written else (),
    )


def _without_byline(texts: list[str], authors: tuple[str, ...]) -> list[str]:
    """Lines without the short ones above the running text that name the author or a date."""
    start = next((at for at, text in enumerate(texts) if len(text) >= LONG_LINE), 0)
    above = [text for text in texts[:start] if not any(name in text for name in authors) and not parse_date(text)]
    return above + texts[start:]


def _permalink(block: html.HtmlElement, heading: html.HtmlElement, base: str) -> str:
    around = [element for element in (heading, heading.getparent()) if element is not None]
    candidates = [link for element in around[:1] for link in element.iter("a")]
    candidates += [element for element in around[1:] if element.tag == "a"]
    candidates += [link for link in block.iter("a") if "bookmark" in (link.get("rel") or "").split()]
    candidates += [link for time in block.iter("time") for link in time.iterancestors("a")]
    for link in candidates:
        if address := _absolute(link.get("href") or "", base):
            return address
    return ""


def _is_one_of(posts: list[Post], document: Document, title: str) -> bool:
    """Whether the page is the page of one of its posts: its own address or its own title is that post's."""
    own = {canonical(document.url)} if document.url else set()
    for link in document.tree.iter("link"):
        if "canonical" in (link.get("rel") or "").split():
            own.add(canonical(_absolute(link.get("href") or "", document.url)))
    own.discard("")
    head = document.tree.find(".//title")
    titles = [title, document.meta.get("og:title", ""), head.text_content() if head is not None else ""]
    headline = {_bare(text) for text in titles} - {""}
    for post in posts:
        bare = _bare(post.title)
        if post.permalink and canonical(post.permalink) in own and "#" not in post.permalink:
            return True
        if len(bare) >= 12 and any(text == bare or text.startswith(bare) for text in headline):
            return True
    levels = [element for element in document.tree.iter("h1") if element.text_content().strip()]
    return len(levels) == 1 and _bare(levels[0].text_content()) in {_bare(post.title) for post in posts}


def _says_author(element: html.HtmlElement) -> bool:
    return (
        "author" in (element.get("rel") or "").split()
        or (element.get("itemprop") or "") == "author"
        or "author" in (element.get("class") or "").split()
    )


def _chrome(element: html.HtmlElement, top: html.HtmlElement) -> bool:
    node: html.HtmlElement | None = element
    while node is not None and node is not top:
        if node.tag in ("footer", "nav", "aside", "time") or any(_CHROME.search(c) for c in _classes(node)):
            return True
        node = node.getparent()
    return False


def _classes(element: html.HtmlElement) -> list[str]:
    return (element.get("class") or "").split()


def _in_comments(element: html.HtmlElement) -> bool:
    node: html.HtmlElement | None = element
    while node is not None and node.tag not in ("body", "html"):
        named = f"{node.get('class') or ''} {node.get('id') or ''}".lower()
        if node.tag in ("aside", "nav", "footer") or re.search(
            r"(?:^|[\s_-])(?:comments?|respond|disqus)(?:[\s_-]|$)", named
        ):
            return True
        node = node.getparent()
    return False


def _absolute(address: str, base: str) -> str:
    try:
        joined = urljoin(base, address.strip())
        return joined if urlsplit(joined).scheme in ("http", "https") else ""
    except ValueError:
        return ""


def _bare(text: str) -> str:
    return _NOT_WORD.sub("", text.casefold())
