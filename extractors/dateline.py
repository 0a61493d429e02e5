"""The dateline: the short line next to an article's title that says when it was published, and dates in addresses.

A line counts only if the date is all that it says, but for a label ("Datum:", "Posted on"), a place in front
("Hamburg, den 2. November 2021"), an author, the time of day, or fields set apart by bars. A paragraph of the
article counts only where it opens with place and date, as press releases do. Never read: dates of digits and
slashes, lines with two dates, and lines in menus, asides and lists of other articles.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import unquote

from lxml import html

from extractors.dates import parse_date, sane, set_aside
from extractors.lines import Line
from extractors.markup import Document
from spywatch.urls import path_of

LONGEST = 110
"""Characters from which a line is no dateline."""
BEFORE, AFTER = 4, 8
"""Lines before and after the title in which a dateline may stand; real pages have sharing links in between."""
FURTHER = 20
"""Lines after the title in which one that names its place may stand: press releases often end with it."""
RUNNING = 100
"""Characters from which a line is a paragraph of the article."""
PARAGRAPHS = 2
"""Paragraphs between title and dateline, such as a standfirst; what comes later is no longer the article's head."""
_DATE = (
    r"(?:\d{1,2}\.\s?\d{1,2}\.\s?\d{4}|\d{4}-\d{2}-\d{2}|\d{4}\s?[年년]\s?\d{1,2}\s?[月월]\s?\d{1,2}\s?[日일]|"
    r"\d{1,2}(?:st|nd|rd|th|er|\.|º)?\s+(?:de\s+|of\s+)?[^\W\d_]{3,12}\.?,?\s+(?:de\s+)?\d{4}|"
    r"[^\W\d_]{3,12}\.?\s+\d{1,2}(?:st|nd|rd|th)?,?\s+\d{4})"
)
_TIME = (
    r"(?:[\s,–—-]*(?:(?:at|um|à|a las|kl\.?|o)\s+)?\d{1,2}[.:h]\d{2}(?::\d{2})?"
    r"\s*(?:Uhr|[ap]\.?m\.?|h|[A-Z]{2,4})?)?"
)
_WEEKDAY = r"(?:[^\W\d_]{2,12}\.?,\s+|(?:Mo|Di|Mi|Do|Fr|Sa|So)\.?,?\s+)?"
_ON = r"(?:(?:vom|am|den|der|on|of|le|el|il|op|den|dne|z dnia|от)\s+)?"
_LABEL = (
    r"(?:date|datum|data|fecha|stand|дата|(?:date of )?publication|ver[öo]ffentlicht|ver[öo]ffentlichung|erschienen|"
    r"publiziert|published|posted|publi[ée]e?|publicado|pubblicato|gepubliceerd|publicerad|publikováno|opublikowano|"
    r"опубликовано|erstellt|eingestellt|gespeichert|(?:presse|fach|kurz)?(?:mitteilung|meldung)|press release|news|"
    r"communiqué(?: de presse)?|comunicado(?: de prensa)?|comunicato stampa)"
)
_WHEN = rf"{_WEEKDAY}(?P<date>{_DATE}){_TIME},?"
_PLACE = r"[^\W\d_][\w./'’-]*(?:[ /][^\W\d_][\w./'’-]*){0,3}"
_BARE = re.compile(rf"\(?{_WHEN}\)?\.?$", re.IGNORECASE)
_LABELLED = re.compile(rf"{_LABEL}\s*:?\s*{_ON}{_WHEN}$", re.IGNORECASE)
_BY = re.compile(rf"(?:[^\W\d_]+ )?(?:by|von|par|por|di|door)\s+[^\d]{{2,40}}?,?\s+{_ON}{_WHEN}$", re.IGNORECASE)
_PLACED = re.compile(rf"(?-i:(?=[^\Wa-z])){_PLACE},\s+{_ON}\(?{_WHEN}\)?[.:]?$", re.IGNORECASE)
_OPENING = re.compile(
    rf"(?-i:(?=[^\Wa-z])){_PLACE},?\s+(?:\({_ON}(?P<date>{_DATE})\)|{_ON}(?P<date2>{_DATE}))\s*(?:[.:–—-]|\(\w+\))",
    re.I,
)
_ANY = re.compile(_DATE, re.IGNORECASE)
_FIELDS = re.compile(r"\s*[|•·]\s*|\s+[-–—/]\s+")
_TODAY = re.compile(r"current|today|heute|clock|server-?time|header-date", re.IGNORECASE)
_NOT_WORD = re.compile(r"[\W_]+")
_IN_ADDRESS = re.compile(r"(?<![\d])(\d{1,2})[-_.](\d{1,2})[-_.]((?:19|20)\d{2})(?!\d)")


def dateline(document: Document, *, title: str, now: datetime | None) -> datetime | None:
    """The date in the line next to the title.

    Args:
        document: the page.
        title: the article's title; where no line repeats it, the page's only `<h1>` takes its place.
        now: the time of the run, None if unknown.

    Returns:
        Midnight UTC of the nearest sane one (lines after the title come before lines above it), None if there is
        none.
    """
    lines = document.lines
    for anchor, number, placed_only in _places(_anchors(lines, title), len(lines)):
        line = lines[number]
        paragraphs = sum(len(between.text) >= RUNNING for between in lines[anchor:number])
        placed_only = placed_only or paragraphs > PARAGRAPHS
        written = _written(line.text, placed_only=placed_only)
        if not written or _others(line, lines[anchor]):
            continue
        moment = parse_date(written)
        if moment is not None and sane(moment, now):
            return moment
    return None


def is_date(text: str) -> bool:
    """Whether a text is a date, perhaps with weekday and time of day, and nothing else."""
    match = _BARE.match(text.strip())
    return match is not None and parse_date(match["date"]) is not None


def date_in_address(url: str, *, now: datetime | None) -> datetime | None:
    """A day-first date in the path of an address ("/29-10-2021"), None where day and month could be swapped."""
    for day, month, year in _IN_ADDRESS.findall(unquote(path_of(url))):
        moment = parse_date(f"{year}-{month}-{day}") if int(day) > 12 else None
        if moment is not None and sane(moment, now):
            return moment
    return None


def _anchors(lines: list[Line], title: str) -> list[int]:
    wanted = _bare(title)
    named = [at for at, line in enumerate(lines) if len(wanted) > 3 and _bare(line.text) == wanted]
    headings = [at for at in named if lines[at].heading]
    if headings or named:
        return headings or named[:1]
    first = [at for at, line in enumerate(lines) if line.element.tag == "h1"]
    return first if len(first) == 1 else []


def _places(anchors: list[int], count: int) -> Iterator[tuple[int, int, bool]]:
    """Where to look, in this order: a title's number, a line's, and whether there only a date with a place counts."""
    near = [*range(1, 4), -1, -2, *range(4, AFTER + 1), *range(-3, -BEFORE - 1, -1)]
    for steps, placed_only in ((near, False), (list(range(AFTER + 1, FURTHER + 1)), True)):
        for anchor in anchors:
            yield from ((anchor, anchor + step, placed_only) for step in steps if 0 <= anchor + step < count)


def _written(text: str, *, placed_only: bool) -> str:
    """The date that a line states as its dateline, "" if it is none."""
    if len(text) > LONGEST:
        match = _OPENING.match(text[: LONGEST + 40])
        return (match["date"] or match["date2"]) if match and not placed_only else ""
    if len(_ANY.findall(text)) != 1:
        return ""
    forms = (_PLACED,) if placed_only else (_BARE, _LABELLED, _PLACED, _BY)
    for field in (text, *_FIELDS.split(text)):
        for form in forms:
            if match := form.match(field.strip()):
                return match["date"]
    return ""


def _others(line: Line, title: Line) -> bool:
    """Whether a line belongs to something else than the article: a menu, another article's teaser, a clock."""
    element = line.element
    if set_aside(element) or _TODAY.search(f"{element.get('class') or ''} {element.get('id') or ''}"):
        return True
    around_title = set(title.element.iterancestors())
    for ancestor in (element, *element.iterancestors()):
        if ancestor in around_title:
            return False
        if ancestor.tag in ("header", "nav", "footer") and not _near_article(ancestor):
            return True
    return False


def _near_article(element: html.HtmlElement) -> bool:
    return any(ancestor.tag in ("article", "main") for ancestor in element.iterancestors())


def _bare(text: str) -> str:
    return _NOT_WORD.sub("", text.casefold())
