"""What goes wrong in the newsroom, on purpose, as data: the server acts on this table and tests ask it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from newsroom.outlets import article_number

On = Literal["feed", "page", "entry"]
OVERSIZE_BYTES = 6_500_000
_FERRY = "ferry-crews-vote-on-sunday-shifts"
_MUSEUM = "museum-shows-pocket-cameras-of-the-cold-war"


@dataclass(frozen=True, slots=True, kw_only=True)
class Misbehaviour:
    """One thing that a real web would do.

    `on` says where it shows: in a feed's answer, in a page's answer, or in what an entry of a feed says.
    `outlet` and `path` name the place (the path that the register or the entry names; for an entry with a foreign
    link, the whole URL). `statuses` are the answers to one plain GET after another; the last one repeats; empty where
    nothing should be asked. `first_run` and `second_run` say what a reader of the feeds should see.
    """

    name: str
    on: On
    outlet: str
    path: str
    statuses: tuple[int, ...]
    what: str
    first_run: str
    second_run: str
    location: str = ""
    slow: bool = False
    oversize: bool = False
    malformed: bool = False


MISBEHAVIOURS: tuple[Misbehaviour, ...] = (
    Misbehaviour(
        name="not-modified",
        on="feed",
        outlet="meridian",
        path="/rss/all.xml",
        statuses=(200,),
        what="ETag and Last-Modified are honoured: 304 without a body (so do most other feeds and pages)",
        first_run="parsed",
        second_run="304, nothing parsed",
    ),
    Misbehaviour(
        name="feed-moved",
        on="feed",
        outlet="farsight",
        path="/rss",
        statuses=(301,),
        location="/feeds/essays.xml",
        what="301 to the feed's new address on the same outlet",
        first_run="followed and parsed",
        second_run="the new address is asked (directly if remembered): 304",
    ),
    Misbehaviour(
        name="feed-gone",
        on="feed",
        outlet="vantage",
        path="/rss/sport.xml",
        statuses=(410,),
        what="410, the feed was given up",
        first_run="failed, for good",
        second_run="not asked, or failed again",
    ),
    Misbehaviour(
        name="feed-heals",
        on="feed",
        outlet="northlight",
        path="/api/weekend.json",
        statuses=(500, 200),
        what="500 on the first request, well from the second on",
        first_run="failed, to be tried again",
        second_run="in back-off; once asked, parsed with entries that are no matches",
    ),
    Misbehaviour(
        name="feed-malformed",
        on="feed",
        outlet="vantage",
        path="/rss/city.xml",
        statuses=(200,),
        malformed=True,
        what="not well-formed: bare ampersand, undefined entity, a tag never closed, cut off inside the last entry",
        first_run="the whole entries are salvaged; the validators are not kept, since entries may be missing",
        second_run="asked without validators: parsed again, every whole entry known",
    ),
    Misbehaviour(
        name="no-validators",
        on="feed",
        outlet="basket",
        path="/picks.xml",
        statuses=(200,),
        what="neither ETag nor Last-Modified: always 200 with the same bytes",
        first_run="parsed",
        second_run="parsed again, every entry known",
    ),
    Misbehaviour(
        name="feed-latin-1",
        on="feed",
        outlet="elbufer",
        path="/lokales.atom",
        statuses=(200,),
        what="ISO-8859-1, declared in the XML declaration and in the Content-Type",
        first_run="umlauts intact",
        second_run="304",
    ),
    Misbehaviour(
        name="repeated-guid",
        on="feed",
        outlet="vantage",
        path="/rss/news.xml",
        statuses=(200,),
        what="every entry has the same guid",
        first_run="every entry is kept, told apart by its link",
        second_run="304",
    ),
    Misbehaviour(
        name="shared-links",
        on="feed",
        outlet="courier",
        path="/feeds/politics.rss",
        statuses=(200,),
        what="links with utm_ parameters, some of them to articles that /feeds/world.rss lists without",
        first_run="an article in both feeds is stored once",
        second_run="304",
    ),
    Misbehaviour(
        name="page-heals",
        on="page",
        outlet="courier",
        path=f"/news/{_FERRY}-{article_number(_FERRY)}",
        statuses=(500, 200),
        what="500 on the first request, well from the second on",
        first_run="failed, to be tried again",
        second_run="stored once it is due; no match",
    ),
    Misbehaviour(
        name="page-slow",
        on="page",
        outlet="northlight",
        path=f"/n/{article_number(_MUSEUM)}/{_MUSEUM}",
        statuses=(200,),
        slow=True,
        what="answers after --slow-seconds (2 s)",
        first_run="stored",
        second_run="known",
    ),
    Misbehaviour(
        name="page-missing",
        on="page",
        outlet="courier",
        path="/news/harbour-dues-review-100404",
        statuses=(404,),
        what="the entry's page is not there",
        first_run="failed, or the feed's summary is used",
        second_run="not tried again at once",
    ),
    Misbehaviour(
        name="page-oversize",
        on="page",
        outlet="northlight",
        path="/live/storm-hedda",
        statuses=(200,),
        oversize=True,
        what="streams more than 6 MB without Content-Length",
        first_run="failed, broken off at the size limit",
        second_run="not tried again at once",
    ),
    Misbehaviour(
        name="private-address",
        on="entry",
        outlet="basket",
        path="http://10.20.30.40/intranet/minutes.html",
        statuses=(),
        what="the entry links into a private network",
        first_run="refused without a connection",
        second_run="not tried",
    ),
    Misbehaviour(
        name="metadata-address",
        on="entry",
        outlet="basket",
        path="http://169.254.169.254/latest/meta-data/",
        statuses=(),
        what="the entry links to a link-local address where cloud machines keep their secrets",
        first_run="refused without a connection",
        second_run="not tried",
    ),
    Misbehaviour(
        name="date-missing",
        on="entry",
        outlet="basket",
        path="/item/chess-club-plays-a-village-by-post",
        statuses=(200,),
        what="the entry has no date; the page has",
        first_run="stored with the page's date",
        second_run="known",
    ),
    Misbehaviour(
        name="date-1970",
        on="entry",
        outlet="basket",
        path="/item/old-phones-find-a-second-life",
        statuses=(200,),
        what="the entry is dated 1 January 1970; the page has the right date",
        first_run="stored with the page's date",
        second_run="known",
    ),
    Misbehaviour(
        name="date-2099",
        on="entry",
        outlet="basket",
        path="/item/coffee-growers-climb-the-hill",
        statuses=(200,),
        what="the entry is dated 31 December 2099; the page has the right date",
        first_run="stored with the page's date, never in the future",
        second_run="known",
    ),
    Misbehaviour(
        name="date-words",
        on="entry",
        outlet="basket",
        path="/item/allotment-holders-share-their-seeds",
        statuses=(200,),
        what="the entry is dated 'yesterday' and the page shows no date",
        first_run="stored without a publication date of its own",
        second_run="known",
    ),
    Misbehaviour(
        name="tag-page",
        on="page",
        outlet="envoy",
        path="/tag/expulsions/",
        statuses=(200,),
        what="one entry links a page with several posts, each ending in an author, date and permalink line",
        first_run="one entry, as many articles as there are posts",
        second_run="known",
    ),
    Misbehaviour(
        name="paywall",
        on="page",
        outlet="farsight",
        path="/essays/the-lens-grinders-second-notebook",
        statuses=(200,),
        what="the page shows the first two paragraphs and says isAccessibleForFree false (all essays do)",
        first_run="stored as a teaser",
        second_run="known",
    ),
)


def named(name: str) -> Misbehaviour:
    """The misbehaviour of that name; KeyError if there is none."""
    return {item.name: item for item in MISBEHAVIOURS}[name]
