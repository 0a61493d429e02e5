"""What a reader of the newsroom should find: the ground truth by URL, and each feed's answers in turn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from newsroom.content import Article, Newsroom, load_newsroom
from newsroom.misbehaviour import MISBEHAVIOURS, Misbehaviour
from newsroom.outlets import FeedSpec, Outlet

Outcome = Literal["parsed", "not-modified", "failed"]
# What a lenient parser gets out of the malformed feed: all entries but the last, which is cut off in its title.
SALVAGE_LOSS = 1


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

    `labels` maps each article's own URL to its labels (posts of the tag page by their permalink), `articles` the same
    URLs to the articles, `troubled` the URL of each misbehaving page or link to its misbehaviour.
    """

    feeds: tuple[ExpectedFeed, ...]
    articles: Mapping[str, Article]
    labels: Mapping[str, tuple[str, ...]]
    troubled: Mapping[str, Misbehaviour]

    def entry_urls(self, run: Literal[1, 2]) -> frozenset[str]:
        """The distinct entry URLs that are known after the first run, or after the second one."""
        wanted = [feed for feed in self.feeds if feed.first == "parsed" or (run == 2 and feed.second == "parsed")]
        return frozenset(link.partition("?utm_")[0] for feed in wanted for link in feed.links)

    def failing_urls(self, run: Literal[1, 2]) -> frozenset[str]:
        """The entry URLs whose page cannot be had in that run (if everything due is asked for)."""
        lost = {url for url, item in self.troubled.items() if _fails(item, run)}
        return self.entry_urls(run) & lost

    def articles_after(self, run: Literal[1, 2]) -> frozenset[str]:
        """The URLs of the articles that are stored after that run: a tag page counts as its posts."""
        good = self.entry_urls(run) - self.failing_urls(run)
        posts = {url for url, article in self.articles.items() if article.outlet in self._tag_pages(good)}
        return frozenset(url for url in good if url in self.articles) | posts

    def _tag_pages(self, urls: frozenset[str]) -> set[str]:
        pages = {url: item for url, item in self.troubled.items() if item.name == "tag-page"}
        return {item.outlet for url, item in pages.items() if url in urls}


def expected(base_urls: Mapping[str, str], newsroom: Newsroom | None = None) -> Expected:
    """Ground truth for a server with these base URLs (outlet key to `http://host:port`)."""
    room = newsroom or load_newsroom()
    articles = {base_urls[article.outlet] + room.path_of(article): article for article in room.articles.values()}
    troubled = {}
    for item in MISBEHAVIOURS:
        if item.on != "feed":
            troubled[item.path if item.path.startswith("http") else base_urls[item.outlet] + item.path] = item
    return Expected(
        feeds=tuple(
            _expected_feed(room, base_urls, outlet, feed) for outlet in room.outlets.values() for feed in outlet.feeds
        ),
        articles=articles,
        labels={url: article.labels for url, article in articles.items()},
        troubled=troubled,
    )


def _expected_feed(newsroom: Newsroom, base_urls: Mapping[str, str], outlet: Outlet, feed: FeedSpec) -> ExpectedFeed:
    base = base_urls[outlet.key]
    here = [item for item in MISBEHAVIOURS if item.on == "feed" and item.outlet == outlet.key]
    mine = [item for item in here if item.path == feed.register_path]
    suffix = f"?{feed.tracking}" if feed.tracking else ""
    if outlet.tag_page:
        links = [base + outlet.tag_page]
    else:
        links = [base + newsroom.path_of(article) + suffix for article in newsroom.in_feed(outlet, feed)]
        links += [stray.link if stray.link.startswith("http") else base + stray.link for stray in feed.stray]
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


def _fails(item: Misbehaviour, run: int) -> bool:
    if not item.statuses:
        return True
    return item.statuses[min(run, len(item.statuses)) - 1] != 200 or item.oversize
