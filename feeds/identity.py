"""Which entry is which. Pure.

The rule, in the order in which it is tried:

1. An entry whose link no other entry of the document has is known by its link's canonical form, so that it has the
   same id in every run and in every feed that links the page.
2. Entries that share a link (several posts of one page) are marked `link_shared`. Each is known by the link and its
   own fragment ("#post-3") if no other of them has that fragment; else by the link, its title and its published
   date; where even these repeat, the text is added.
3. An entry without a link is known by the host and path of the feed's address, its title and its published date;
   where one of the two is missing, or both repeat, the text is added. Scheme, user info and query are left out, so
   that a feed whose token is renewed does not tell everything again.

A GUID is never part of an id: publishers change, repeat and forget GUIDs, and each change would repeat the entry.
Nor is an entry's place in the document. Items that agree in link, fragment, title, published date and text are one
entry, whatever their GUIDs; the spare copies are handed back beside the entries.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from spywatch.records import Entry
from spywatch.urls import canonical, digest_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Unidentified:
    """An entry that has no id yet, with what tells it from others.

    Attributes:
        entry: its `id` is empty.
        published: the published date as text in one fixed form, "" if there is none. A date of change is no help
            here, since it would give an entry a new id at each change.
        text: the plain text of summary and content.
    """

    entry: Entry
    published: str = ""
    text: str = ""


def identify(found: Iterable[Unidentified]) -> tuple[tuple[Entry, ...], tuple[Entry, ...]]:
    """Give the entries of one document their ids.

    Args:
        found: the document's entries, in any order.

    Returns:
        The entries with their ids, no two the same, in the order given; and the spare copies, with the id of the
        entry that they are a copy of. Together they are as many as `found`.
    """
    places: dict[tuple[str, ...], int] = {}
    kept: list[Unidentified] = []
    spare: list[tuple[Entry, int]] = []
    keys: list[tuple[str, ...]] = []
    for item in found:
        key = _sameness(item)
        if key in places:
            spare.append((item.entry, places[key]))
        else:
            places[key] = len(kept)
            kept.append(item)
            keys.append(key)
    ids: dict[int, tuple[str, bool]] = {}
    groups: dict[str, list[int]] = defaultdict(list)
    for index, key in enumerate(keys):
        groups[key[0]].append(index)
    for link, members in groups.items():
        if not link:
            ids.update(_without_link(members, kept))
        elif len(members) == 1:
            ids[members[0]] = digest_of("url", link), False
        else:
            ids.update(_with_shared_link(link, members, kept))
    entries = tuple(
        replace(item.entry, id=ids[index][0], link_shared=ids[index][1]) for index, item in enumerate(kept)
    )
    return entries, tuple(replace(entry, id=entries[index].id) for entry, index in spare)


def _sameness(item: Unidentified) -> tuple[str, ...]:
    return canonical(item.entry.url), _fragment(item.entry.url), item.entry.title, item.published, item.text


def _with_shared_link(link: str, members: Sequence[int], kept: Sequence[Unidentified]) -> dict[int, tuple[str, bool]]:
    fragments = Counter(_fragment(kept[index].entry.url) for index in members)
    labels = Counter((kept[index].entry.title, kept[index].published) for index in members)
    ids = {}
    for index in members:
        item = kept[index]
        fragment, title = _fragment(item.entry.url), item.entry.title
        if fragment and fragments[fragment] == 1:
            ids[index] = digest_of("url-fragment", link, fragment), True
        elif labels[title, item.published] == 1:
            ids[index] = digest_of("url-title", link, title, item.published), True
        else:
            ids[index] = digest_of("url-text", link, fragment, title, item.published, item.text), True
    return ids


def _without_link(members: Sequence[int], kept: Sequence[Unidentified]) -> dict[int, tuple[str, bool]]:
    labels = Counter((kept[index].entry.title, kept[index].published) for index in members)
    ids = {}
    for index in members:
        item = kept[index]
        place, title = _place(item.entry.feed_url), item.entry.title
        if title and item.published and labels[title, item.published] == 1:
            ids[index] = digest_of("title", place, title, item.published), False
        else:
            ids[index] = digest_of("text", place, title, item.published, item.text), False
    return ids


def _place(feed_url: str) -> str:
    """Host (with a port that is not the scheme's own) and path of an address, "" if it is no web address."""
    parts = urlsplit(canonical(feed_url))
    return parts.netloc + parts.path


def _fragment(url: str) -> str:
    return urlsplit(url).fragment
