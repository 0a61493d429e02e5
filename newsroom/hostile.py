"""The Minefield: an outlet of pages and feeds that break readers. Served with `--hostile` only; see `extras.py`."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from newsroom.extra import Extra
from newsroom.hostile_bodies import bomb_feed, crowded_feed, nested_feed
from newsroom.hostile_pages import PAGES
from newsroom.mischief import Misbehaviour
from newsroom.outlet_types import FeedSpec, Outlet
from newsroom.resource import Resource, html_page

_KEY = "minefield"

_FEEDS = (
    Misbehaviour(
        name="entity-bomb",
        on="feed",
        outlet=_KEY,
        path="/feeds/bomb.xml",
        statuses=(200,),
        what="a feed whose ten entities unfold to gigabytes, and one that names a local file",
        first_run="nothing is unfolded and no file is read: the items are salvaged, or the feed fails",
        second_run="the same",
    ),
    Misbehaviour(
        name="feed-nested",
        on="feed",
        outlet=_KEY,
        path="/feeds/nested.xml",
        statuses=(200,),
        what="a feed with 50,000 nested tags",
        first_run="parsed or failed, within the limits of time and memory",
        second_run="the same",
    ),
    Misbehaviour(
        name="feed-crowded",
        on="feed",
        outlet=_KEY,
        path="/feeds/crowd.xml",
        statuses=(200,),
        what="a feed of 20,000 items without links",
        first_run="read up to the limit of items, the rest dropped",
        second_run="the same",
    ),
)

_OUTLET = Outlet(
    key=_KEY,
    title="The Minefield",
    tagline="Step carefully",
    kind="blog",
    language="en",
    country="",
    template="",
    article_path="",
    sections=(),
    feeds=(
        FeedSpec(path="/feed.json", title="The Minefield", format="json", carries="summary"),
        FeedSpec(path="/feeds/bomb.xml", title="The Minefield: bomb", format="rss2", carries="summary"),
        FeedSpec(path="/feeds/nested.xml", title="The Minefield: nested", format="rss2", carries="summary"),
        FeedSpec(path="/feeds/crowd.xml", title="The Minefield: crowd", format="rss2", carries="summary"),
    ),
)


def _resources(base: str, now: datetime) -> dict[str, Resource]:
    xml = "application/rss+xml; charset=utf-8"
    resources = {
        "/": html_page("<h1>The Minefield</h1><p>An invented outlet. Nothing here is meant well.</p>", now),
        "/feed.json": Resource(media_type="application/feed+json; charset=utf-8", body=_feed(base, now)),
        "/feeds/bomb.xml": Resource(media_type=xml, body=bomb_feed(base)),
        "/feeds/nested.xml": Resource(media_type=xml, body=nested_feed(base)),
        "/feeds/crowd.xml": Resource(media_type=xml, body=crowded_feed(base)),
    }
    for page in PAGES:
        resources[page.row.path] = Resource(
            media_type=page.media_type, body=page.build(), headers=page.headers, drips=page.drips
        )
    return resources


def _feed(base: str, now: datetime) -> bytes:
    """An ordinary JSON Feed; the format can carry control characters, which XML cannot."""
    items = [
        {
            "id": base + page.row.path,
            "url": base + page.row.path,
            "title": page.title,
            "date_published": f"{now - timedelta(hours=2 + number):%Y-%m-%dT%H:%M:%SZ}",
            "authors": [{"name": page.author}],
            "content_text": page.summary,
        }
        for number, page in enumerate(PAGES)
    ]
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "The Minefield",
        "home_page_url": f"{base}/",
        "feed_url": f"{base}/feed.json",
        "language": "en",
        "items": items,
    }
    return json.dumps(document, indent=1).encode()


EXTRA = Extra(outlet=_OUTLET, table=(*(page.row for page in PAGES), *_FEEDS), resources=_resources)
