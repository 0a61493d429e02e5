"""A page as the lines a reader sees, each with the element that holds it."""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree, html

HEADINGS = frozenset({"h1", "h2", "h3", "h4"})
_BLOCKS = HEADINGS | {
    *(
        "address",
        "article",
        "blockquote",
        "body",
        "dd",
        "div",
        "dl",
        "dt",
        "figcaption",
        "figure",
        "h5",
        "h6",
        "header",
    ),
    *("li", "main", "ol", "p", "pre", "section", "table", "td", "th", "tr", "ul", "center", "hr", "tbody"),
}
_UNSEEN = frozenset(
    {
        *("script", "style", "noscript", "template", "nav", "aside", "footer", "form", "select", "button", "iframe"),
        *("head", "svg", "object", "textarea"),
    }
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text; `element` is the nearest block around it."""

    text: str
    element: html.HtmlElement

    @property
    def heading(self) -> bool:
        """Whether the line stands in a heading."""
        return any(e.tag in HEADINGS for e in (self.element, *list(self.element.iterancestors())[:2]))


def lines_of(tree: html.HtmlElement, *, unseen: frozenset[str] = _UNSEEN) -> list[Line]:
    """The non-empty lines of a tree in document order, in one pass; navigation, forms and scripts are left out."""
    found: list[Line] = []
    parts: list[str] = []
    around: list[html.HtmlElement] = [tree]

    def flush() -> None:
        if not parts:
            return
        text = " ".join("".join(parts).split())
        parts.clear()
        if text:
            found.append(Line(text, around[-1]))

    walker = etree.iterwalk(tree, events=("start", "end"))
    for event, element in walker:
        tag = element.tag
        if event == "start":
            if tag in unseen:
                walker.skip_subtree()
                continue
            if tag in _BLOCKS:
                flush()
                around.append(element)
            elif tag == "br":
                flush()
            if element.text:
                parts.append(element.text)
        else:
            if tag in _BLOCKS and around[-1] is element:
                flush()
                around.pop()
            if element.tail and element is not tree:
                parts.append(element.tail)
    flush()
    return found
