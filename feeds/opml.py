"""OPML in and out (opml.org, version 2.0), with the settings of each feed.

`language` is an attribute that OPML knows for its outlines; country, kind and the mark "verified" are ours, written
in our own namespace, which other programs ignore.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from feeds.lines import RegisterError, checked_kind, checked_url, sameness
from spywatch.records import Feed, FeedKind
from spywatch.urls import redact

NAMESPACE = "urn:spywatch:feed-settings"
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def read_opml(body: bytes, *, name: str = "the OPML file") -> tuple[Feed, ...]:
    """Read the feeds of an OPML document; folders are looked into, a feed that stands in two folders counts once.

    Args:
        body: the document, undecoded.
        name: what to call it in messages.

    Returns:
        The feeds in document order; none if the document lists none.

    Raises:
        RegisterError: no XML, no OPML, entity declarations, an address that is none, an unknown kind.
    """
    try:
        root = fromstring(body.lstrip())
    except DefusedXmlException as error:
        raise RegisterError(f"{name} declares XML entities, which a feed list does not need: refused") from error
    except (ET.ParseError, ValueError, LookupError) as error:  # ill-formed; an encoding that is unknown
        raise RegisterError(f"{name} is not well-formed XML: {error}") from error
    if _local(root.tag) != "opml":
        raise RegisterError(f"{name} is XML but not OPML: its root element is {_local(root.tag)!r}")
    feeds: dict[str, Feed] = {}
    for number, (url, outline) in enumerate(_outlines(root), 1):
        feed = _feed(url, outline, f"feed {number} of {name}")
        feeds.setdefault(sameness(feed.url), feed)
    return tuple(feeds.values())


def write_opml(feeds: Iterable[Feed], title: str, *, with_secrets: bool = False) -> bytes:
    """Write feeds as OPML 2.0.

    Args:
        feeds: in the order wanted.
        title: the document's title.
        with_secrets: write the addresses as they are; by default tokens and passwords are blanked out, and a list
            with a blanked address is refused on import until the secret is put back.

    Returns:
        The document in UTF-8.
    """
    ET.register_namespace("spywatch", NAMESPACE)
    root = ET.Element("opml", {"version": "2.0"})
    ET.SubElement(ET.SubElement(root, "head"), "title").text = _xml_text(title)
    body = ET.SubElement(root, "body")
    for feed in feeds:
        attributes = {
            "type": "rss",
            "text": feed.outlet,
            "title": feed.name,
            "xmlUrl": feed.url if with_secrets else redact(feed.url),
            "language": feed.language,
            f"{{{NAMESPACE}}}country": feed.country,
            f"{{{NAMESPACE}}}kind": "" if feed.kind is FeedKind.OTHER else feed.kind.value,
            f"{{{NAMESPACE}}}verified": "true" if feed.verified else "",
        }
        ET.SubElement(body, "outline", {key: _xml_text(value) for key, value in attributes.items() if value})
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _outlines(root: ET.Element) -> Iterator[tuple[str, ET.Element]]:
    for element in root.iter():
        if _local(element.tag) == "outline":
            url = _attribute(element, "xmlurl")
            if url.strip():
                yield url, element


def _feed(url: str, outline: ET.Element, where: str) -> Feed:
    kind = outline.get(f"{{{NAMESPACE}}}kind", "")
    address = checked_url(url, where)
    name = _attribute(outline, "title") or _attribute(outline, "text")
    return Feed(
        url=address,
        name="" if name == Feed(url=address).outlet else " ".join(name.split()),
        language=_attribute(outline, "language").strip().lower(),
        country=outline.get(f"{{{NAMESPACE}}}country", "").strip().upper(),
        kind=checked_kind(kind, where) if kind else FeedKind.OTHER,
        verified=outline.get(f"{{{NAMESPACE}}}verified") == "true",
    )


def _attribute(element: ET.Element, lower_name: str) -> str:
    """An attribute whatever its case: `xmlURL`, `xmlurl` and `xmlUrl` are all found in the wild."""
    return next((value for key, value in element.attrib.items() if key.lower() == lower_name), "")


def _local(tag: str) -> str:
    return tag.rpartition("}")[2].lower()


def _xml_text(text: str) -> str:
    return _NOT_XML.sub("", text)
