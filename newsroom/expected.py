"""What a reader of the newsroom should find: the ground truth by URL, and each feed's answers in turn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from newsroom.content import Article, Newsroom, load_newsroom
from newsroom.extras import EXTRAS
from newsroom.misbehaviour import MISBEHAVIOURS
from newsroom.mischief import End, Misbehaviour
from newsroom.outlet_types import FeedSpec, Outlet, absolute

Outcome = Literal["parsed", "not-modified", "failed"]
# What a lenient parser gets out of the malformed feed: all entries but the last, which is cut off in its title.
SALVAGE_LOSS = 1
BACKLOG_HOURS = 168.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedFeed:
    """A registered feed: its URL, how many whole entries it lists, and what two polls in a row should give.

    `second` supposes that validators are sent (but none of a document that was cut off, since the rest of it would
    never be asked for), and that a feed which failed is asked again (without back-off).
    `links` are the entries' URLs as the feed prints them.
    """

    url: str
    outlet: str
    links: tuple[str, ...]
    first: Outcome
    second: Outcome

    @property
    def entries(self) -> int:
        """How many whole entries the feed lists."""
        return len(self.links)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """Ground truth of a running newsroom; every URL is absolute and free of utm_ parameters unless said otherwise.

    A second run (`run` 2) is one in which everything that failed is asked again: a day after the first, say.

    Attributes:
        feeds: the feeds of the standard newsroom, in the register's order.
        articles: each article's own URL (posts of the tag page by their permalink) to the article.
        labels: the same URLs, and those of entries whose page nobody can read, to what they tell: () for no match.
        troubled: the URL of each misbehaving page or link to its misbehaviour.
        walls: URLs at which something else stands in place of the page, or that robots.txt closes, to the access
            state that is stored with the feed's text.
        backlog: URLs of matches that are old when their feed is new: stored and tagged, no digest alerts on them.
        published: for articles whose feed entry has an odd date or none: the date to store, None for none. Empty
            where the server's time is not known.
        hostile: the URL of each entry of the hostile outlet's small feed to its misbehaviour; empty without it.
        lying: the URL of each feed of the lying outlet to its misbehaviour; empty without it.
    """

    feeds: tuple[ExpectedFeed, ...]
    articles: Mapping[str, Article]
    labels: Mapping[str, tuple[str, ...]]
    troubled: Mapping[str, Misbehaviour]
    walls: Mapping[str, str]
    backlog: frozenset[str]
    published: Mapping[str, datetime | None]
    hostile: Mapping[str, Misbehaviour]
    lying: Mapping[str, Misbehaviour]

    def entry_urls(self, run: Literal[1, 2]) -> frozenset[str]:
        """The distinct entry URLs that are known after the first run, or after the second one."""
        wanted = [feed for feed in self.feeds if feed.first == "parsed" or (run == 2 and feed.second == "parsed")]
        return frozenset(link.partition("?utm_")[0] for feed in wanted for link in feed.links)

    def ends(self, run: Literal[1, 2]) -> Mapping[str, End]:
        """How each entry known in that run has ended after it."""
        return {url: self.troubled[url].end(run) if url in self.troubled else "page" for url in self.entry_urls(run)}

    def failing_urls(self, run: Literal[1, 2]) -> frozenset[str]:
        """The entry URLs whose article is not had from its page: by a failure, a wall or robots.txt."""
        return frozenset(url for url, end in self.ends(run).items() if end != "page")

    def waiting_urls(self, run: Literal[1, 2]) -> frozenset[str]:
        """Those of them that failed for now, and are due again."""
        return frozenset(url for url, end in self.ends(run).items() if end == "waiting")

    def from_feed(self, run: Literal[1, 2]) -> frozenset[str]:
        """Those of them that are stored from the feed's own text."""
        return frozenset(url for url, end in self.ends(run).items() if end == "feed")

    def reasons(self, url: str) -> tuple[str, ...]:
        """What may be recorded as the reason where a page is not had; none where no failure is (a wall with 200).

        Which of several depends on how many requests are under way at once, and on whether robots.txt is asked for.
        """
        return self.troubled[url].reasons if url in self.troubled else ()

    def articles_after(self, run: Literal[1, 2]) -> frozenset[str]:
        """The URLs of the articles stored from their pages after that run: a tag page counts as its posts."""
        good = self.entry_urls(run) - self.failing_urls(run)
        posts = {url for url, article in self.articles.items() if article.outlet in self._tag_pages(good)}
        return frozenset(url for url in good if url in self.articles) | posts

    def news_after(self, run: Literal[1, 2]) -> frozenset[str]:
        """The URLs of the matches that are stored after that run and that a first digest may tell."""
        stored = self.articles_after(run) | self.from_feed(run)
        return frozenset(url for url in stored if self.labels.get(url)) - self.backlog

    def _tag_pages(self, urls: frozenset[str]) -> set[str]:
        pages = {url: item for url, item in self.troubled.items() if item.name == "tag-page"}
        return {item.outlet for url, item in pages.items() if url in urls}


def expected(
    base_urls: Mapping[str, str], newsroom: Newsroom | None = None, *, dead: str, now: datetime | None = None
) -> Expected:
    """Ground truth for a server with these base URLs (outlet key to `http://host:port`).

    `dead` is the origin at which nobody listens; `now` the time that its dates count back from (UTC).
    """
    room = newsroom or load_newsroom()
    articles = {base_urls[article.outlet] + room.path_of(article): article for article in room.articles.values()}
    troubled: dict[str, Misbehaviour] = {}
    for item in MISBEHAVIOURS:
        for place in item.entries:
            url = absolute(place, base_urls[item.outlet], dead)
            # A row that says how an entry ends wins over one that speaks only of its date.
            if url not in troubled or item.reasons or item.access:
                troubled[url] = item
    labels = {url: article.labels for url, article in articles.items()}
    for outlet in room.outlets.values():
        for stray in (stray for feed in outlet.feeds for stray in feed.stray):
            labels[absolute(stray.link, base_urls[outlet.key], dead)] = stray.labels
    odd = {url: article for url, article in articles.items() if article.feed_date != "right"} if now else {}
    return Expected(
        feeds=tuple(
            _expected_feed(room, base_urls, dead, outlet, feed)
            for outlet in room.outlets.values()
            for feed in outlet.feeds
        ),
        articles=articles,
        labels=labels,
        troubled=troubled,
        walls={url: item.access for url, item in troubled.items() if item.access},
        backlog=frozenset(
            url for url, article in articles.items() if article.labels and article.age_hours > BACKLOG_HOURS
        ),
        published={url: article.published_at(now) if article.page_date else None for url, article in odd.items()}
        if now
        else {},
        hostile=_extra("hostile", base_urls, ("page",)),
        lying=_extra("lying", base_urls, ("feed",)),
    )


def _extra(name: str, base_urls: Mapping[str, str], on: tuple[str, ...]) -> Mapping[str, Misbehaviour]:
    extra = EXTRAS[name]
    if extra.outlet.key not in base_urls:
        return {}
    return {base_urls[extra.outlet.key] + item.path: item for item in extra.table if item.on in on}


def _expected_feed(
    newsroom: Newsroom, base_urls: Mapping[str, str], dead: str, outlet: Outlet, feed: FeedSpec
) -> ExpectedFeed:
    base = base_urls[outlet.key]
    here = [item for item in MISBEHAVIOURS if item.on == "feed" and item.outlet == outlet.key]
    mine = [item for item in here if item.path == feed.register_path]
    suffix = f"?{feed.tracking}" if feed.tracking else ""
    if outlet.tag_page:
        links = [base + outlet.tag_page]
    else:
        links = [base + newsroom.path_of(article) + suffix for article in newsroom.in_feed(outlet, feed)]
        links += [absolute(stray.link, base, dead) for stray in feed.stray]
    if any(item.malformed for item in mine):
        links = links[:-SALVAGE_LOSS]
    statuses = next((item.statuses for item in mine if item.statuses[0] >= 400), (200,))
    first: Outcome = "parsed" if statuses[0] == 200 else "failed"
    if first == "failed":
        second: Outcome = "parsed" if statuses[-1] == 200 else "failed"
    else:
        whole = not any(item.malformed for item in mine)
        second = "not-modified" if whole and (feed.etag or feed.last_modified) else "parsed"
    if statuses[-1] != 200:
        links = []
    return ExpectedFeed(
        url=base + feed.register_path, outlet=outlet.key, links=tuple(links), first=first, second=second
    )
