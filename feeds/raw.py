"""What a format module understood of a document, before anything is judged.

feedparser (RSS, Atom, RDF) and `jsonfeed` both end here, so that links, dates, titles and identity are decided in
one place for all formats.
"""

from __future__ import annotations

from dataclasses import dataclass

from feeds.plain import Written


@dataclass(frozen=True, slots=True, kw_only=True)
class RawEntry:
    """One item as the feed had it; every text is untrusted and unresolved.

    Attributes:
        title_written: whether the title is declared to be text or HTML.
        links: addresses of the article itself, best first; may be relative, may be no addresses at all.
        own_id_links: the item's identifier where it may serve as an address if `links` gives none.
        published, updated: date texts, best first.
        unreadable: why the item could not be read at all; the other fields are then empty.
        cut_off: the document ends inside this item.
    """

    title: str = ""
    title_written: Written = Written.UNSAID
    links: tuple[str, ...] = ()
    own_id_links: tuple[str, ...] = ()
    guid: str = ""
    summary_html: str = ""
    content_html: str = ""
    authors: tuple[str, ...] = ()
    published: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    language: str = ""
    unreadable: str = ""
    cut_off: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RawFeed:
    """A document that is a feed, with its items in document order.

    Attributes:
        complete: False where the document breaks off, or is so broken that items may be missing.
        left_out: items that were not read because there are too many.
    """

    title: str = ""
    title_written: Written = Written.UNSAID
    link: str = ""
    language: str = ""
    entries: tuple[RawEntry, ...] = ()
    complete: bool = True
    left_out: int = 0
