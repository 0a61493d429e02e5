"""Which items without a page of their own are entries that the feed has shown before. Pure.

An item whose page is its own is known by that page, whatever becomes of its title, date or text. One that has no
link, or shares it with other items, is known by title and date, so that a ticker whose single item is rewritten all
day would bring a new entry at each poll. Here such an item is known again as long as it does not change beyond
recognition from one sighting to the next:

* It carries the GUID that an entry of this feed carried last, and agrees with what that entry looked like last in
  title, date or text, or has most of the words of a long title in common with it ("notice 3", "notice 4").
* It has no GUID (or the feed is known to change GUIDs), and agrees in title and text: only its date has moved.

A GUID alone is no proof, for publishers use them again for other news. Nor does an aspect tell anything that several
items of the document bear, a date without a time of day, or a short title ("Daily briefing"). In every doubt the item
is a new one: telling one thing twice is the smaller mistake.

What is compared is the last sighting and not the first, so that an item may change title today, date tomorrow and
text the day after; `entry_aspects` keeps it, for these items only, beside `entries`, where the first telling stays.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, datetime, time

from spywatch.records import Entry
from spywatch.urls import digest_of

COMMON_WORDS = 5
COMMON_SHARE = 0.6
"""So many words, and this share of all words of both, make two titles one rewritten title. A short one that changes
only its date, such as "Daily briefing, 4 March" under a GUID used again, stays below."""
_MARKUP = re.compile(r"<[^<>]*>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Aspects:
    """What an item looks like.

    Attributes:
        page: canonical address of its link, "" if it has none.
        guid, title: as the feed has them.
        text_key: hash of its plain text, "" if it has none.
    """

    page: str
    guid: str
    title: str
    published_at: datetime | None
    text_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """An item of a document; `own_page` says whether its link is its alone."""

    entry_id: str
    own_page: bool
    aspects: Aspects


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """What an entry looked like when the feed showed it last; `seen_at` is since when it has looked so (UTC)."""

    aspects: Aspects
    seen_at: datetime


def aspects_of(entry: Entry, page: str) -> Aspects:
    """What an entry looks like; `page` is the canonical form of its link, "" if none."""
    plain = " ".join(html.unescape(_MARKUP.sub(" ", f"{entry.summary_html} {entry.content_html}")).split())
    return Aspects(
        page=page,
        guid=entry.guid,
        title=" ".join(entry.title.split()),
        published_at=entry.published_at,
        text_key=digest_of("text", plain) if plain else "",
    )


def recognise(
    items: Sequence[Shown], *, known: Set[str], remembered: Mapping[str, Remembered], guids_change: bool = False
) -> list[str]:
    """Say which entry each item of one document is; the rule is told at the top of this module.

    Args:
        items: the whole document, in order.
        known: ids among the items' that the database has.
        remembered: by entry id, entries without a page of their own that this feed has shown before.
        guids_change: the feed gives its items another GUID at each poll, so that GUIDs say nothing.

    Returns:
        An entry id for each item: its own, or that of the entry which it is. No entry is given to two items.
    """
    taken = {item.entry_id for item in items}
    guids = Counter(item.aspects.guid for item in items)
    borne = Counter(aspect for item in items for aspect in _telling(item.aspects))
    wording = Counter(_wording(item.aspects) for item in items)
    last: dict[str, list[str]] = {}
    for entry_id, past in remembered.items():
        bearers = last.setdefault(past.aspects.guid, [])
        if bearers and remembered[bearers[0]].seen_at < past.seen_at:
            bearers.clear()
        if not bearers or remembered[bearers[0]].seen_at == past.seen_at:
            bearers.append(entry_id)

    found = []
    for item in items:
        entry_id, aspects = item.entry_id, item.aspects
        if not item.own_page and entry_id not in known:
            if aspects.guid and not guids_change:
                same = last.get(aspects.guid, []) if guids[aspects.guid] == 1 else []
                same = [one for one in same if _agree(aspects, remembered[one].aspects, borne)]
            else:
                worded = _wording(aspects)
                alone = aspects.title and aspects.text_key and wording[worded] == 1
                same = [one for one, past in remembered.items() if alone and _wording(past.aspects) == worded]
            if len(same) == 1 and same[0] not in taken:
                entry_id = same[0]
                taken.add(entry_id)
        found.append(entry_id)
    return found


def _wording(aspects: Aspects) -> tuple[str, str, str]:
    return aspects.page, aspects.title, aspects.text_key


def _agree(now: Aspects, past: Aspects, borne: Counter[tuple[str, str]]) -> bool:
    if now.page != past.page:
        return False
    if any(borne[aspect] == 1 for aspect in _telling(now) & _telling(past)):
        return True
    mine, theirs = (set(re.findall(r"\w+", title.casefold())) for title in (now.title, past.title))
    common = len(mine & theirs)
    return common >= COMMON_WORDS and common >= COMMON_SHARE * len(mine | theirs)


def _telling(aspects: Aspects) -> set[tuple[str, str]]:
    """The aspects that can tell one item from others."""
    telling = set()
    if len(re.findall(r"\w+", aspects.title)) >= COMMON_WORDS:
        telling.add(("title", aspects.title))
    if aspects.published_at is not None and aspects.published_at.astimezone(UTC).time() != time():
        telling.add(("date", aspects.published_at.astimezone(UTC).isoformat()))
    if aspects.text_key:
        telling.add(("text", aspects.text_key))
    return telling
