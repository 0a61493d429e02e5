"""Title and authors of a page."""

from __future__ import annotations

import html as entities
import re
from typing import Any

from lxml import html

from extractors.markup import ARTICLE_TYPES, Document, types_of
from extractors.text import fallback_title, tidy
from spywatch.urls import host_of

_SUFFIX = re.compile(r"\s+[-|–—•·»:]{1,2}\s+|\s*\|\s*")
_NOT_WORD = re.compile(r"[\W_]+")
_BY = re.compile(r"^(?:by|von|par|por|di|autor(?:e|a)?|author|text|written by|posted by|av|af|door)\b[:\s]+", re.I)
_AND = re.compile(r"\s*(?:,|;|\||/|\band\b|\bund\b|\bet\b|\by\b|&)\s*", re.I)
_ADDRESS = re.compile(r"https?:|www\.", re.IGNORECASE)
_NO_NAME = re.compile(
    r"https?:|www\.|@|^\d|^(?:admin|editor|redaktion|staff|webmaster|author|unknown|null|none)$", re.I
)
_LONGEST_TITLE = 400
_LONGEST_NAME = 60
_SHORTEST_SURE = 12
MOST_AUTHORS = 12
_BYLINE = {"author", "byline", "author-name", "byline-name", "article-author", "entry-author", "post-author", "autor"}


def page_title(document: Document) -> str:
    """The article's title: JSON-LD headline, else og:title, else the one h1, else `<title>`; "" if none.

    The outlet's name at its end ("... - The Gazette") goes, but only where the page itself says that this is a name
    (site name, publisher, host) or where another of its titles ends before it.
    """
    candidates = _candidates(document)
    if not candidates:
        return fallback_title(document)[:_LONGEST_TITLE]
    best, names = candidates[0], site_names(document)
    for other in candidates[1:]:
        if best.startswith(other) and len(other) >= 12 and _SUFFIX.match(best[len(other) :]):
            best = other
    return without_outlet(best, names)[:_LONGEST_TITLE]


def without_outlet(title: str, names: set[str]) -> str:
    """A title without the outlet's name before or after it.

    Args:
        title: as the page has it.
        names: the outlet's names in bare form (letters and digits only, lower case).
    """
    for match in reversed(list(_SUFFIX.finditer(title))):
        head, tail = title[: match.start()], title[match.end() :]
        if _bare(tail) in names and len(head) > 2:
            return without_outlet(head, names)
        if _bare(head) in names and len(tail) > 2:
            return without_outlet(tail, names)
    return title


def as_the_feed_has_it(title: str, feed_title: str) -> str:
    """The feed's title where the page's is the same with something before or after it (an outlet's name, a section).

    Args:
        title: the page's.
        feed_title: the entry's, "" if unknown.
    """
    if len(feed_title) < _SHORTEST_SURE or len(title) <= len(feed_title):
        return title
    page, feed = title.casefold(), feed_title.casefold()
    return feed_title if page.startswith(feed) or page.endswith(feed) else title


def site_names(document: Document) -> set[str]:
    """What the page calls its outlet, in bare form: og:site_name, publisher, and its host name's parts."""
    names = [document.meta.get("og:site_name", ""), document.meta.get("application-name", "")]
    for item in document.linked_data:
        publisher = item.get("publisher")
        if isinstance(publisher, dict):
            names.append(str(publisher.get("name") or ""))
        if types_of(item) & {"website", "newsmediaorganization", "organization"}:
            names.append(str(item.get("name") or ""))
    host = host_of(document.url).removeprefix("www.")
    names += [host, host.rsplit(".", 1)[0], *host.split(".")[:-1]]
    bare = {_bare(name) for name in names}
    bare |= {name.removeprefix("the") for name in bare} | {"the" + name for name in bare if name}
    return {name for name in bare if len(name) > 2}


def page_authors(document: Document) -> tuple[str, ...]:
    """The authors' names, each once, in the page's order; empty if none is stated."""
    for item in [document.article_data, *document.linked_data]:
        if item and types_of(item) & ARTICLE_TYPES and (names := split_names(_person_names(item.get("author")))):
            return names
    for name in ("author", "article:author", "dc.creator", "parsely-author", "sailthru.author", "citation_author"):
        if names := split_names([document.meta.get(name, "")]):
            return names
    for marks in (_says_author, _named_byline):
        marked = [e.text_content() for e in document.tree.iter("a", "span", "p", "address", "div") if marks(e)]
        names = split_names([text for text in marked[:3] if len(text) < 3 * _LONGEST_NAME])
        if proper := tuple(name for name in names if _proper(name)):
            return proper
    return ()


def split_names(texts: list[str]) -> tuple[str, ...]:
    """Single names from byline texts ("By A. Byron and C. Dahl" gives two); what is no name is left out."""
    names: list[str] = []
    for text in texts:
        if _ADDRESS.search(text):
            continue
        for part in _AND.split(_BY.sub("", _plain(text))):
            name = _BY.sub("", part).strip(" .,-–|")
            if 2 < len(name) <= _LONGEST_NAME and not _NO_NAME.search(name) and name not in names:
                names.append(name)
    return tuple(names[:MOST_AUTHORS])


def _says_author(element: html.HtmlElement) -> bool:
    return "author" in (element.get("rel") or "").split() or "author" in (element.get("itemprop") or "").split()


def _named_byline(element: html.HtmlElement) -> bool:
    return not _BYLINE.isdisjoint((element.get("class") or "").lower().split()) and not len(element) > 6


def _proper(name: str) -> bool:
    words = name.split()
    return len(words) <= 5 and not name[0].islower() and not any(character.isdigit() for character in name)


def _candidates(document: Document) -> list[str]:
    found = [str((document.article_data or {}).get("headline") or "")]
    found += [document.meta.get("og:title", ""), document.meta.get("twitter:title", "")]
    headings = [element.text_content() for element in document.tree.iter("h1")]
    filled = [text for text in headings if text.strip()]
    found += filled[:1] if len(filled) == 1 else []
    title = document.tree.find(".//title")
    found.append(title.text_content() if title is not None else "")
    return [text for text in map(_plain, found) if len(text) > 1]


def _person_names(value: Any) -> list[str]:
    if isinstance(value, list):
        return [name for item in value[:MOST_AUTHORS] for name in _person_names(item)]
    if isinstance(value, dict):
        return _person_names(value.get("name"))
    return [value] if isinstance(value, str) else []


def _plain(text: str) -> str:
    return tidy(entities.unescape(text)).replace("\n", " ")


def _bare(text: str) -> str:
    return _NOT_WORD.sub("", text.casefold())
