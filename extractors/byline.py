"""Title and authors of a page."""

from __future__ import annotations

import html as entities
import re
from typing import Any
from urllib.parse import urlsplit

from lxml import html

from extractors.dateline import is_date
from extractors.markup import ARTICLE_TYPES, Document, types_of
from extractors.text import fallback_title, tidy
from spywatch.urls import host_of

_SUFFIX = re.compile(r"\s+[-|–—•·»›«‹>:]{1,2}\s+|\s*\|\s*")
_NOT_WORD = re.compile(r"[\W_]+")
_BY = re.compile(
    r"^(?:(?:written|posted|published|reported|geschrieben|verfasst|ver[öo]ffentlicht|publi[ée]|[ée]crit|escrito|"
    r"publicado|pubblicato|scritto|geschreven|gepubliceerd|skrivet|skrevet)\s+)?"
    r"(?:by|von|par|por|di|da|autor(?:e|a)?|author|text|av|af|door)\b[:\s]+",
    re.I,
)
_AND = re.compile(r"\s*(?:,|;|\||\band\b|\bund\b|\bet\b|\by\b|&)\s*|\s+/\s*|\s*/\s+", re.I)
_TWO_PEOPLE = re.compile(r"([^\W\d_][^\d/]*\s[^\d/]+)/([^\W\d_][^\d/]*\s[^\d/]+)")
_ADDRESS = re.compile(r"https?:|www\.", re.IGNORECASE)
_NO_NAME = re.compile(
    r"https?:|www\.|@|^\d|^(?:admin|editor|redaktion|staff|webmaster|author|unknown|null|none)$", re.I
)
_LONGEST_TITLE = 400
_MOST_READ = 1_000  # characters of a title that are looked at: each of its ends is compared with each heading
_LONGEST_NAME = 60
_MOST_OBJECTS = 200
_SHORTEST_SURE = 12
_SHORTEST_CUT = 50
_ANGLE = "\ue000"
_TOP_LEVEL = re.compile(r"\.[a-z]{2,10}$", re.IGNORECASE)
MOST_AUTHORS = 12
_BYLINE = {"author", "byline", "author-name", "byline-name", "article-author", "entry-author", "post-author", "autor"}


def page_title(document: Document) -> str:
    """The article's title: JSON-LD headline, else og:title, else the one h1, else `<title>`; "" if none.

    The outlet's name, section and date around it ("... - The Gazette") go, but only where the page itself shows that
    they are no part of it: a heading says the rest, the page says that this is a name (site name, publisher,
    address), or another of its titles ends before it.
    """
    names = site_names(document)
    candidates = _candidates(document, names)
    if not candidates:
        return fallback_title(document)[:_LONGEST_TITLE]
    best = candidates[0]
    for other in candidates[1:]:
        if best.startswith(other) and len(other) >= 12 and _SUFFIX.match(best[len(other) :]):
            best = other
    best = _as_a_heading_has_it(best, document, names)
    return without_outlet(_without_date(best), names)[:_LONGEST_TITLE]


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
    for match in _SUFFIX.finditer(title):  # the outlet's name with its motto, or its sections
        head, tail = title[: match.start()], title[match.end() :]
        if len(head) > len(tail) / 2 and len(head) >= _SHORTEST_SURE and _bare(_SUFFIX.split(tail)[0]) in names:
            return without_outlet(head, names)
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
    """What the page calls its outlet, in bare form: og:site_name, publisher, and the parts of its host names."""
    names = [document.meta.get("og:site_name", ""), document.meta.get("application-name", "")]
    for item in document.linked_data[:_MOST_OBJECTS]:
        publisher = item.get("publisher")
        if isinstance(publisher, dict):
            names.append(str(publisher.get("name") or ""))
        if types_of(item) & {"website", "newsmediaorganization", "organization"}:
            names.append(str(item.get("name") or ""))
    names += [_TOP_LEVEL.sub("", name) for name in names]
    for host in {host_of(address).removeprefix("www.") for address in _own_addresses(document)}:
        names += [host, host.rsplit(".", 1)[0], *host.split(".")[:-1]]
    bare = {_bare(name[:_LONGEST_TITLE]) for name in names}
    bare |= {name.removeprefix("the") for name in bare} | {"the" + name for name in bare if name}
    return {name for name in bare if len(name) > 2}


def _own_addresses(document: Document) -> list[str]:
    canonical = [link.get("href") or "" for link in document.tree.iter("link") if link.get("rel") == "canonical"]
    return [address for address in (document.url, document.meta.get("og:url", ""), *canonical[:1]) if address]


def page_authors(document: Document) -> tuple[str, ...]:
    """The authors' names, each once, in the page's order; empty if none is stated."""
    for item in [document.article_data, *document.linked_data]:
        if item and types_of(item) & ARTICLE_TYPES and (names := split_names(_person_names(item.get("author")))):
            return names
    for name in ("author", "article:author", "dc.creator", "parsely-author", "sailthru.author", "citation_author"):
        if names := split_names([document.meta.get(name, "")]):
            return names
    for marks in (_says_author, _named_byline):
        marked = [_words_of(e) for e in document.tree.iter("a", "span", "p", "address", "div") if marks(e)]
        names = split_names([text for text in marked[:3] if len(text) < 3 * _LONGEST_NAME])
        if proper := tuple(name for name in names if _proper(name)):
            return proper
    return ()


def split_names(texts: list[str]) -> tuple[str, ...]:
    """Single names from byline texts ("By A. Byron and C. Dahl" gives two); what is no name is left out."""
    names: list[str] = []
    for text in texts:
        text = text[:_MOST_READ]
        if _ADDRESS.search(text):
            continue
        named = _BY.sub("", _plain(text))
        if _TWO_PEOPLE.fullmatch(named):  # a slash also stands within names, of parties and of agencies
            named = named.replace("/", " / ")
        for part in _AND.split(named):
            name = _BY.sub("", part).strip(" .,-–|")
            if 2 < len(name) <= _LONGEST_NAME and not _NO_NAME.search(name) and name not in names:
                names.append(name)
    return tuple(names[:MOST_AUTHORS])


def _words_of(element: html.HtmlElement) -> str:
    """The text with spaces between elements, which a page may set apart by style alone ("By<a>Ada Quill</a>")."""
    return " ".join(" ".join(element.itertext()).split())


def _says_author(element: html.HtmlElement) -> bool:
    return "author" in (element.get("rel") or "").split() or "author" in (element.get("itemprop") or "").split()


def _named_byline(element: html.HtmlElement) -> bool:
    return not _BYLINE.isdisjoint((element.get("class") or "").lower().split()) and not len(element) > 6


def _proper(name: str) -> bool:
    words = name.split()
    return len(words) <= 5 and not name[0].islower() and not any(character.isdigit() for character in name)


def _candidates(document: Document, names: set[str]) -> list[str]:
    found = [str((document.article_data or {}).get("headline") or "")]
    found += [document.meta.get("og:title", ""), document.meta.get("twitter:title", "")]
    whole = _plain(_head_title(document))
    filled = [(element, text) for element in document.tree.iter("h1") if (text := _words_of(element))]
    if len(filled) == 1 and not (whole and (_leads_home(filled[0][0]) or _bare(filled[0][1]) in names)):
        found.append(filled[0][1])
    found.append(whole)
    texts = [text for text in (_plain(text[:_MOST_READ]) for text in found) if len(text) > 1]
    headline = _plain(found[0][:_MOST_READ])
    if len(texts) > 1 and len(headline) > _SHORTEST_CUT and headline.endswith(("...", "…")):
        texts = [*texts[1:], headline]  # cut off by the system, which has it whole elsewhere
    if len(texts) == 2 and texts[1] == whole and _bare(texts[0]) not in _bare(whole):
        # The one heading of the first rank may name the section, and a lower one the article.
        part = _as_a_heading_has_it(whole, document, names)
        return [part, *texts] if part != whole else texts
    return texts


def _head_title(document: Document) -> str:
    element = document.tree.find(".//title")
    return element.text_content()[:_MOST_READ] if element is not None else ""


def _as_a_heading_has_it(title: str, document: Document, names: set[str]) -> str:
    """The part of a title that a heading of the page repeats, where it stands apart from the rest."""
    headings: dict[str, str] = {}
    for tag in ("h1", "h2"):
        for element in document.tree.iter(tag):
            text = _bare(_words_of(element))
            if len(text) >= _SHORTEST_SURE and text not in names and not _leads_home(element):
                headings.setdefault(text, tag)
    if _bare(title) in headings:
        return title
    parts = [part for match in _SUFFIX.finditer(title) for part in (title[: match.start()], title[match.end() :])]
    for tag in ("h1", "h2"):
        for part in parts:
            if headings.get(_bare(part)) == tag and (tag == "h1" or len(part) > len(title) / 2):
                return part
    for match in re.finditer(r"\s", title):
        head = title[: match.start()]
        if len(head) > max(20, len(title) / 2) and head[-1] not in ",;:-–—" and headings.get(_bare(head)) == "h1":
            return head
    return title


def _without_date(title: str) -> str:
    """A title without the date after it, as some systems make titles for their archives."""
    for match in reversed(list(_SUFFIX.finditer(title))):
        if is_date(title[match.end() :]) and match.start() >= _SHORTEST_SURE:
            return title[: match.start()]
    return title


def _leads_home(heading: html.HtmlElement) -> bool:
    """Whether a heading is a link to the site's front page, as the outlet's name at the top is."""
    for link in (*heading.iter("a"), *heading.iterancestors("a")):
        address = (link.get("href") or "").strip()
        parts = urlsplit(address) if address and "[" not in address else None
        if parts is not None and not parts.query and not parts.fragment and parts.scheme in ("", "http", "https"):
            return parts.path.lower() in ("", "/", "./", "../", "index.html", "/index.html", "/index.php")
    return False


def _person_names(value: Any) -> list[str]:
    if isinstance(value, list):
        return [name for item in value[:MOST_AUTHORS] for name in _person_names(item)]
    if isinstance(value, dict):
        return _person_names(value.get("name"))
    return [value] if isinstance(value, str) else []


def _plain(text: str) -> str:
    text = entities.unescape(text)
    if "</" not in text:
        text = text.replace("<", _ANGLE)  # "the <blink> tag" is a title, "<i>Echo</i>" one with markup
    return tidy(" ".join(text.split())).replace(_ANGLE, "<")


def _bare(text: str) -> str:
    return _NOT_WORD.sub("", text.casefold())
