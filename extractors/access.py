"""How much of the article a page showed: all, a teaser, nothing, or a wall in its place.

Decided by status and headers, by what the page's JSON-LD says of itself, by its structure (`walls`, paywall blocks)
and by its text against the feed's own; never by phrases. `docs/walls.md` tells the operator's side.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from extractors import walls
from extractors.markup import ARTICLE_TYPES, Document, types_of
from spywatch.records import Access

WALLS = frozenset({Access.CHALLENGE, Access.CONSENT, Access.LOGIN, Access.BLOCKED, Access.ROBOTS})
"""States in which nothing of the page is the article's."""
SHORT = 1_500
"""Characters under which a text that is marked as paid for counts as its teaser."""
STUB = 500
"""Characters under which a text on a page that counts its readers' articles is taken for the free beginning: the
counting itself is also put into pages that are sent in full."""
FEED_SHARE = 0.5
"""A page with less text than this share of the feed's own text showed only a part."""
FEED_ENOUGH = 400
"""Characters of feed text that make it a measure for the page."""
_PAYWALL = re.compile(
    r"pay-?wall|meter(?:ed)?-?content|premium-?(?:wall|teaser)|subscri(?:be|ption)-?(?:wall|required)|"
    r"(?:subscriber|member)s?-?only|article-?locked|regwall|abo-?schranke",
    re.IGNORECASE,
)
_METER = re.compile(r"pay-?wall|regwall|(?:^|[\s_-])(?:meter(?:ed|ing)?|tinypass|piano)(?:[\s_-]|$)", re.IGNORECASE)


def access_of(
    document: Document,
    text: str,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    feed_text: str = "",
    requested: str = "",
) -> Access:
    """The access state of a page.

    Args:
        document: the page.
        text: the main text found on it.
        status: the HTTP status.
        headers: of the answer, names in lower case.
        feed_text: what the feed says of the article, as plain text.
        requested: the address that was asked for, to see a redirect to a login or consent page.
    """
    size = _weight(text)
    wall = walls.wall_of(
        document,
        text,
        size=size,
        status=status,
        headers=headers or {},
        requested=requested,
        told=walls.share_told(feed_text, text),
        marked=_article_marked(document),
    )
    if wall is not None:
        return wall
    if status >= 400 and size < SHORT:
        return Access.BLOCKED
    if not text:
        return Access.EMPTY
    if _paid(document) and (size < SHORT or _paid_part_missing(document)):
        return Access.TEASER
    if size < SHORT and _paywall_block(document):
        return Access.TEASER
    if size < STUB and not _free(document) and _metered(document):
        return Access.TEASER
    if len(feed_text) >= FEED_ENOUGH and len(text) < FEED_SHARE * len(feed_text):
        return Access.TEASER
    return Access.FULL


def shows_something_else(
    document: Document, text: str, *, requested: str, feed_title: str, feed_text: str, page_title: str
) -> bool:
    """Whether a page that was sent as if all were well is not the entry's: the front page, or "not found".

    A redirect to a page that is no article's own (`walls.elsewhere`) is one, unless the page there is called as the
    feed calls the entry. So is a short text that has next to none of the words of the feed's summary, where the
    rest of the page, title included, has none either.

    Args:
        document: the page.
        text: the main text found on it.
        requested: the address that was asked for.
        feed_title, feed_text: what the feed says.
        page_title: what the page is called.
    """
    if not feed_title or not requested:
        return False
    if walls.elsewhere(requested, document.url):
        told = walls.share_told(feed_text, text)
        return not _same_title(page_title, feed_title) and (told is None or told < walls.TOLD)
    if _weight(text) >= SHORT or not feed_text or _article_marked(document):
        return False
    wanted = f"{feed_title}\n{feed_text}"
    told = walls.share_told(wanted, text)
    if told is None or told >= walls.TOLD_NOTHING:
        return False
    seen = "\n".join([page_title, *document.meta.values(), *(line.text for line in document.lines)])
    told = walls.share_told(wanted, seen)
    return told is not None and told < walls.TOLD_NOTHING


def _same_title(page_title: str, feed_title: str) -> bool:
    page, feed = (re.sub(r"[\W_]+", "", title.casefold()) for title in (page_title, feed_title))
    return len(feed) > 3 and feed in page


def _paid(document: Document) -> bool:
    return False in _free_by_itself(document) or _tier(document) in ("locked", "metered", "premium", "paid")


def _free(document: Document) -> bool:
    return True in _free_by_itself(document) or _tier(document) == "free"


def _tier(document: Document) -> str:
    return document.meta.get("article:content_tier", "").lower()


def _free_by_itself(document: Document) -> set[bool]:
    """What the page's JSON-LD and microdata say of whether its article, else a part of it, is free."""
    own = document.article_data
    if own is not None and "isAccessibleForFree" in own:
        return {_says_free(own["isAccessibleForFree"])}  # other objects may speak of other articles
    said = [document.meta.get("isaccessibleforfree")]
    for item in document.linked_data:
        if types_of(item) & (ARTICLE_TYPES | {"webpage", "creativework"}):
            parts = item.get("hasPart")
            parts = parts if isinstance(parts, list) else [parts]
            of_parts = [part.get("isAccessibleForFree") for part in parts if isinstance(part, dict)]
            said += [item["isAccessibleForFree"]] if "isAccessibleForFree" in item else of_parts
    return {_says_free(free) for free in said if free is not None}


def _says_free(free: object) -> bool:
    return str(free).strip().rsplit("/", 1)[-1].lower() not in ("false", "no", "0")


def _paid_part_missing(document: Document) -> bool:
    """Whether the JSON-LD names the element that holds the paid part, and that element is not there or is empty."""
    for item in document.linked_data:
        parts = item.get("hasPart")
        for part in parts if isinstance(parts, list) else [parts]:
            selector = _class_of(part)
            if selector:
                held = [e for e in document.tree.iter() if selector in (e.get("class") or "").split()]
                return sum(len(element.text_content().strip()) for element in held) < 200
    return False


def _class_of(part: Any) -> str:
    if not isinstance(part, dict):
        return ""
    selector = str(part.get("cssSelector") or "").strip()
    return selector[1:] if re.fullmatch(r"\.[\w-]+", selector) else ""


def _paywall_block(document: Document) -> bool:
    for element in document.tree.iter("div", "section", "aside", "article", "p"):
        name = f"{element.get('class') or ''} {element.get('id') or ''}"
        if name != " " and _PAYWALL.search(name) and (len(element) or (element.text or "").strip()):
            return True
    return False


def _metered(document: Document) -> bool:
    """Whether scripts or elements, also empty ones, are there to count the articles that a reader has opened."""
    for element in document.tree.iter("script", "div", "section", "article", "span"):
        if _METER.search(f"{element.get('class') or ''} {element.get('id') or ''}") and not walls.in_chrome(element):
            return True
    return False


def _article_marked(document: Document) -> bool:
    return (
        document.article_data is not None
        or document.meta.get("og:type", "").lower() == "article"
        or document.tree.find(".//article") is not None
    )


def _weight(text: str) -> int:
    """Length in characters, with those of scripts that need fewer of them counted double."""
    dense = sum(1 for character in text if "\u3040" <= character <= "\u9fff" or "\uac00" <= character <= "\ud7a3")
    return len(text) + dense
