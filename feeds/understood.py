"""From feedparser's dictionaries to raw entries. Pure: it knows feedparser's names, and does not import it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from feeds.plain import Written, as_html
from feeds.raw import RawEntry, RawFeed

_HTML_TYPES = {"text/html", "application/xhtml+xml"}
_NO_ARTICLE_TYPES = ("audio/", "video/", "image/", "application/rss", "application/atom")


def raw_feed(document: Mapping[str, Any], entries: list[RawEntry]) -> RawFeed:
    """The feed that feedparser found in a document, with entries that were made of its items."""
    head = document.get("feed")
    head = head if isinstance(head, dict) else {}
    links = [*_alternates(head), text_of(head, "link")]
    return RawFeed(
        title=text_of(head, "title"),
        title_written=_written(head, document),
        link=next((link for link in links if link), ""),
        language=text_of(head, "language"),
        entries=tuple(entries),
    )


def raw_entry(item: dict[str, Any], document: Mapping[str, Any]) -> RawEntry:
    """One of feedparser's items; `document` is what it was found in."""
    own_id = text_of(item, "id")
    link = text_of(item, "link")
    links = [text_of(item, "feedburner_origlink"), text_of(item, "pheedo_origlink"), *_alternates(item)]
    if link != own_id:
        links.append(link)
    # feedparser says guidislink=False both for isPermaLink="false" and where a link element stood, empty or not.
    may_be_link = dict.get(item, "guidislink") is not False or "link" in item
    content, content_type = _content(item)
    summary, summary_type = text_of(item, "summary"), _type(item, "summary_detail")
    if content and summary == content:
        summary = ""  # feedparser's own copy
    published = [text_of(item, "published"), text_of(item, "created"), text_of(item, "prism_publicationdate")]
    updated = [text_of(item, "updated")]
    if _updated_is_dc_date(document):
        published, updated = published + updated, []
    head = document.get("feed")
    authors = list(_authors(item))
    if not authors and text_of(document, "version").startswith("atom") and isinstance(head, dict):
        authors = list(_authors(head))  # RFC 4287, 4.2.1
    return RawEntry(
        title=text_of(item, "title"),
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


def text_of(holder: Mapping[str, Any], key: str) -> str:
    """A text of feedparser's dictionary, past its aliases (asked for `updated` it would give `published`)."""
    value = dict.get(holder, key) if isinstance(holder, dict) else holder.get(key)
    return value if isinstance(value, str) else ""


def _type(holder: Mapping[str, Any], key: str) -> str:
    detail = dict.get(holder, key) if isinstance(holder, dict) else None
    return text_of(detail, "type") if isinstance(detail, dict) else ""


def _written(holder: Mapping[str, Any], document: Mapping[str, Any]) -> Written:
    """How the title is written. Only Atom declares it; what feedparser gives as another format's type is a guess."""
    if not text_of(document, "version").startswith("atom"):
        return Written.UNSAID
    return Written.TEXT if _type(holder, "title_detail") == "text/plain" else Written.HTML


def _alternates(holder: dict[str, Any]) -> Iterator[str]:
    """Addresses of links to the thing itself, HTML pages first; no enclosures, no feeds, no media."""
    listed = dict.get(holder, "links")
    links = [link for link in listed if isinstance(link, dict)] if isinstance(listed, list) else []
    alternates = [link for link in links if text_of(link, "rel") in {"", "alternate"} and text_of(link, "href")]
    for link in alternates:
        if text_of(link, "type") in {"", *_HTML_TYPES}:
            yield text_of(link, "href")
    for link in alternates:
        kind = text_of(link, "type")
        if kind and kind not in _HTML_TYPES and not kind.startswith(_NO_ARTICLE_TYPES):
            yield text_of(link, "href")


def _content(item: dict[str, Any]) -> tuple[str, str]:
    """The body and its type: HTML before plain text, else the first that is text."""
    listed = dict.get(item, "content")
    bodies = [body for body in listed if isinstance(body, dict)] if isinstance(listed, list) else []
    texts = [(text_of(body, "value"), text_of(body, "type")) for body in bodies]
    texts = [pair for pair in texts if pair[0].strip() and pair[1] in {"", "text/plain", *_HTML_TYPES}]
    return next((pair for pair in texts if pair[1] in _HTML_TYPES), texts[0] if texts else ("", ""))


def _authors(holder: dict[str, Any]) -> Iterator[str]:
    listed = dict.get(holder, "authors")
    people = [person for person in listed if isinstance(person, dict)] if isinstance(listed, list) else []
    names = [text_of(person, "name") or text_of(person, "email") for person in people]
    if not any(names):
        names = [text_of(holder, "author")]
    yield from (name for name in names if name)


def _language(item: dict[str, Any]) -> str:
    own = text_of(item, "language")
    if own:
        return own
    detail = dict.get(item, "title_detail")
    return text_of(detail, "language") if isinstance(detail, dict) else ""


def _updated_is_dc_date(document: Mapping[str, Any]) -> bool:
    """Whether what feedparser calls `updated` is Dublin Core's date: an RSS item's day of publication."""
    version = text_of(document, "version")
    spaces = document.get("namespaces")
    spaces = spaces if isinstance(spaces, dict) else {}
    return version.startswith("rss") and "dc" in spaces and "dcterms" not in spaces
