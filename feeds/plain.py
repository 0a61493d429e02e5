"""Plain text out of what publishers put into titles and names, and a cleaning for any text that is stored."""

from __future__ import annotations

import html
import re
from enum import StrEnum

_TAGS = (
    "a|abbr|acronym|address|article|aside|audio|b|bdi|bdo|big|blink|blockquote|body|br|button|center|cite|code|col"
    "|dd|del|details|dfn|div|dl|dt|em|embed|fieldset|figcaption|figure|font|footer|form|frame|h[1-6]|head|header|hr"
    "|html|i|iframe|img|input|ins|kbd|label|li|link|main|mark|meta|nav|nobr|noscript|object|ol|option|p|param"
    "|picture|pre|q|rp|rt|ruby|s|samp|section|select|small|source|span|strike|strong|sub|summary|sup|svg|table"
    "|tbody|td|textarea|tfoot|th|thead|time|tr|tt|u|ul|var|video|wbr|script|style|applet|math"
)
_TAG = re.compile(rf"</?(?:{_TAGS})(?=[\s/>])[^<>]*>", re.IGNORECASE)
_BREAKING = re.compile(
    r"</?(?:br|p|div|li|ul|ol|tr|td|th|table|h[1-6]|hr|blockquote|section)(?=[\s/>])[^<>]*>", re.IGNORECASE
)
_HIDDEN = tuple(
    (re.compile(rf"<{name}(?=[\s/>])", re.IGNORECASE), re.compile(rf"</{name}\s*>", re.IGNORECASE))
    for name in ("script", "style")
)
_COMMENT = (re.compile("<!--"), re.compile("-->"))
_LOOKS_LIKE_HTML = re.compile(rf"</(?:{_TAGS})\s*>|<(?:br|p|img|hr)(?=[\s/>])[^<>]*>", re.IGNORECASE)
_CLOSED = re.compile(rf"</(?:{_TAGS})\s*>", re.IGNORECASE)
# Control characters, lone surrogates, noncharacters; for one-line text also what reorders or hides characters on a
# terminal (bidirectional overrides, zero-width space, soft hyphen, byte order mark).
_UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_INVISIBLE = re.compile("[\u00ad\u200b\u2028-\u202e\u2060-\u2069\ufeff]")


class Written(StrEnum):
    """How a one-line text is written, as far as its format or its feed says."""

    UNSAID = "unsaid"
    TEXT = "text"
    HTML = "html"


def storable(text: str) -> str:
    """Text without control characters (line breaks and tabs stay) and without lone surrogates."""
    return _UNSTORABLE.sub("", text)


def plain(markup: str, written: Written = Written.UNSAID) -> str:
    """One line of plain text: tags stripped, entities decoded, whitespace collapsed, control characters removed.

    Only names of real HTML tags count as tags, so that "profits < 5 %" and "a <b.c@example.org>" survive. Tags are
    stripped once: what becomes a tag by decoding ("the &lt;blink&gt; tag") is text. Only where nothing is said of
    how it is written (RSS), and an element is closed in what was decoded, was the markup escaped twice. Entities
    are decoded twice, since feeds of all formats escape these twice ("&amp;#8217;").

    Args:
        markup: HTML or text.
        written: what the feed says of it; in declared text nothing is a tag (RFC 4287, 3.1.1.1).

    Returns:
        The text, "" if nothing is left.
    """
    text = markup if written is Written.TEXT else _strip_tags(markup)
    for _ in range(1 if written is Written.TEXT else 2):
        decoded = html.unescape(text)
        if decoded == text:
            break
        again = written is Written.UNSAID and _CLOSED.search(decoded)
        text = _strip_tags(decoded) if again else decoded
    text = re.sub(r"[\u2028\u2029\x85\x0b\x0c]", " ", text)
    text = _INVISIBLE.sub("", storable(text))
    return " ".join(text.split())


def as_html(text: str, content_type: str) -> str:
    """A summary or body as HTML: text that is declared plain is escaped, unless it plainly is HTML after all.

    Args:
        text: as the feed had it, decoded once.
        content_type: as the feed declared it, e.g. "text/plain"; "" counts as HTML.
    """
    text = storable(text)
    if content_type == "text/plain" and not _LOOKS_LIKE_HTML.search(text):
        return html.escape(text, quote=False) if "<" in text or "&" in text else text
    return text


def _strip_tags(text: str) -> str:
    if "<" not in text:
        return text
    for opening, closing in (_COMMENT, *_HIDDEN):
        text = _drop_between(text, opening, closing)
    text = _BREAKING.sub(" ", text)
    return _TAG.sub("", text)


def _drop_between(text: str, opening: re.Pattern[str], closing: re.Pattern[str]) -> str:
    """Text without what stands between two marks. One pass: a lazy pattern takes quadratic time on a hostile text."""
    kept: list[str] = []
    place = 0
    while start := opening.search(text, place):
        end = closing.search(text, start.end())
        if end is None:
            break
        kept += [text[place : start.start()], " "]
        place = end.end()
    return "".join([*kept, text[place:]]) if kept else text
