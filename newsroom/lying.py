"""The Weathervane: an outlet whose feeds say something else each time. Served with `--lying` only; see `extras.py`.

Nothing here is a match, and nothing here hangs. What the feeds say depends on how often each was asked, on the items
that were added (POST /_control/publish) and on the newsroom's clock (POST /_control/clock?now=ISO).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from email.utils import format_datetime
from html import escape

from newsroom.extra import Extra
from newsroom.mischief import Misbehaviour
from newsroom.outlet_types import FeedSpec, Outlet
from newsroom.resource import Moment, Resource, html_page, validated

_KEY = "weathervane"
ITEMS = 4
LARGEST_PUBLISHED = 50
_NAMES = ("the lighthouse", "the bakery", "the tram depot", "the weir")


def _row(name: str, path: str, what: str, first_run: str, second_run: str, *, location: str = "") -> Misbehaviour:
    statuses = (301,) if location else (200,)
    return Misbehaviour(
        name=name,
        on="feed",
        outlet=_KEY,
        path=path,
        statuses=statuses,
        what=what,
        first_run=first_run,
        second_run=second_run,
        location=location,
    )


_TABLE = (
    _row(
        "false-304",
        "/rss/liar.xml",
        "304 to every conditional request, although POST /_control/publish has added an item",
        "parsed",
        "304, also where an item was added; a plain request shows it",
    ),
    _row(
        "ticker",
        "/rss/ticker.xml",
        "four items without links; titles, dates and texts change with every request, guids stay",
        "parsed",
        "parsed; no flood of new articles",
    ),
    _row(
        "changing-guids",
        "/rss/guids.xml",
        "the items' guids change with every request, their links stay",
        "parsed",
        "parsed; every item known by its link",
    ),
    _row(
        "dates-now",
        "/rss/now.xml",
        "every item is always dated now (the newsroom's clock)",
        "parsed",
        "parsed; every item known, with the date of the first time",
    ),
    _row(
        "rewritten-titles",
        "/rss/titles.xml",
        "the items' titles change with every request, their links stay",
        "parsed",
        "parsed; every item known by its link",
    ),
    _row(
        "moved-to-page",
        "/rss/moved.xml",
        "301 to a page that is no feed",
        "failed; the address in the register stays",
        "the same",
        location="/about",
    ),
    _row(
        "moved-to-private",
        "/rss/inside.xml",
        "301 to a private address",
        "refused without a connection; the address in the register stays",
        "the same",
        location="http://10.20.30.40/feed.xml",
    ),
)

_OUTLET = Outlet(
    key=_KEY,
    title="The Weathervane",
    tagline="Whichever way it blows",
    kind="blog",
    language="en",
    country="",
    template="",
    article_path="",
    sections=(),
    feeds=tuple(
        FeedSpec(path=row.path, title=f"The Weathervane: {row.name}", format="rss2", carries="summary")
        for row in _TABLE
    ),
)


def _resources(base: str, now: datetime) -> dict[str, Resource]:
    liar = validated(_feed("/rss/liar.xml", lambda moment: _liar(base, now, moment), lies=True))
    resources = {
        "/": html_page("<h1>The Weathervane</h1><p>An invented outlet.</p>", now),
        "/about": html_page("<h1>About</h1><p>An invented outlet of a sample newsroom. This is no feed.</p>", now),
        "/rss/liar.xml": liar,
        "/rss/ticker.xml": _feed("/rss/ticker.xml", lambda moment: _ticker(base, moment)),
        "/rss/guids.xml": _feed("/rss/guids.xml", lambda moment: _guids(base, now, moment)),
        "/rss/now.xml": _feed("/rss/now.xml", lambda moment: _now(base, moment)),
        "/rss/titles.xml": _feed("/rss/titles.xml", lambda moment: _titles(base, now, moment)),
    }
    for row in _TABLE:
        if row.location:
            resources[row.path] = Resource(media_type="text/plain", statuses=row.statuses, location=row.location)
    for folder, count in (("told", ITEMS + LARGEST_PUBLISHED), ("guids", ITEMS), ("now", ITEMS), ("titles", ITEMS)):
        for number in range(1, count + 1):
            resources[f"/{folder}/{number}"] = html_page(_page(folder, number), now)
    return resources


def _feed(path: str, changing: Callable[[Moment], bytes], *, lies: bool = False) -> Resource:
    return Resource(media_type="application/rss+xml; charset=utf-8", body=path.encode(), changing=changing, lies=lies)


def _liar(base: str, start: datetime, moment: Moment) -> bytes:
    count = ITEMS + min(moment.published, LARGEST_PUBLISHED)
    return _rss(
        base,
        "false-304",
        [_item(base, "told", number, start - timedelta(hours=60 - number)) for number in range(count, 0, -1)],
    )


def _ticker(base: str, moment: Moment) -> bytes:
    items = []
    for number, name in enumerate(_NAMES, start=1):
        minutes = (moment.asked * 7 + number * 3) % 59 + 1
        items.append(
            f"<item><title>Bus to {name}: {minutes} minutes (notice {moment.asked})</title>"
            f"<guid isPermaLink='false'>stop-{number}</guid>"
            f"<pubDate>{format_datetime(moment.now - timedelta(minutes=minutes))}</pubDate>"
            f"<description>The bus to {name} leaves in {minutes} minutes. {moment.asked} notices have been shown at "
            f"this stop before, and the driver waves to the people at the kerb.</description></item>"
        )
    return _rss(base, "ticker", items)


def _guids(base: str, start: datetime, moment: Moment) -> bytes:
    return _rss(
        base,
        "changing-guids",
        [
            _item(base, "guids", number, start - timedelta(hours=number), guid=f"session-{moment.asked}-{number}")
            for number in range(1, ITEMS + 1)
        ],
    )


def _now(base: str, moment: Moment) -> bytes:
    return _rss(base, "dates-now", [_item(base, "now", number, moment.now) for number in range(1, ITEMS + 1)])


def _titles(base: str, start: datetime, moment: Moment) -> bytes:
    return _rss(
        base,
        "rewritten-titles",
        [
            _item(
                base, "titles", n, start - timedelta(hours=n), title=f"{_title('titles', n)} (version {moment.asked})"
            )
            for n in range(1, ITEMS + 1)
        ],
    )


def _title(folder: str, number: int) -> str:
    return f"Paint number {number} for {_NAMES[number % len(_NAMES)]}, seen from the {folder} side"


def _item(base: str, folder: str, number: int, date: datetime, *, guid: str = "", title: str = "") -> str:
    link = f"{base}/{folder}/{number}"
    return (
        f"<item><title>{escape(title or _title(folder, number))}</title><link>{link}</link>"
        f"<guid isPermaLink='false'>{guid or link}</guid><pubDate>{format_datetime(date)}</pubDate>"
        f"<description>A new coat for {_NAMES[number % len(_NAMES)]}.</description></item>"
    )


def _rss(base: str, name: str, items: list[str]) -> bytes:
    head = f"<title>The Weathervane: {name}</title><link>{base}/</link><description>Turns.</description>"
    whole = "\n".join(items)
    return f'<?xml version="1.0"?>\n<rss version="2.0"><channel>{head}\n{whole}\n</channel></rss>\n'.encode()


def _page(folder: str, number: int) -> str:
    name = _NAMES[number % len(_NAMES)]
    title = escape(_title(folder, number))
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title></head><body>'
        f"<article><h1>{title}</h1>\n"
        f"<p>The committee has chosen colour {number} for {name}. It is a kind of grey that turns green in the rain "
        f"and that nobody had asked for, but the tin was open and the brush was wet.</p>\n"
        f"<p>Work on the {folder} side begins on the first dry day. Until then a strip of {number} planks has been "
        f"painted for trial, and people who pass by may hang up a note with what they think.</p>\n"
        f"<p>So far {number * 3} notes have been hung up. Most of them ask for the old colour back; one asks for "
        f"soup. The painter reads them aloud from the ladder at noon and then has his sandwich.</p>\n"
        f"</article></body></html>\n"
    )


EXTRA = Extra(outlet=_OUTLET, table=_TABLE, resources=_resources)
