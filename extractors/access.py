"""How much of the article a page showed: all, a teaser, a wall instead, or nothing.

Decided by status, by what the page's JSON-LD says of itself, by its structure (challenge scripts, password and
consent forms, paywall blocks) and by its length against the feed's own text; never by phrases.
"""

from __future__ import annotations

import re
from typing import Any

from lxml import html

from extractors.markup import ARTICLE_TYPES, Document, types_of
from spywatch.records import Access
from spywatch.urls import host_of, path_of

SHORT = 1_500
"""Characters under which a text that is marked as paid for counts as its teaser."""
STUB = 500
"""Characters under which a text on a page that counts its readers' articles is taken for the free beginning: the
counting itself is also put into pages that are sent in full."""
WALL_ROOM = 700
"""Characters that a wall may have of its own; a page with more text than that is no bare wall."""
WALL_LINKS = 10
"""Links that a challenge or consent page may have; real pages carry their menu."""
FEED_SHARE = 0.5
"""A page with less text than this share of the feed's own text showed only a part."""
FEED_ENOUGH = 400
"""Characters of feed text that make it a measure for the page."""
_BLOCKING_STATUSES = frozenset({401, 402, 403, 407, 429, 451, 503})
_CHALLENGE = re.compile(
    r"/cdn-cgi/challenge-platform/|challenges\.cloudflare\.com|captcha-delivery\.com|_incapsula_resource|"
    r"px-captcha|/_px/|hcaptcha\.com/1/api|recaptcha/(?:api|enterprise)|/_sec/cp_challenge|geo\.captcha|"
    r"/\.well-known/sgcaptcha|awswaf|ddos-guard|anubis",
    re.IGNORECASE,
)
_CONSENT = re.compile(r"consent|gdpr|cookie-?wall|privacy-?gate|collectconsent", re.IGNORECASE)
_PAYWALL = re.compile(
    r"pay-?wall|meter(?:ed)?-?content|premium-?(?:wall|teaser)|subscri(?:be|ption)-?(?:wall|required)|"
    r"(?:subscriber|member)s?-?only|article-?locked|regwall|abo-?schranke",
    re.IGNORECASE,
)
_METER = re.compile(r"pay-?wall|regwall|(?:^|[\s_-])(?:meter(?:ed|ing)?|tinypass|piano)(?:[\s_-]|$)", re.IGNORECASE)


def access_of(
    document: Document, text: str, *, status: int = 200, feed_text: str = "", requested: str = ""
) -> Access:
    """The access state of a page.

    Args:
        document: the page.
        text: the main text found on it.
        status: the HTTP status.
        feed_text: what the feed says of the article, as plain text.
        requested: the address that was asked for, to see a redirect to a consent host.
    """
    size = _weight(text)
    if status in _BLOCKING_STATUSES and size < SHORT:
        return Access.BLOCKED
    if size < WALL_ROOM and _wall(document, requested):
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


def _wall(document: Document, requested: str) -> bool:
    tree = document.tree
    if requested and host_of(document.url) != host_of(requested) and _CONSENT.search(_host_and_path(document.url)):
        return True
    if _article_marked(document):
        return False
    # Challenge scripts are also put into good pages; a wall links to next to nothing.
    bare = sum(1 for link in tree.iter("a") if link.get("href")) <= WALL_LINKS
    if bare:
        for element in tree.iter("script", "iframe", "link"):
            address = f"{element.get('src') or ''} {element.get('href') or ''}"
            if _CHALLENGE.search(address) or _CHALLENGE.search((element.text or "")[:5_000]):
                return True
    for form in tree.iter("form"):
        if any((field.get("type") or "").lower() == "password" for field in form.iter("input")):
            return not _in_chrome(form)
        if bare and _CONSENT.search(f"{form.get('action') or ''} {form.get('id') or ''} {form.get('class') or ''}"):
            return True
    return False


def _paid(document: Document) -> bool:
    return False in _free_by_itself(document) or _tier(document) in ("locked", "metered", "premium", "paid")


def _free(document: Document) -> bool:
    return True in _free_by_itself(document) or _tier(document) == "free"


def _tier(document: Document) -> str:
    return document.meta.get("article:content_tier", "").lower()


def _free_by_itself(document: Document) -> set[bool]:
    """What the page's JSON-LD and microdata say of whether its article, else a part of it, is free."""
    said = [document.meta.get("isaccessibleforfree")]
    for item in document.linked_data:
        if types_of(item) & (ARTICLE_TYPES | {"webpage", "creativework"}):
            parts = item.get("hasPart")
            parts = parts if isinstance(parts, list) else [parts]
            of_parts = [part.get("isAccessibleForFree") for part in parts if isinstance(part, dict)]
            said += [item["isAccessibleForFree"]] if "isAccessibleForFree" in item else of_parts
    return {
        str(free).strip().rsplit("/", 1)[-1].lower() not in ("false", "no", "0") for free in said if free is not None
    }


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
        if _METER.search(f"{element.get('class') or ''} {element.get('id') or ''}") and not _in_chrome(element):
            return True
    return False


def _article_marked(document: Document) -> bool:
    return (
        document.article_data is not None
        or document.meta.get("og:type", "").lower() == "article"
        or document.tree.find(".//article") is not None
    )


def _in_chrome(element: html.HtmlElement) -> bool:
    return any(ancestor.tag in ("header", "nav", "footer", "aside", "dialog") for ancestor in element.iterancestors())


def _host_and_path(url: str) -> str:
    return host_of(url) + path_of(url)


def _weight(text: str) -> int:
    """Length in characters, with those of scripts that need fewer of them counted double."""
    dense = sum(1 for character in text if "\u3040" <= character <= "\u9fff" or "\uac00" <= character <= "\ud7a3")
    return len(text) + dense
