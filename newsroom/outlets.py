"""The fictional outlets: how each one looks, where its pages live and what its feeds are like. Data only."""

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
    """A feed entry with no article behind it: its link leads to trouble (see `misbehaviour.py`).

    `link` is an absolute URL, or a path on the outlet.
    """

    title: str
    link: str
    summary: str
    age_hours: float


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
    an ISO 3166 code, "" where the country is invented.
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


OUTLETS: tuple[Outlet, ...] = (
    Outlet(
        key="meridian",
        title="Meridian Wire",
        tagline="News as it is filed",
        kind="agency",
        language="en",
        country="CH",
        template="agency.html",
        article_path="/story/{slug}",
        sections=("wire",),
        feeds=(FeedSpec(path="/rss/all.xml", title="Meridian Wire", format="rss2", carries="full"),),
    ),
    Outlet(
        key="courier",
        title="The Harbour Courier",
        tagline="Independent since 1871",
        kind="newspaper",
        language="en",
        country="GB",
        template="newspaper.html",
        article_path="/news/{slug}-{number}",
        sections=("world", "politics", "business"),
        feeds=(
            FeedSpec(
                path="/feeds/world.rss",
                title="The Harbour Courier: World",
                format="rss2",
                carries="summary",
                section="world",
                stray=(
                    StrayEntry(
                        title="Harbour dues to be reviewed after shippers' complaint",
                        link="/news/harbour-dues-review-100404",
                        summary="The port authority is to look again at what it charges smaller vessels.",
                        age_hours=31,
                    ),
                ),
            ),
            FeedSpec(
                path="/feeds/politics.rss",
                title="The Harbour Courier: Politics",
                format="rss2",
                carries="summary",
                section="politics",
                tracking="utm_source=rss&utm_medium=feed&utm_campaign=politics",
            ),
            FeedSpec(
                path="/feeds/business.rss",
                title="The Harbour Courier: Business",
                format="rss2",
                carries="summary",
                section="business",
                etag=False,
            ),
        ),
    ),
    Outlet(
        key="vantage",
        title="Daily Vantage",
        tagline="The whole town is talking",
        kind="newspaper",
        language="en",
        country="IE",
        template="tabloid.html",
        article_path="/{section}/{number}/{slug}.html",
        sections=("news", "city"),
        feeds=(
            FeedSpec(
                path="/rss/news.xml",
                title="Daily Vantage News",
                format="rss2",
                carries="title",
                section="news",
                same_guid="vantage-news-item",
            ),
            FeedSpec(
                path="/rss/city.xml", title="Daily Vantage City", format="rss2", carries="summary", section="city"
            ),
            FeedSpec(
                path="/rss/sport.xml", title="Daily Vantage Sport", format="rss2", carries="title", section="sport"
            ),
        ),
    ),
    Outlet(
        key="karvelia",
        title="Ministry of the Interior of Karvelia",
        tagline="Press and public relations directorate",
        kind="government",
        language="en",
        country="",
        template="ministry.html",
        article_path="/press/release?id={number}",
        sections=("releases",),
        feeds=(
            FeedSpec(
                path="/press/index.rdf",
                title="Ministry of the Interior: press releases",
                format="rss1",
                carries="title",
                last_modified=False,
            ),
        ),
    ),
    Outlet(
        key="sidewalks",
        title="Ciphers & Sidewalks",
        tagline="Notes on secret services, kept by an archivist",
        kind="blog",
        language="en",
        country="CA",
        template="blog.html",
        article_path="/posts/{slug}/",
        sections=("notes",),
        feeds=(FeedSpec(path="/feed/atom/", title="Ciphers & Sidewalks", format="atom", carries="full"),),
    ),
    Outlet(
        key="farsight",
        title="The Farsight Review",
        tagline="Long reading for short weekends",
        kind="magazine",
        language="en",
        country="US",
        template="magazine.html",
        article_path="/essays/{slug}",
        sections=("essays",),
        feeds=(
            FeedSpec(
                path="/feeds/essays.xml",
                listed_as="/rss",
                title="The Farsight Review",
                format="rss2",
                carries="summary",
            ),
        ),
    ),
    Outlet(
        key="envoy",
        title="Envoy Watch",
        tagline="Who was sent home, and why",
        kind="blog",
        language="en",
        country="NL",
        template="tagpage.html",
        article_path="/entry/{slug}/",
        sections=("expulsions",),
        feeds=(FeedSpec(path="/feed.xml", title="Envoy Watch", format="rss2", carries="summary"),),
        tag_page="/tag/expulsions/",
    ),
    Outlet(
        key="northlight",
        title="Northlight Television",
        tagline="Watch. Listen. Understand.",
        kind="broadcaster",
        language="en",
        country="GB",
        template="broadcaster.html",
        article_path="/n/{number}/{slug}",
        sections=("world", "weekend"),
        feeds=(
            FeedSpec(
                path="/api/world.json",
                title="Northlight World",
                format="json",
                carries="summary",
                section="world",
                stray=(
                    StrayEntry(
                        title="Storm Hedda: the day minute by minute",
                        link="/live/storm-hedda",
                        summary="Everything that viewers and reporters sent us, in the order it came in.",
                        age_hours=20,
                    ),
                ),
            ),
            FeedSpec(
                path="/api/weekend.json",
                title="Northlight Weekend",
                format="json",
                carries="summary",
                section="weekend",
            ),
        ),
    ),
    Outlet(
        key="elbufer",
        title="Elbufer Zeitung",
        tagline="Aus der Stadt und vom Fluss",
        kind="newspaper",
        language="de",
        country="DE",
        template="regional.html",
        article_path="/lokales/{slug}.html",
        sections=("lokales",),
        feeds=(
            FeedSpec(
                path="/lokales.atom",
                title="Elbufer Zeitung: Lokales",
                format="atom",
                carries="summary",
                encoding="iso-8859-1",
            ),
        ),
    ),
    Outlet(
        key="basket",
        title="Newsbasket",
        tagline="Everything, picked up from everywhere",
        kind="aggregator",
        language="en",
        country="US",
        template="aggregator.html",
        article_path="/item/{slug}",
        sections=("picks",),
        feeds=(
            FeedSpec(
                path="/picks.xml",
                title="Newsbasket picks",
                format="rss2",
                carries="summary",
                etag=False,
                last_modified=False,
                stray=(
                    StrayEntry(
                        title="Minutes of the gardening club, page two",
                        link="http://10.20.30.40/intranet/minutes.html",
                        summary="Picked up from a link that a reader sent in.",
                        age_hours=12,
                    ),
                    StrayEntry(
                        title="Settings of the machine room",
                        link="http://169.254.169.254/latest/meta-data/",
                        summary="Picked up from a link that a reader sent in.",
                        age_hours=13,
                    ),
                ),
            ),
        ),
    ),
)
