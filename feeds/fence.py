"""What is taken out of a document before feedparser sees it, so that a small one cannot cost minutes. Pure.

feedparser takes some 30 microseconds an element, and far more where a document is made to hurt: quadratic time over
the attributes of one tag, over namespaces, and over blank lines before the root; gigabytes over one long attribute
without quotes. None of this occurs in real feeds. One pass over the tags finds it: what is too long is cut out, and
where there is too much markup fewer items are read. `docs/hostile-content.md` tells the operator.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

MOST_MARKUP = 150_000
"""Tags in one document. Where there are more, only so many whole items are read as fit."""
_REFERENCES_A_TAG = 8
"""So many entity references ("&amp;") take as long as one tag."""
LONGEST_TAG = 8_192
"""Bytes between "<" and ">"; of a longer tag only the name is read."""
MOST_ATTRIBUTES = 100
"""Attributes of one tag; where there are more, only the name is read."""
_SHORT_TAG = 100
_SQUARE = 100
MOST_PREFIXES = 256
"""Namespace prefixes in one document; tags that declare more lose their attributes."""
LONGEST_HEAD = 16_384
"""Bytes before the first element; of a longer prologue only the XML declaration is read."""
_LONGEST_ENTITY = 40

_ROOT = re.compile(rb"<\w")
_BLANKS = re.compile(rb"\s{64,}")
_XML = re.compile(rb"(?:\xef\xbb\xbf)?\s{0,64}(<\?xml[^>]{0,1024}\?>)")
_ENTITY = re.compile(rb"<!ENTITY\b([^>]*)>", re.IGNORECASE)
_HARMLESS_ENTITY = re.compile(rb"\s+\w+\s+\"(?:&#\w+;|[^&\"<%%]{0,%d})\"\s*" % _LONGEST_ENTITY)
_MARK = re.compile(
    rb"<(?:(?P<cdata>!\[CDATA\[)|(?P<comment>!--)|(?P<instruction>\?)"
    rb"|(?P<item>(?:\w+:)?(?:item|entry)(?=[\s>]))|(?P<tag>/?[\w:.-]*))",
    re.IGNORECASE,
)
_CLOSING = {"cdata": b"]]>", "comment": b"-->", "instruction": b"?>"}
_REST = re.compile(rb"[^<>]*>?")
_PREFIX = re.compile(rb"\bxmlns:([\w.-]{1,64})")
_FEED_TAG = re.compile(rb"<(?:[\w.-]+:)?(?:rss|feed|rdf|channel|item|entry)[\s>/]", re.IGNORECASE)
ITEM_OPEN = re.compile(rb"<(?:\w+:)?(?:item|entry)(?=[\s>])[^<>]*(?<!/)>", re.IGNORECASE)
_ITEM_CLOSES = (b"</item", b"</entry", b"</ITEM", b"</Item")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fenced:
    """A document that may be parsed.

    Attributes:
        body: without attributes that no real feed has.
        items: where the tag of each item begins.
        fits: how many of them may be read together; all of them nearly always.
        too_much: there is too much markup before any whole item.
    """

    body: bytes
    items: tuple[int, ...]
    fits: int
    too_much: bool = False


def tidy_head(body: bytes) -> bytes:
    """A document whose prologue is short and declares no entities but harmless ones.

    What stands before the first element matters only by its XML declaration, and by entities that stand for a sign
    or a word. Entities made of others, long ones, and those that name a file or an address are taken out.
    """
    root = _ROOT.search(body)
    if root is None:
        return body
    head, rest = body[: root.start()], body[root.start() :]
    if len(head) > LONGEST_HEAD:
        declared = _XML.match(head)
        return (declared[1] if declared else b"") + rest
    head = _BLANKS.sub(b"\n", head)
    return _ENTITY.sub(lambda found: found[0] if _HARMLESS_ENTITY.fullmatch(found[1]) else b"", head) + rest


def has_feed_tag(body: bytes) -> bool:
    """Whether a document has any element that a feed begins with or consists of."""
    return _FEED_TAG.search(body) is not None


def has_item(body: bytes) -> bool:
    """Whether a document has an item, or an entry, that is not empty."""
    return ITEM_OPEN.search(body) is not None


def fence(body: bytes) -> Fenced:
    """Look at every tag of a document, once.

    Args:
        body: the document, its markup in ASCII.

    Returns:
        The document without over-long attributes, the places of its items, and how many of these may be read.
    """
    scan = _Scan(body=body)
    whole = scan.run()
    trimmed = scan.trimmed()
    if whole:
        return Fenced(body=trimmed, items=tuple(scan.items), fits=len(scan.items))
    rest = [found.start() for found in ITEM_OPEN.finditer(trimmed, scan.place - scan.shift)]
    fits = max(0, len(scan.items) - 1)
    return Fenced(body=trimmed, items=(*scan.items, *rest), fits=fits, too_much=fits == 0)


def cut(fenced: Fenced, start: int, end: int) -> bytes:
    """A document with only some of its items: from number `start` to before number `end`, counted from 0."""
    body, items = fenced.body, fenced.items
    head = body[: items[0]]
    if end >= len(items):
        return head + body[items[start] :]
    close = max(body.rfind(name) for name in _ITEM_CLOSES)
    tail = body[body.find(b">", close) + 1 :] if close > items[end] else b""
    if ITEM_OPEN.search(tail):
        tail = b""  # the document breaks off inside its last item
    return head + body[items[start] : items[end]] + tail


@dataclass(slots=True, kw_only=True)
class _Scan:
    """One pass over a document's tags: where its items begin, what to cut, and how much work it is, in tags."""

    body: bytes
    items: list[int] = field(default_factory=list)
    place: int = 0
    shift: int = 0
    _cuts: list[tuple[int, int]] = field(default_factory=list)
    _prefixes: set[bytes] = field(default_factory=set)
    _cost: float = 0.0
    _counted: int = 0

    def run(self) -> bool:
        """Whether the document's end was reached before there was too much markup."""
        while mark := _MARK.search(self.body, self.place):
            kind = mark.lastgroup or "tag"
            if kind in _CLOSING:
                end = self.body.find(_CLOSING[kind], mark.end())
                if end < 0:
                    break  # what follows is no markup
                self.place = end + len(_CLOSING[kind])
                continue
            rest = _REST.match(self.body, mark.end())
            self.place = rest.end() if rest else mark.end()
            if kind == "item" and self.body[self.place - 2 : self.place] != b"/>":
                self._references(mark.start())
                if self._cost > MOST_MARKUP:
                    self.place = mark.start()
                    return False
                self.items.append(mark.start() - self.shift)
            self._cost += 1
            if self.place - mark.end() > _SHORT_TAG:
                self._attributes(mark.end(), self.place)
            if self._cost > MOST_MARKUP:
                return False
        self._references(len(self.body))
        return self._cost <= MOST_MARKUP

    def trimmed(self) -> bytes:
        """The document without what is to be cut."""
        pieces, place = [], 0
        for start, end in self._cuts:
            pieces.append(self.body[place:start])
            place = end
        return b"".join([*pieces, self.body[place:]]) if pieces else self.body

    def _references(self, until: int) -> None:
        self._cost += self.body.count(b"&", self._counted, until) / _REFERENCES_A_TAG
        self._counted = until

    def _attributes(self, start: int, end: int) -> None:
        number = self.body.count(b"=", start, end)
        self._prefixes.update(_PREFIX.findall(self.body, start, min(end, start + LONGEST_TAG)))
        if end - start <= LONGEST_TAG and number <= MOST_ATTRIBUTES and len(self._prefixes) <= MOST_PREFIXES:
            self._cost += number**2 / _SQUARE  # feedparser looks each attribute up in a list of all
            return
        if self.body[end - 1 : end] == b">":
            end -= 2 if self.body[end - 2 : end - 1] == b"/" else 1
        self._cuts.append((start, end))
        self.shift += end - start
