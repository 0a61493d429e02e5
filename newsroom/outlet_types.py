"""What there is to say of an outlet: how it looks, where its pages live and what its feeds are like."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Literal

Kind = Literal["agency", "newspaper", "broadcaster", "magazine", "blog", "government", "aggregator"]
FeedFormat = Literal["rss2", "atom", "rss1", "json"]
Carries = Literal["full", "summary", "title"]


def article_number(slug: str) -> int:
    """Six digits that stand for an article in its outlet's URLs, derived from its slug and so always the same."""
    return 100_000 + zlib.crc32(slug.encode()) % 900_000


@dataclass(frozen=True, slots=True, kw_only=True)
class StrayEntry:
    """A feed entry with no readable article behind it: its link leads to trouble (see `misbehaviour.py`).

    `link` is an absolute URL, a path on the outlet, or `dead:` and a path on the port where nobody listens.
    `labels` is the ground truth of what the summary tells.
    """

    title: str
    link: str
    summary: str
    age_hours: float
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedSpec:
    """One feed of an outlet.

    `path` is where the document is, `listed_as` what the register says (another path where the feed has moved).
    `section` limits the feed to the articles of one section; "" takes them all. `tracking` is appended to each
    link (utm_ parameters), `same_guid` replaces every entry's own guid, `encoding` is declared and used.
    """

    path: str
    title: str
    format: FeedFormat
    carries: Carries
    listed_as: str = ""
    section: str = ""
    encoding: str = "utf-8"
    tracking: str = ""
    same_guid: str = ""
    etag: bool = True
    last_modified: bool = True
    stray: tuple[StrayEntry, ...] = ()

    @property
    def register_path(self) -> str:
        """The path that the written register names."""
        return self.listed_as or self.path


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """A fictional outlet.

    `article_path` is a format string over `slug`, `number` (six digits, stable) and `section`. `tag_page` is the
    path of the page that holds all posts at once, "" for outlets with a page for each article. `country` is
    an ISO 3166 code, "" where the country is invented. `robots` is its robots.txt, "" for none (404).
    """

    key: str
    title: str
    tagline: str
    kind: Kind
    language: str
    country: str
    template: str
    article_path: str
    sections: tuple[str, ...]
    feeds: tuple[FeedSpec, ...]
    tag_page: str = ""
    robots: str = ""


DEAD = "dead:"
"""Stands in a link for the origin at which nobody listens; its port is known when the server runs."""


def absolute(link: str, base: str, dead: str) -> str:
    """A link as feeds print it: with the outlet's base URL, or the dead origin's, where it is no whole URL."""
    if link.startswith("http"):
        return link
    return dead + link.removeprefix(DEAD) if link.startswith(DEAD) else base + link
