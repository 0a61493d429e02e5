"""Bytes to entries: the front door of reading a feed document, and the only importer of feedparser.

A document counts as a feed by what is in it, never by whether it is well-formed: what can be had of a broken one is
had. feedparser gets the bytes undecoded together with the Content-Type, and is kept from fetching, sanitising,
resolving and (see `dates`) from having the last word on dates.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from feeds import dates
from feeds.charset import plain_bytes
from feeds.entries import judge
from feeds.fence import ITEM_OPEN, Fenced, cut, fence, has_feed_tag, has_item, tidy_head
from feeds.jsonfeed import read_json_feed
from feeds.raw import RawEntry, RawFeed
from feeds.sniff import Shape, charset_of, is_utf8, shape_of
from feeds.understood import raw_entry, raw_feed, text_of
from spywatch.records import Failure, ParsedFeed, Reason, Stage
from spywatch.urls import redact

# What feedparser 6.0.14 raises on some broken documents instead of setting its bozo flag: a reference to a lone
# surrogate (UnicodeEncodeError, a ValueError), to a number beyond Unicode (OverflowError), geographic elements out
# of place (TypeError, KeyError); the others come from the same code, its SGML reader and the standard library's.
_LIBRARY_FAULTS = (ValueError, OverflowError, TypeError, LookupError, AttributeError, AssertionError, RecursionError)

_BAD_REFERENCE = re.compile(
    rb"&#(?:x0*(?:d[89a-f][0-9a-f]{2}|[0-9a-f]{7,})|0*(?:5[56]\d{3}|57[0-2]\d\d|\d{8,}));?", re.I
)
_ITEM_CLOSE = re.compile(rb"</(?:\w+:)?(?:item|entry)\s*>", re.IGNORECASE)
_END = re.compile(rb"</(?:[\w.-]+:)?(?:rss|feed|rdf)\s*>", re.IGNORECASE)
_CHANNEL_END = re.compile(rb"</(?:[\w.-]+:)?channel\s*>", re.IGNORECASE)
_ROOT_ABOVE_CHANNEL = re.compile(rb"<(?:[\w.-]+:)?(?:rss|rdf)[\s>]", re.IGNORECASE)
_LONGEST_HEAD = 65_536
_LONGEST_SAMPLE = 262_144
_LONGEST_NAME = 300
_MARK = "_kept_short"
# What may be parsed again to find the items at fault: the document this many times over, and so many bytes more.
_SALVAGE_WORK = 4
_SALVAGE_FLOOR = 1_000_000


def parse_feed(
    body: bytes,
    *,
    feed_url: str = "",
    content_type: str = "",
    now: datetime | None = None,
    max_items: int | None = None,
) -> ParsedFeed | Failure:
    """Read a feed document: RSS, Atom, RDF, CDF or JSON Feed.

    Args:
        body: the document, undecoded, decompressed.
        feed_url: where it was fetched: entries name it, and relative links are resolved against it.
        content_type: the Content-Type header, for its charset; "" if unknown. Where the bytes are UTF-8 beyond
            doubt, a charset that says otherwise is ignored.
        now: the clock (UTC-aware), for the limit on future dates; None where there is none.
        max_items: most items read; None for no limit. The newest are read: the first ones of the document, or the
            last ones where the dates of the first and the last say so. The document counts as complete all the
            same, because asking for it again would bring nothing else.

    Returns:
        The feed with its usable entries, and those that are not in `skipped` (reasons MALFORMED_ENTRY,
        NO_LINK_NO_TEXT, DUPLICATE_ENTRY; one TOO_MANY_ITEMS that says how many were left out); or a Failure with
        the reason EMPTY, NOT_A_FEED or TOO_LARGE (more markup than `feeds.fence` allows).
    """
    body, content_type = plain_bytes(body, content_type)
    body = tidy_head(body)
    shape = shape_of(body)
    if shape is Shape.EMPTY:
        return _failure(feed_url, Reason.EMPTY, "the document is empty")
    raw = read_json_feed(body, content_type) if shape is Shape.JSON else None
    if raw is not None:
        raw = _newest(raw, max_items)
    # What does not look like XML from the start must hold entries: junk before a feed is common.
    elif has_item(body) or (shape is Shape.OTHER and has_feed_tag(body)):
        fenced = fence(body)
        if fenced.too_much:
            return _failure(feed_url, Reason.TOO_LARGE, "more markup than any feed needs before its first item ends")
        body, left_out = _with_newest(fenced, max_items, content_type)
        raw = _read_xml(body, content_type, must_hold_entries=shape is not Shape.OTHER)
        raw = replace(raw, left_out=left_out) if raw is not None else None
    if raw is None:
        kind = {Shape.HTML: "an HTML page", Shape.JSON: "a JSON document"}.get(shape, "a document")
        return _failure(feed_url, Reason.NOT_A_FEED, f"{kind} that is neither RSS nor Atom nor RDF nor JSON Feed")
    return judge(raw, feed_url=feed_url, now=now)


def _failure(feed_url: str, reason: Reason, detail: str) -> Failure:
    return Failure(stage=Stage.PARSE, subject=redact(feed_url), reason=reason, detail=detail)


def _newest(raw: RawFeed, max_items: int | None) -> RawFeed:
    if max_items is None or len(raw.entries) <= max_items:
        return raw
    last = _oldest_first(raw.entries[0], raw.entries[-1])
    entries = raw.entries[-max_items:] if last else raw.entries[:max_items]
    return replace(raw, entries=entries, left_out=len(raw.entries) - len(entries))


def _with_newest(fenced: Fenced, max_items: int | None, content_type: str) -> tuple[bytes, int]:
    """The document with as many items as may be read, and how many are left out."""
    total = len(fenced.items)
    keep = fenced.fits if max_items is None else min(fenced.fits, max_items)
    if keep == total:
        return fenced.body, 0
    first, last = fenced.items[0], fenced.items[-1]
    sample = fenced.body[: fenced.items[1]] + fenced.body[last:]
    document = _understand(sample, content_type) if len(sample) - first <= _LONGEST_SAMPLE else None
    ends = [raw_entry(item, document) for item in document.get("entries", ())] if document else []
    if len(ends) != 2 or not _oldest_first(*ends):
        return cut(fenced, 0, keep), total - keep
    while keep > 1 and fence(cut(fenced, total - keep, total)).fits < keep:
        keep //= 2  # the items at the end are longer than those at the start, which were measured
    return cut(fenced, total - keep, total), total - keep


def _oldest_first(first: RawEntry, last: RawEntry) -> bool:
    """Whether the dates of a document's first and last item say that its newest items stand at its end."""
    start, end = (dates.entry_date(item.published, item.updated, now=None)[0] for item in (first, last))
    return start is not None and end is not None and start < end


def _read_xml(body: bytes, content_type: str, *, must_hold_entries: bool) -> RawFeed | None:
    body = body.lstrip()  # a blank line before the XML declaration makes a document ill-formed
    if is_utf8(body) and charset_of(content_type) not in {"utf-8", "utf8"}:
        content_type = "application/xml; charset=utf-8"
    document = _understand(body, content_type)
    if document is None:
        document = _understand(_BAD_REFERENCE.sub(b"", body), content_type)
    if document is None:
        return _piece_by_piece(body, content_type)
    entries = [item for item in document.get("entries", ()) if isinstance(item, dict)]
    version = text_of(document, "version")
    # A page may declare Atom's namespace, or use an element named entry; neither alone makes it a feed.
    if not (version and entries) if must_hold_entries else not (version or entries):
        return None
    raw = raw_feed(document, [raw_entry(item, document) for item in entries])
    return _mark_cut_off(raw, body, ill_formed=bool(document.get("bozo")))


def _understand(body: bytes, content_type: str) -> Mapping[str, Any] | None:
    """What feedparser makes of a document; None if it stumbles over it."""
    feedparser = preload()
    headers = {"content-type": content_type} if content_type else {}
    try:
        parsed: Mapping[str, Any] = feedparser.parse(
            io.BytesIO(body), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
        )
    except _LIBRARY_FAULTS:
        return None
    return parsed


def preload() -> Any:
    """Import feedparser and take two habits from it that cost hours over a hostile document.

    It compares each category of an item with all others, and looks for a mail address in an author's name by a
    pattern that takes quadratic time. Categories are not used here, and a name is short. What is replaced are methods
    of one class; `tests/feeds/test_hostile.py` fails if a release moves them.

    Returns:
        The module.
    """
    import feedparser
    from feedparser.mixin import _FeedParserMixin as Mixin

    if not hasattr(Mixin, _MARK):
        find_address = Mixin._sync_author_detail

        def without_category(self: Any, term: object, scheme: object, label: object) -> None:
            self._get_context().setdefault("tags", [])

        def with_short_name(self: Any, key: str = "author") -> None:
            context = self._get_context()
            name = dict.get(context, key)
            if isinstance(name, str) and len(name) > _LONGEST_NAME:
                context[key] = name[:_LONGEST_NAME]
            find_address(self, key)

        Mixin._add_tag = without_category
        Mixin._sync_author_detail = with_short_name
        setattr(Mixin, _MARK, True)
    return feedparser


def _mark_cut_off(raw: RawFeed, body: bytes, *, ill_formed: bool) -> RawFeed:
    """Mark the last item if the document ends inside it: what it lacks may only be missing here.

    The feed is marked as not complete there too, and where its root is not closed after the last item (a document
    may break off between two items), and where an ill-formed document gave fewer items than it opens.
    """
    body = body.replace(b"\0", b"")
    starts = [match.start() for match in ITEM_OPEN.finditer(body)]
    opened = starts[-1] if starts else -1
    closed = _last(_ITEM_CLOSE, body)
    end = _CHANNEL_END if not (_END.search(body) or _ROOT_ABOVE_CHANNEL.search(body)) else _END
    if opened > closed and raw.entries:
        last = replace(raw.entries[-1], cut_off=True)
        return replace(raw, entries=(*raw.entries[:-1], last), complete=False)
    closed_root = _last(end, body) > max(opened, closed)
    return replace(raw, complete=closed_root and not (ill_formed and len(raw.entries) < len(starts)))


def _last(tag: re.Pattern[bytes], body: bytes) -> int:
    return max((match.start() for match in tag.finditer(body)), default=-1)


def _piece_by_piece(body: bytes, content_type: str) -> RawFeed | None:
    """Read a document on which the library stumbles in halves of halves, so that only the items at fault are lost."""
    starts = [match.start() for match in ITEM_OPEN.finditer(body)]
    if not starts:
        return None
    head = body[: starts[0]]
    feed = _understand(head, content_type) if len(head) <= _LONGEST_HEAD else None
    if feed is None or not text_of(feed, "version"):
        is_atom = body[starts[0] : starts[0] + 6].lower() == b"<entry"
        head = b'<feed xmlns="http://www.w3.org/2005/Atom">' if is_atom else b'<rss version="2.0"><channel>'
        feed = _understand(head, content_type) or {}
    pieces = [body[start:end] for start, end in zip(starts, [*starts[1:], len(body)], strict=True)]
    entries: list[RawEntry] = []
    budget = _SALVAGE_WORK * len(body) + _SALVAGE_FLOOR
    waiting = [pieces]
    while waiting:
        part = waiting.pop()
        budget -= len(head) + sum(map(len, part))
        if budget < 0:
            entries += [RawEntry(unreadable="the document has too many faults to look at this item alone")] * len(
                part
            )
            continue
        document = _understand(head + b"".join(part), content_type)
        items = [item for item in document.get("entries", ()) if isinstance(item, dict)] if document else []
        if document and len(items) == len(part):
            entries += [raw_entry(item, document) for item in items]
        elif len(part) == 1:
            entries.append(RawEntry(unreadable="the feed parser stumbles over this item"))
        else:
            middle = len(part) // 2
            waiting += [part[middle:], part[:middle]]
    return _mark_cut_off(raw_feed(feed, entries), body, ill_formed=True)
