"""Articles to the bytes of pages and feeds: Jinja2 templates for HTML and XML, the json module for JSON Feed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from html import escape
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from newsroom.content import Article, FeedDate, Newsroom
from newsroom.outlet_types import FeedSpec, Outlet, absolute

TEMPLATES_FOLDER = Path(__file__).parent / "templates"
FEED_MEDIA_TYPES = {
    "rss2": "application/rss+xml",
    "atom": "application/atom+xml",
    "rss1": "application/rdf+xml",
    "json": "application/feed+json",
}
_WRONG_DATES = {"1970": datetime(1970, 1, 1, tzinfo=UTC), "2099": datetime(2099, 12, 31, 23, 59, tzinfo=UTC)}
_GERMAN_MONTHS = (
    "Januar Februar März April Mai Juni Juli August September Oktober November Dezember".split()  # noqa: SIM905
)
_FRENCH_MONTHS = (
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split()  # noqa: SIM905
)
_RUSSIAN_MONTHS = (
    "января февраля марта апреля мая июня июля августа сентября октября ноября декабря".split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """An article (or post, or stray entry) as feeds and lists show it; `date` is the text a feed prints."""

    title: str
    url: str
    guid: str
    summary: str
    html: str
    authors: tuple[str, ...]
    date: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """An article together with what depends on the running server: its address and its time."""

    article: Article
    url: str
    published_at: datetime


class Press:
    """Renders everything for one `now` and one set of base URLs (outlet key to `http://host:port`).

    `dead` is the origin at which nobody listens.
    """

    def __init__(self, newsroom: Newsroom, base_urls: Mapping[str, str], dead: str, now: datetime) -> None:
        self._newsroom = newsroom
        self._base_urls = base_urls
        self._dead = dead
        self._now = now
        self._templates = Environment(
            loader=FileSystemLoader(TEMPLATES_FOLDER),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        self._templates.filters["iso"] = _iso
        self._templates.filters["rfc822"] = format_datetime
        self._templates.filters["german"] = _german
        self._templates.filters["jsonld"] = lambda value: json.dumps(value, ensure_ascii=False).replace(
            "<", "\\u003c"
        )

    def shown(self, article: Article) -> Shown:
        """Place an article in this server."""
        url = self._base_urls[article.outlet] + self._newsroom.path_of(article)
        return Shown(article=article, url=url, published_at=article.published_at(self._now))

    def article_page(self, article: Article) -> str:
        """The HTML of an article's own page, in its outlet's template."""
        outlet = self._newsroom.outlets[article.outlet]
        mine = [self.shown(other) for other in self._newsroom.of_outlet(outlet.key)]
        at = next(i for i, other in enumerate(mine) if other.article is article)
        related = (mine[at + 1 :] + mine[:at])[:4]
        return self._page(outlet, view="article", story=self.shown(article), stories=related, heading=article.title)

    def list_page(self, outlet: Outlet, heading: str) -> str:
        """The HTML of the outlet's front page."""
        mine = [self.shown(article) for article in self._newsroom.of_outlet(outlet.key)]
        return self._page(outlet, view="list", story=None, stories=mine, heading=heading)

    def tag_page(self, outlet: Outlet, heading: str) -> str:
        """The HTML of the page that holds all posts of the outlet."""
        mine = [self.shown(article) for article in self._newsroom.of_outlet(outlet.key)]
        return self._page(outlet, view="tag", story=None, stories=mine, heading=heading)

    def about_page(self, outlet: Outlet) -> str:
        """The HTML of a page that says who the outlet is (and that it is invented)."""
        return self._page(outlet, view="about", story=None, stories=[], heading=f"About {outlet.title}")

    def wall(self, template: str, path: str) -> str:
        """The HTML of a wall that stands in front of a page."""
        return self._templates.get_template(template).render(path=path)

    def _page(self, outlet: Outlet, *, view: str, story: Shown | None, stories: Sequence[Shown], heading: str) -> str:
        return self._templates.get_template(outlet.template).render(
            outlet=outlet,
            base=self._base_urls[outlet.key],
            view=view,
            story=story,
            stories=stories,
            heading=heading,
            now=self._now,
        )

    def feed_document(self, outlet: Outlet, feed: FeedSpec) -> bytes:
        """The bytes of a feed, in the feed's declared encoding."""
        entries = self.entries(outlet, feed)
        base = self._base_urls[outlet.key]
        if feed.format == "json":
            return _json_feed(outlet, feed, base, entries).encode()
        text = self._templates.get_template(f"{feed.format}.xml").render(
            outlet=outlet, feed=feed, base=base, entries=entries, updated=self.newest(outlet, feed)
        )
        return text.encode(feed.encoding, "xmlcharrefreplace")

    def entries(self, outlet: Outlet, feed: FeedSpec) -> list[Listed]:
        """The entries of a feed, newest first; a tag page's posts are one entry."""
        base = self._base_urls[outlet.key]
        articles = self._newsroom.in_feed(outlet, feed)
        if outlet.tag_page:
            newest = self.shown(articles[0])
            return [
                Listed(
                    title=f"{outlet.sections[0].capitalize()}: the latest posts",
                    url=base + outlet.tag_page,
                    guid=base + outlet.tag_page,
                    summary=f"{len(articles)} posts, the newest: {articles[0].title}",
                    html="",
                    authors=(outlet.title,),
                    date=format_datetime(newest.published_at),
                )
            ]
        rows = [(article.age_hours, self._listed(feed, self.shown(article))) for article in articles]
        for stray in feed.stray:
            url = absolute(stray.link, base, self._dead)
            date = self._date(feed, self._now - timedelta(hours=stray.age_hours), "right")
            listed = Listed(
                title=stray.title, url=url, guid=url, summary=stray.summary, html="", authors=(), date=date
            )
            rows.append((stray.age_hours, listed))
        return [listed for _, listed in sorted(rows, key=lambda row: row[0])]

    def newest(self, outlet: Outlet, feed: FeedSpec) -> datetime:
        """When the newest article of a feed appeared; `now` for a feed without articles."""
        articles = self._newsroom.in_feed(outlet, feed)
        return articles[0].published_at(self._now) if articles else self._now

    def _listed(self, feed: FeedSpec, story: Shown) -> Listed:
        article = story.article
        url = story.url
        if feed.tracking:
            url += ("&" if "?" in url else "?") + feed.tracking
        return Listed(
            title=article.title,
            url=url,
            guid=feed.same_guid or story.url,
            summary="" if feed.carries == "title" else article.summary,
            html="".join(f"<p>{escape(text, quote=False)}</p>\n" for text in article.paragraphs)
            if feed.carries == "full"
            else "",
            authors=article.authors,
            date=self._date(feed, story.published_at, article.feed_date),
        )

    def _date(self, feed: FeedSpec, published_at: datetime, feed_date: FeedDate) -> str:
        if feed_date in _ODD_DATES:
            return _ODD_DATES[feed_date](published_at.astimezone(UTC))
        value = _WRONG_DATES.get(feed_date, published_at)
        return format_datetime(value) if feed.format == "rss2" else _iso(value)


def malformed(document: bytes) -> bytes:
    """Break a well-formed RSS document as careless programs do.

    The first entry's title gets a bare ampersand and an undefined entity, its description an element that is never
    closed; the document ends in the middle of the last entry's title.
    """
    text = document.decode()
    first = text.index("<item>")
    head, rest = text[:first], text[first:]
    rest = rest.replace("<title>", "<title>Town & country&nbsp;| ", 1)
    rest = rest.replace("<description>", "<description><b>", 1)
    last_title = rest.rindex("<title>") + len("<title>") + 9
    return (head + rest[:last_title]).encode()


def _json_feed(outlet: Outlet, feed: FeedSpec, base: str, entries: Sequence[Listed]) -> str:
    items = [
        {
            "id": entry.guid,
            "url": entry.url,
            "title": entry.title,
            "date_published": entry.date,
            "authors": [{"name": name} for name in entry.authors],
            **({"content_html": entry.html} if entry.html else {"content_text": entry.summary}),
            "summary": entry.summary,
        }
        for entry in entries
    ]
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": f"{base}/",
        "feed_url": base + feed.path,
        "description": outlet.tagline,
        "language": outlet.language,
        "items": items,
    }
    return json.dumps(document, ensure_ascii=False, indent=1)


def _iso(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _german(value: datetime) -> str:
    return f"{value.day}. {_GERMAN_MONTHS[value.month - 1]} {value.year}, {value:%H:%M} Uhr"


def _summer_time(value: datetime) -> str:
    return f"{value.astimezone(timezone(timedelta(hours=2))):%a, %d %b %Y %H:%M:%S} CEST"


def _with_month(months: Sequence[str], pattern: str) -> Callable[[datetime], str]:
    return lambda value: pattern.format(value=value, month=months[value.month - 1])


_ODD_DATES: Mapping[FeedDate, Callable[[datetime], str]] = {
    "missing": lambda _: "",
    "words": lambda _: "yesterday",
    "slash": lambda _: "03/04/2025 09:15",
    "epoch": lambda value: str(int(value.timestamp())),
    "cest": _summer_time,
    "french": _with_month(_FRENCH_MONTHS, "{value.day} {month} {value.year} à {value:%H:%M:%S}"),
    "russian": _with_month(_RUSSIAN_MONTHS, "{value.day} {month} {value.year}, {value:%H:%M:%S}"),
}
