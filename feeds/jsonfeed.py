"""JSON Feed (jsonfeed.org, versions 1 and 1.1) to raw entries. Lenient: wrong types count as missing.

A document that breaks off, or is broken in one place, gives the items that stand before the break.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from feeds.charset import readable
from feeds.plain import Written, as_html
from feeds.raw import RawEntry, RawFeed
from feeds.sniff import charset_of

_ITEMS = re.compile(r'"items"\s*:\s*\[')
_GAP = re.compile(r"[\s,]*")
_DECODER = json.JSONDecoder(strict=False)
_BROKEN = "not valid JSON from here on"


def read_json_feed(body: bytes, content_type: str = "") -> RawFeed | None:
    """Read a JSON Feed.

    Args:
        body: the document, undecoded.
        content_type: the header; its charset is tried where the bytes are not UTF-8, UTF-16 or UTF-32.

    Returns:
        The feed, or None if the document is no JSON Feed: it has neither the version's address nor a list of items
        that are objects.
    """
    text = _decode(body, content_type)
    try:
        document = _DECODER.decode(text)
    except (ValueError, RecursionError):  # also: a number of thousands of digits
        return _salvage(text)
    if not isinstance(document, dict):
        return None
    items = document.get("items")
    declared = "jsonfeed.org/version" in _text(document, "version")
    if not isinstance(items, list):
        return _feed(document, ()) if declared else None
    if not declared and items and not any(isinstance(item, dict) and _known(item) for item in items):
        return None
    if not declared and not items and "title" not in document:
        return None
    return _feed(document, tuple(_entry(item, document) for item in items))


def _salvage(text: str) -> RawFeed | None:
    """The items before the place where the document breaks; the broken one is handed on as unreadable."""
    start = _ITEMS.search(text)
    if start is None or "jsonfeed.org/version" not in text[: start.start()] + text[-400:]:
        return None
    head: dict[str, Any] = {}
    try:
        parsed = _DECODER.decode(text[: start.start()].rstrip().rstrip(",") + "}")
        head = parsed if isinstance(parsed, dict) else {}
    except (ValueError, RecursionError):
        pass  # the feed's own title is lost; its items are not
    entries = []
    place = start.end()
    while True:
        gap = _GAP.match(text, place)
        place = gap.end() if gap else place
        if place >= len(text) or text[place] == "]":
            break
        try:
            item, place = _DECODER.raw_decode(text, place)
        except (ValueError, RecursionError):
            entries.append(RawEntry(unreadable=_BROKEN))
            break
        entries.append(_entry(item, head))
    return replace(_feed(head, tuple(entries)), complete=False)


def _decode(body: bytes, content_type: str) -> str:
    encoding = json.detect_encoding(body)
    declared = charset_of(content_type)
    for name in ("utf-8-sig" if encoding == "utf-8" else encoding, declared if readable(declared) else "utf-8"):
        try:
            return body.decode(name).lstrip("\ufeff")
        except (UnicodeDecodeError, LookupError):
            continue
    return body.decode("utf-8-sig", "replace")


def _known(item: Mapping[str, Any]) -> bool:
    return bool({"id", "url", "content_html", "content_text", "external_url"} & item.keys())


def _feed(document: Mapping[str, Any], entries: tuple[RawEntry, ...]) -> RawFeed:
    return RawFeed(
        title=_text(document, "title"),
        title_written=Written.TEXT,
        link=_text(document, "home_page_url"),
        language=_text(document, "language"),
        entries=entries,
    )


def _entry(item: object, document: Mapping[str, Any]) -> RawEntry:
    if not isinstance(item, dict):
        return RawEntry(unreadable=f"an item that is no object but {type(item).__name__}")
    guid = _id(item)
    content = _text(item, "content_html") or as_html(_text(item, "content_text"), "text/plain")
    return RawEntry(
        title=_text(item, "title"),
        title_written=Written.TEXT,
        links=tuple(link for link in (_text(item, "url"), _text(item, "external_url")) if link),
        own_id_links=(guid,) if guid else (),
        guid=guid,
        summary_html=as_html(_text(item, "summary"), "text/plain"),
        content_html=content,
        authors=_authors(item) or _authors(document),
        published=tuple(filter(None, (_text(item, "date_published"),))),
        updated=tuple(filter(None, (_text(item, "date_modified"),))),
        language=_text(item, "language"),
    )


def _authors(holder: Mapping[str, Any]) -> tuple[str, ...]:
    listed = holder.get("authors")
    people = listed if isinstance(listed, list) else [holder.get("author")]
    return tuple(name for person in people if isinstance(person, dict) and (name := _text(person, "name")))


def _id(item: Mapping[str, Any]) -> str:
    """The item's id; version 1.0 allowed numbers."""
    value = item.get("id")
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else _text(item, "id")


def _text(holder: Mapping[str, Any], key: str) -> str:
    value = holder.get(key)
    return value if isinstance(value, str) else ""
