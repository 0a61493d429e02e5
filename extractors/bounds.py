"""Limits of our own, kept before any library sees a page: attributes a tag, nesting, elements, spans of table cells.

The libraries behind are quick on pages as people make them. On others libxml2 compares each attribute of a tag with
all others, trees are moved and walked once a level, and table cells are laid out as they claim to span. What goes
over a limit is cut so that the text stays where it can; `docs/hostile-content.md` has the figures.
"""

from __future__ import annotations

import re
from html import escape

from lxml import etree, html

MOST_ATTRIBUTES = 100
"""Attributes of one tag; of 300 real pages the fullest tag has 38."""
LONGEST_VALUE = 10_000
"""Characters of one attribute; longer ones are pictures and data for scripts."""
MOST_ELEMENTS = 25_000
"""Elements of one page; of 300 real pages the largest has 9,748. What comes later in the page is left out."""
DEEPEST = 200
"""Levels of nesting, from which tags that only wrap are dropped. Real pages have under 60; libxml2 stops at 2,048."""
DEEPER = 250
"""Levels from which any tag is dropped."""
MOST_OPTIONS = 2_000
"""Options of the selections of a page, from which none is kept; none is ever read."""
WIDEST_SPAN = 30
"""Rows or columns that a table cell may claim; more is no layout of text."""
MOST_SPANNED = 5_000
"""Cells that all cells of a page may claim together; over that no claim is kept."""
_ATTRIBUTE = r"""[\s/]++[^\s/>=]++(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[^\s>"']*+))?+"""
_FULL_TAG = re.compile(rf"<[a-zA-Z][^\s/><]*+(?:{_ATTRIBUTE}){{{MOST_ATTRIBUTES + 1}}}")
_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/><]*+)[^<>]*+>?")
_OPTION = re.compile(r"</?opt(?:ion|group)\b[^<>]*+>?", re.IGNORECASE)
_TAG_NAME = re.compile(r"<[a-zA-Z][^\s/><]*+")
_ONE_ATTRIBUTE = re.compile(_ATTRIBUTE)
_TOO_DEEP = etree.XPath(f"boolean({'/*' * (DEEPEST + 1)})")
_COUNT = etree.XPath("count(//*)")
_LONG_VALUES = etree.XPath(f"//@*[string-length(.) > {LONGEST_VALUE}]")
_SPANS = etree.XPath("//*[@rowspan or @colspan]")
_WRAPPERS = frozenset(
    {
        *("div", "span", "font", "section", "b", "i", "em", "strong", "center", "a", "u", "small", "big", "article"),
        *("main", "header", "footer", "nav", "aside", "form", "blockquote", "ul", "ol", "dl", "table", "tbody", "tr"),
    }
)
_VOID = frozenset(
    {
        *("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track"),
        "wbr",
    }
)
_STAYING = frozenset(
    {
        *("html", "head", "body", "title", "script", "style", "p", "li", "dt", "dd", "td", "th", "tr", "tbody"),
        *("thead", "tfoot", "option", "h1", "h2", "h3", "h4", "h5", "h6"),
        *_VOID,
    }
)
_RAW = frozenset({"script", "style"})


def with_few_attributes(source: str) -> str:
    """HTML text without the attributes of a tag that come after its hundredth. Linear in the text's length."""
    found = _FULL_TAG.search(source)
    if found is None:
        return source
    pieces = [source[: found.start()]]
    at = found.start()
    while True:
        start = _TAG_NAME.search(source, at)
        if start is None:
            break
        pieces.append(source[at : start.end()])
        at = start.end()
        number = 0
        while (attribute := _ONE_ATTRIBUTE.match(source, at)) is not None:
            number += 1
            if number <= MOST_ATTRIBUTES:
                pieces.append(attribute[0])
            at = attribute.end()
    pieces.append(source[at:])
    return "".join(pieces)


def without_options(source: str) -> str:
    """HTML text without the options of its selections, where it has more than any form: resiliparse compares them
    all with each other."""
    return _OPTION.sub(" ", source) if len(_OPTION.findall(source)) > MOST_OPTIONS else source


def too_deep(tree: html.HtmlElement) -> bool:
    """Whether a tree has more levels than are read; libxml2 then may have left out what lies deeper still."""
    return bool(_TOO_DEEP(tree))


def flattened(source: str) -> str:
    """HTML text without the tags that lie too deep, counted without building a tree; their text stays. Linear.

    Paragraphs, headings, cells and items are not counted and stay, as they are seldom closed and end each other; half
    of the levels are left for them.
    """
    pieces: list[str] = []
    at = depth = 0
    for tag in _TAG.finditer(source):
        if tag[2].lower() in _STAYING or tag[0].endswith("/>"):
            continue
        if tag[1]:
            drop = depth > DEEPEST // 2
            depth = max(0, depth - 1)
        else:
            depth += 1
            drop = depth > DEEPEST // 2
        if drop:
            pieces.append(source[at : tag.start()])
            at = tag.end()
    pieces.append(source[at:])
    return "".join(pieces)


def over_limits(tree: html.HtmlElement) -> bool:
    """Whether a tree has more levels or elements than are read."""
    return bool(_TOO_DEEP(tree)) or float(_COUNT(tree)) > MOST_ELEMENTS


def rewritten(tree: html.HtmlElement) -> str:
    """The page as HTML text that keeps the limits: tags that lie too deep are dropped, their text stays; what comes
    after the last element that is read is left out."""
    pieces: list[str] = []
    kept: list[bool] = []
    depth = elements = 0
    for event, element in etree.iterwalk(tree, events=("start", "end")):
        tag = element.tag
        if event == "end":
            if kept.pop():
                depth -= 1
                if tag not in _VOID:
                    pieces.append(f"</{tag}>")
            if element.tail:
                pieces.append(escape(element.tail, quote=False))
            continue
        keep = depth < (DEEPEST if tag in _WRAPPERS else DEEPER)
        kept.append(keep)
        if keep:
            elements += 1
            if elements > MOST_ELEMENTS:
                break
            depth += 1
            pieces.append(_opening(element))
        if element.text and (keep or tag not in _RAW):
            pieces.append(element.text if tag in _RAW else escape(element.text, quote=False))
    return "".join(pieces)


def tame(tree: html.HtmlElement) -> None:
    """Cut what single elements of a tree overdo, in place: long attributes, and spans of table cells."""
    for value in _LONG_VALUES(tree):
        value.getparent().set(value.attrname, value[:LONGEST_VALUE])
    spanned = 0
    cells = _SPANS(tree)
    for cell in cells:
        claim = 1
        for name in ("rowspan", "colspan"):
            span = _number(cell.get(name))
            if span > WIDEST_SPAN:
                del cell.attrib[name]
            else:
                claim *= max(1, span)
        spanned += claim
    if spanned > MOST_SPANNED:
        for cell in cells:
            cell.attrib.pop("rowspan", None)
            cell.attrib.pop("colspan", None)


def _opening(element: html.HtmlElement) -> str:
    attributes = "".join(
        f' {name}="{escape(value[:LONGEST_VALUE])}"' for name, value in element.attrib.items()[:MOST_ATTRIBUTES]
    )
    return f"<{element.tag}{attributes}>"


def _number(text: str | None) -> int:
    if text is None:
        return 1
    digits = text.strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else WIDEST_SPAN + 1
