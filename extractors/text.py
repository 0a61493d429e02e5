"""The main text of a page (the only importer of trafilatura).

Three extractors, and of their results the one that agrees best with the others: the medoid by overlap of word
4-grams, measured above each of them alone on the public article-extraction benchmark (`docs/design.md`).
trafilatura (precision) and resiliparse always run; trafilatura's readability fork only where those two disagree
(F1 of their 4-grams below 0.8). A near tie goes to trafilatura. Where trafilatura took a fragment of what resiliparse
has, resiliparse's is taken. The line that repeats the title is taken out.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from copy import copy
from datetime import datetime
from importlib import import_module
from typing import Any

from lxml import etree, html

from extractors.markup import Document

LONGEST_TEXT = 300_000
"""Characters of one article that are kept; a long book chapter has a third of that."""
AGREEMENT = 0.8
"""F1 of word 4-grams above which two extractions count as the same text (`docs/design.md`, Extraction)."""
TIE = 0.2
"""How much better than trafilatura's the sum of agreements of another extraction must be."""
FRAGMENT = 0.35
"""A text with less running text than this share of another one that holds it is a fragment: one answer of several,
the last part of an interview. Measured like `TIE`; anything from 0.3 to 0.4 gives the same texts."""
MOSTLY_RUNNING = 0.7
"""Share of running text that the longer one must have, so that it is no list of other things."""
HELD = 0.8
"""Share of a text's 4-grams that the longer one must have, to hold it."""
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\u0e00-\u0e7f]|\w+")
_SPACE = re.compile(r"[\s\u00a0\u200b\u2028\u2029]+")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")
_TAG = re.compile(
    r"</?(?=[a-z])(?:a|abbr|article|aside|b|big|blockquote|body|br|button|caption|center|cite|code|dd|div|dl|dt|em|embed|"
    r"figcaption|figure|font|footer|form|h[1-6]|head|header|hr|html|i|iframe|img|input|label|li|link|main|meta|nav|"
    r"noscript|object|ol|option|p|picture|pre|s|script|section|select|small|source|span|strike|strong|style|sub|sup|"
    r"svg|table|tbody|td|tfoot|th|thead|time|title|tr|u|ul|video|[a-z]{2,20}-[a-z-]{2,30})(?:\s[^<>]{0,2000})?/?>|<!--[^<>]{0,2000}-->",
    re.IGNORECASE,
)
_NOT_WORD = re.compile(r"\W+")
_TITLE_REACH = 3
_RUNNING = 80
_MOST_TIDIED = 2 * LONGEST_TEXT


def preload() -> None:
    """Import the heavy libraries now (about a second), for worker processes."""
    for name in ("htmldate", "nh3", "resiliparse.extract.html2text", "trafilatura.core", "trafilatura.external"):
        import_module(name)


def main_text(document: Document, *, title: str = "", tables: bool = True) -> str:
    """The article's text: paragraphs joined by newlines, no markup, without the title line.

    Args:
        document: the page.
        title: the article's title, to be taken out where the text begins with it.
        tables: False leaves tables out (cells that span rows and columns can take trafilatura minutes).

    Returns:
        The text, "" if none was found.
    """
    first = tidy(_by_trafilatura(document, tables=tables))
    second = tidy(_by_resiliparse(document.source)) if tables else ""
    if not first:  # resiliparse alone hands out menus; only running text is believed
        return without_title(second, title) if any(len(line) >= _RUNNING for line in second.split("\n")) else ""
    chosen = first
    if second:
        ours, theirs = _shingles(first), _shingles(second)
        agreement = _overlap(ours, theirs)
        if takes_whole(first, second):
            chosen = second
        elif agreement < AGREEMENT:
            third = tidy(_by_readability(document))
            thirds = _shingles(third)
            with_first, with_second = _overlap(ours, thirds), _overlap(theirs, thirds)
            chosen = max(
                (agreement + with_first + TIE, 2, first),
                (agreement + with_second, 1, second),
                (with_first + with_second, 0, third),
            )[2]
    return without_title(chosen, title)


def words_of(text: str) -> set[str]:
    """The words of a text that say what it is about: of four letters or more, and single signs of dense scripts."""
    words = _WORD.findall(text.casefold())
    return {word for word in words if len(word) > 3 or word.isdigit() or word > "\u0e00"}


def fragment_text(source: str) -> str:
    """All visible text of an HTML fragment, paragraphs joined by newlines."""
    from resiliparse.extract.html2text import extract_plain_text

    return tidy(
        extract_plain_text(source, preserve_formatting=True, main_content=False, alt_texts=False, form_fields=False)
    )


def tidy(text: str) -> str:
    """Plain text in our form: NFC, one space between words, no empty lines, no control characters, no HTML tags.

    Of a text that is twice as long as an article may be the rest is left out.
    """
    lines = []
    for line in text[:_MOST_TIDIED].replace("\r", "\n").split("\n"):
        line = _TAG.sub(" ", line) if "<" in line else line
        line = _SPACE.sub(" ", _CONTROL.sub("", line)).strip(" |")
        if line and line not in ("-", "•", "*"):
            lines.append(line)
    return unicodedata.normalize("NFC", "\n".join(lines))


def without_title(text: str, title: str) -> str:
    """The text without a line near its start that says just what the title says."""
    wanted = _bare(title)
    if not wanted:
        return text
    lines = text.split("\n")
    kept = [line for at, line in enumerate(lines) if at >= _TITLE_REACH or _bare(line) != wanted]
    return "\n".join(kept)


def htmldate_of(document: Document, *, now: datetime | None) -> str:
    """The publication date that htmldate reads from the page's markup and text ("YYYY-MM-DD"), "" if none."""
    from htmldate import find_date

    options: dict[str, Any] = {"original_date": True, "extensive_search": False}
    if now is not None:
        options["max_date"] = now.strftime("%Y-%m-%d")
    try:
        found = find_date(copy(document.tree), url=document.url or None, **options)
    except (ValueError, OverflowError):  # digits that are no date
        return ""
    return str(found or "")


def fallback_title(document: Document) -> str:
    """trafilatura's reading of the title, for pages whose head says none."""
    from trafilatura.metadata import extract_title

    return tidy(extract_title(document.tree) or "").replace("\n", " ")


def _by_trafilatura(document: Document, *, tables: bool) -> str:
    import logging

    from trafilatura.core import bare_extraction

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    try:
        found = bare_extraction(
            document.tree,
            url=document.url or None,
            include_comments=False,
            include_tables=tables,
            favor_precision=True,
            with_metadata=False,
        )
    except (RecursionError, etree.LxmlError, AttributeError, IndexError, KeyError) as error:
        if getattr(error, "code", None) == etree.ErrorTypes.ERR_NO_MEMORY:
            raise MemoryError("libxml2 ran out of memory") from error
        return ""  # odd trees trip it; the other extractors remain
    return (found.text or "") if found is not None and not isinstance(found, dict) else ""


def _by_resiliparse(source: str) -> str:
    from resiliparse.extract.html2text import extract_plain_text

    return str(
        extract_plain_text(source, preserve_formatting=True, main_content=True, alt_texts=False, comments=False)
    )


def _by_readability(document: Document) -> str:
    from trafilatura.external import try_readability

    found = try_readability(copy(document.tree))
    if not isinstance(found.tag, str):
        return ""
    return fragment_text(html.tostring(found, encoding="unicode"))


def takes_whole(text: str, other: str) -> bool:
    """Whether a text is only a fragment of another one, which is running text and holds it."""
    running = _running(other)
    if _running(text) >= FRAGMENT * running or running < MOSTLY_RUNNING * len(other):
        return False
    ours = _shingles(text)
    return (ours & _shingles(other)).total() >= HELD * ours.total()


def _running(text: str) -> int:
    return sum(len(line) for line in text.split("\n") if len(line) >= _RUNNING)


def _shingles(text: str) -> Counter[tuple[str, ...]]:
    words = _WORD.findall(text.casefold())
    if len(words) < 4:
        return Counter([tuple(words)]) if words else Counter()
    return Counter(zip(words, words[1:], words[2:], words[3:], strict=False))


def _overlap(one: Counter[tuple[str, ...]], other: Counter[tuple[str, ...]]) -> float:
    total = one.total() + other.total()
    return 2 * (one & other).total() / total if total else 0.0


def _bare(line: str) -> str:
    return _NOT_WORD.sub("", line.casefold())
