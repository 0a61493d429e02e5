"""Bytes to entries: the front door of reading a feed document, and the only importer of feedparser.

A document counts as a feed by what is in it, never by whether it is well-formed: what can be had of a broken one is
had. feedparser gets the bytes undecoded together with the Content-Type, and is kept from fetching, sanitising,
resolving and (see `dates`) from having the last word on dates.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from feeds.entries import judge
from feeds.jsonfeed import read_json_feed
from feeds.plain import Written, as_html
from feeds.raw import RawEntry, RawFeed
from feeds.sniff import Shape, charset_of, is_utf8, shape_of
from spywatch.records import Failure, ParsedFeed, Reason, Stage
from spywatch.urls import redact

# What feedparser 6.0.14 raises on some broken documents instead of setting its bozo flag: a reference to a lone
# surrogate (UnicodeEncodeError, a ValueError), to a number beyond Unicode (OverflowError), geographic elements out
# of place (TypeError, KeyError); the others come from the same code, its SGML reader and the standard library's.
_LIBRARY_FAULTS = (ValueError, OverflowError, TypeError, LookupError, AttributeError, AssertionError, RecursionError)

_BAD_REFERENCE = re.compile(
    rb"&#(?:x0*(?:d[89a-f][0-9a-f]{2}|[0-9a-f]{7,})|0*(?:5[56]\d{3}|57[0-2]\d\d|\d{8,}));?", re.I
)
_ITEM_OPEN = re.compile(rb"<(?:\w+:)?(?:item|entry)(?=[\s>])[^<>]*(?<!/)>", re.IGNORECASE)
_ITEM_CLOSE = re.compile(rb"</(?:\w+:)?(?:item|entry)\s*>", re.IGNORECASE)
_END = re.compile(rb"</(?:[\w.-]+:)?(?:rss|feed|rdf)\s*>", re.IGNORECASE)
_CHANNEL_END = re.compile(rb"</(?:[\w.-]+:)?channel\s*>", re.IGNORECASE)
_ROOT_ABOVE_CHANNEL = re.compile(rb"<(?:[\w.-]+:)?(?:rss|rdf)[\s>]", re.IGNORECASE)
_LONGEST_HEAD = 65_536
# What may be parsed again to find the items at fault: the document this many times over, and so many bytes more.
_SALVAGE_WORK = 8
_SALVAGE_FLOOR = 1_000_000
_HTML_TYPES = {"text/html", "application/xhtml+xml"}
_NO_ARTICLE_TYPES = ("audio/", "video/", "image/", "application/rss", "application/atom")


def parse_feed(
    body: bytes, *, feed_url: str = "", content_type: str = "", now: datetime | None = None
) -> ParsedFeed | Failure:
    """Read a feed document: RSS, Atom, RDF, CDF or JSON Feed.

    Args:
        body: the document, undecoded, decompressed.
        feed_url: where it was fetched: entries name it, and relative links are resolved against it.
        content_type: the Content-Type header, for its charset; "" if unknown. Where the bytes are UTF-8 beyond
            doubt, a charset that says otherwise is ignored.
        now: the clock (UTC-aware), for the limit on future dates; None where there is none.

    Returns:
        The feed with its usable entries, and those that are not in `skipped` (reasons MALFORMED_ENTRY,
        NO_LINK_NO_TEXT, DUPLICATE_ENTRY); or a Failure with the reason EMPTY or NOT_A_FEED.
    """
    shape = shape_of(body)
    if shape is Shape.EMPTY:
        return _failure(feed_url, Reason.EMPTY, "the document is empty")
    raw = read_json_feed(body, content_type) if shape is Shape.JSON else None
    if raw is None:
        # What does not look like XML from the start must hold entries: junk before a feed is common.
        raw = _read_xml(body, content_type, must_hold_entries=shape is not Shape.OTHER)
    if raw is None:
        kind = {Shape.HTML: "an HTML page", Shape.JSON: "a JSON document"}.get(shape, "a document")
        return _failure(feed_url, Reason.NOT_A_FEED, f"{kind} that is neither RSS nor Atom nor RDF nor JSON Feed")
    return judge(raw, feed_url=feed_url, now=now)


def _failure(feed_url: str, reason: Reason, detail: str) -> Failure:
    return Failure(stage=Stage.PARSE, subject=redact(feed_url), reason=reason, detail=detail)


def _read_xml(body: bytes, content_type: str, *, must_hold_entries: bool) -> RawFeed | None:
    if body[:1].isspace():
        body = body.lstrip()  # a blank line before the XML declaration makes a document ill-formed
    if is_utf8(body) and charset_of(content_type) not in {"utf-8", "utf8"}:
        content_type = "application/xml; charset=utf-8"
    document = _understand(body, content_type)
    if document is None:
        document = _understand(_BAD_REFERENCE.sub(b"", body), content_type)
    if document is None:
        return _piece_by_piece(body, content_type)
    entries = [item for item in document.get("entries", ()) if isinstance(item, dict)]
    version = _text(document, "version")
    # A page may declare Atom's namespace, or use an element named entry; neither alone makes it a feed.
    if not (version and entries) if must_hold_entries else not (version or entries):
        return None
    raw = _feed(document, [_entry(item, document) for item in entries])
    return _mark_cut_off(raw, body, ill_formed=bool(document.get("bozo")))


def _understand(body: bytes, content_type: str) -> Mapping[str, Any] | None:
    """What feedparser makes of a document; None if it stumbles over it."""
    import feedparser

    headers = {"content-type": content_type} if content_type else {}
    try:
        parsed: Mapping[str, Any] = feedparser.parse(
            io.BytesIO(body), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
        )
    except _LIBRARY_FAULTS:
        return None
    return parsed


def _mark_cut_off(raw: RawFeed, body: bytes, *, ill_formed: bool) -> RawFeed:
    """Mark the last item if the document ends inside it: what it lacks may only be missing here.

    The feed is marked as not complete there too, and where its root is not closed after the last item (a document
    may break off between two items), and where an ill-formed document gave fewer items than it opens.
    """
    body = body.replace(b"\0", b"")  # encodings of two and four bytes: only the tags are looked for
    starts = [match.start() for match in _ITEM_OPEN.finditer(body)]
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
    body = _one_byte_wide(body)
    starts = [match.start() for match in _ITEM_OPEN.finditer(body)]
    if not starts:
        return None
    head = body[: starts[0]]
    feed = _understand(head, content_type) if len(head) <= _LONGEST_HEAD else None
    if feed is None or not _text(feed, "version"):
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
            entries += [_entry(item, document) for item in items]
        elif len(part) == 1:
            entries.append(RawEntry(unreadable="the feed parser stumbles over this item"))
        else:
            middle = len(part) // 2
            waiting += [part[middle:], part[:middle]]
    return _mark_cut_off(_feed(feed, entries), body, ill_formed=True)


def _one_byte_wide(body: bytes) -> bytes:
    """A document in a two-byte encoding as UTF-8; any other as it is."""
    for mark, name in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if body.startswith(mark):
            text = body.decode(name, "replace")
            return re.sub(r"^\s*<\?xml.*?\?>", "", text, flags=re.DOTALL).encode("utf-8", "replace")
    return body


# --- from feedparser's dictionaries to raw entries ---------------------------------------------------------------


def _feed(document: Mapping[str, Any], entries: list[RawEntry]) -> RawFeed:
    head = document.get("feed")
    head = head if isinstance(head, dict) else {}
    links = [*_alternates(head), _text(head, "link")]
    return RawFeed(
        title=_text(head, "title"),
        title_written=_written(head, document),
        link=next((link for link in links if link), ""),
        language=_text(head, "language"),
        entries=tuple(entries),
    )


def _entry(item: dict[str, Any], document: Mapping[str, Any]) -> RawEntry:
    own_id = _text(item, "id")
    link = _text(item, "link")
    links = [_text(item, "feedburner_origlink"), _text(item, "pheedo_origlink"), *_alternates(item)]
    if link != own_id:
        links.append(link)
    # feedparser says guidislink=False both for isPermaLink="false" and where a link element stood, empty or not.
    may_be_link = dict.get(item, "guidislink") is not False or "link" in item
    content, content_type = _content(item)
    summary, summary_type = _text(item, "summary"), _type(item, "summary_detail")
    if content and summary == content:
        summary = ""  # feedparser's own copy
    published = [_text(item, "published"), _text(item, "created"), _text(item, "prism_publicationdate")]
    updated = [_text(item, "updated")]
    if _updated_is_dc_date(document):
        published, updated = published + updated, []
    head = document.get("feed")
    authors = list(_authors(item))
    if not authors and _text(document, "version").startswith("atom") and isinstance(head, dict):
        authors = list(_authors(head))  # RFC 4287, 4.2.1
    return RawEntry(
        title=_text(item, "title"),
        title_written=_written(item, document),
        links=tuple(dict.fromkeys(found for found in links if found)),
        own_id_links=(own_id,) if own_id and may_be_link else (),
        guid=own_id,
        summary_html=as_html(summary, summary_type),
        content_html=as_html(content, content_type),
        authors=tuple(authors),
        published=tuple(text for text in published if text),
        updated=tuple(text for text in updated if text),
        language=_language(item),
    )


def _text(holder: Mapping[str, Any], key: str) -> str:
    """A text of feedparser's dictionary, past its aliases (asked for `updated` it would give `published`)."""
    value = dict.get(holder, key) if isinstance(holder, dict) else holder.get(key)
    return value if isinstance(value, str) else ""


def _type(holder: Mapping[str, Any], key: str) -> str:
    detail = dict.get(holder, key) if isinstance(holder, dict) else None
    return _text(detail, "type") if isinstance(detail, dict) else ""


def _written(holder: Mapping[str, Any], document: Mapping[str, Any]) -> Written:
    """How the title is written. Only Atom declares it; what feedparser gives as another format's type is a guess."""
    if not _text(document, "version").startswith("atom"):
        return Written.UNSAID
    return Written.TEXT if _type(holder, "title_detail") == "text/plain" else Written.HTML


def _alternates(holder: dict[str, Any]) -> Iterator[str]:
    """Addresses of links to the thing itself, HTML pages first; no enclosures, no feeds, no media."""
    listed = dict.get(holder, "links")
    links = [link for link in listed if isinstance(link, dict)] if isinstance(listed, list) else []
    alternates = [link for link in links if _text(link, "rel") in {"", "alternate"} and _text(link, "href")]
    for link in alternates:
        if _text(link, "type") in {"", *_HTML_TYPES}:
            yield _text(link, "href")
    for link in alternates:
        kind = _text(link, "type")
        if kind and kind not in _HTML_TYPES and not kind.startswith(_NO_ARTICLE_TYPES):
            yield _text(link, "href")


def _content(item: dict[str, Any]) -> tuple[str, str]:
    """The body and its type: HTML before plain text, else the first that is text."""
    listed = dict.get(item, "content")
    bodies = [body for body in listed if isinstance(body, dict)] if isinstance(listed, list) else []
    texts = [(_text(body, "value"), _text(body, "type")) for body in bodies]
    texts = [pair for pair in texts if pair[0].strip() and pair[1] in {"", "text/plain", *_HTML_TYPES}]
    return next((pair for pair in texts if pair[1] in _HTML_TYPES), texts[0] if texts else ("", ""))


def _authors(holder: dict[str, Any]) -> Iterator[str]:
    listed = dict.get(holder, "authors")
    people = [person for person in listed if isinstance(person, dict)] if isinstance(listed, list) else []
    names = [_text(person, "name") or _text(person, "email") for person in people]
    if not any(names):
        names = [_text(holder, "author")]
    yield from (name for name in names if name)


def _language(item: dict[str, Any]) -> str:
    own = _text(item, "language")
    if own:
        return own
    detail = dict.get(item, "title_detail")
    return _text(detail, "language") if isinstance(detail, dict) else ""


def _updated_is_dc_date(document: Mapping[str, Any]) -> bool:
    """Whether what feedparser calls `updated` is Dublin Core's date: an RSS item's day of publication."""
    version = _text(document, "version")
    spaces = document.get("namespaces")
    spaces = spaces if isinstance(spaces, dict) else {}
    return version.startswith("rss") and "dc" in spaces and "dcterms" not in spaces
