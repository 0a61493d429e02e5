"""When an article was published, and where that was read.

Candidates in order of trust: JSON-LD, `<meta>`, `<time>`, a post line ("Author: A | Date: 3 May 2021 | Permalink"),
the dateline next to the title or a date in the address (`dateline`), htmldate's reading of the page. The first sane
one wins. Without a zone a time is UTC; a date alone is midnight UTC.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from itertools import islice

from lxml import html

from extractors.markup import ARTICLE_TYPES, Document, types_of
from spywatch.records import DateCandidate, DateFault, DateSource

OLDEST = datetime(1990, 1, 1, tzinfo=UTC)
"""Nothing on the web was published earlier."""
AHEAD = timedelta(hours=24)
"""How far a date may lie after `now`: zones, and clocks that are wrong."""

_META_NAMES = (
    "article:published_time",
    "og:article:published_time",
    "og:published_time",
    "datepublished",
    "article:published",
    "publication_date",
    "publish-date",
    "publishdate",
    "published_time",
    "parsely-pub-date",
    "sailthru.date",
    "cxenseparse:recs:publishtime",
    "dc.date.issued",
    "dcterms.issued",
    "dc.date.created",
    "dcterms.created",
    "dc.date",
    "dcterms.date",
    "citation_publication_date",
    "pubdate",
    "article.published",
    "originalpublicationdate",
    "date",
)
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan januar janvier enero gennaio janeiro januari leden ledna styczeń stycznia "
            "января январь ocak січня",
            "february feb februar février fevrier febrero febbraio fevereiro februari únor února "
            "luty lutego февраля şubat лютого",
            "march mar märz maerz mars marzo março marco maart březen března marzec marca марта mart березня",
            "april apr avril abril aprile duben dubna kwiecień kwietnia апреля nisan квітня",
            "may mai mayo maggio maio mei maj květen května maja мая mayıs травня",
            "june jun juni juin junio giugno junho červen června czerwiec czerwca июня haziran червня",
            "july jul juli juillet julio luglio julho červenec července lipiec lipca июля temmuz липня",
            "august aug août aout agosto augustus augusti srpen srpna sierpień sierpnia августа ağustos серпня",
            "september sep sept septembre septiembre settembre setembro září wrzesień września "
            "сентября eylül вересня",
            "october oct oktober okt octobre octubre ottobre outubro říjen října październik "
            "października октября ekim жовтня",
            "november nov novembre noviembre novembro listopad listopadu listopada ноября kasım листопада",
            "december dec dezember dez décembre decembre diciembre dicembre dezembro prosinec "
            "prosince grudzień grudnia декабря aralık грудня",
        ),
        start=1,
    )
    for name in names.split()
}
"""Month names in English, German, French, Spanish, Italian, Portuguese, Dutch, Swedish, Czech, Polish, Russian,
Turkish and Ukrainian."""
_ISO = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})"
    r"(?:[T\s]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})?)?"
)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T?(\d{2})(\d{2})(\d{2})?(Z)?)?$")
_YEAR_FIRST = re.compile(r"(\d{4})[/.](\d{1,2})[/.](\d{1,2})\b")
_DAY_FIRST_DOTS = re.compile(r"\b(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})\b")
_CJK = re.compile(r"(\d{4})\s?[年년]\s?(\d{1,2})\s?[月월]\s?(\d{1,2})\s?[日일]")
_DAY_MONTH = re.compile(
    r"\b(\d{1,2})(?:st|nd|rd|th|er|\.|º)?\s+(?:de\s+|of\s+)?([^\W\d_]{3,12})\.?,?\s+(?:de\s+)?(\d{4})\b"
)
_MONTH_DAY = re.compile(r"\b([^\W\d_]{3,12})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})\b")
_OFFSET = re.compile(r"([+-])(\d{2}):?(\d{2})?$")
_EPOCH = re.compile(r"\d{10}(?:\d{3})?$")
_TIME_CLASS = re.compile(r"publish|pubdate|entry-date|post-date|date-created|dateline", re.I)
_ASIDE = re.compile(r"comment|related|sidebar|widget|recent|teaser|promo|footer|recommend", re.I)
_SEPARATOR = re.compile(r"\s*[|•·]\s*")
_AUTHOR_FIELD = re.compile(
    r"^(?:author|posted by|written by|by|autor|auteur|autore|von|par|por|автор)\b\s*:?\s*(.+)$", re.I
)
_DATE_FIELD = re.compile(
    r"^(?:date|posted|posted on|published|published on|datum|fecha|data|le|am|дата)\b\s*:?\s*(.+)$", re.I
)
_PERMALINK_FIELD = re.compile(r"^(?:permalink|permanent link|link|#)$", re.I)
LONGEST_POST_LINE = 240
MOST_TIMES = 200
"""`<time>` elements that are looked at; the article's own stands among the first."""


def parse_date(text: str) -> datetime | None:
    """Read one written date: ISO 8601, RFC 2822, epoch seconds, or day, month name and year in a dozen languages.

    A date of digits and slashes whose day and month could be swapped is not read: a guess would be a lie.

    Returns:
        The time in UTC, None if the text is no such date.
    """
    text = text.strip()[:120]
    if _EPOCH.match(text):
        return datetime.fromtimestamp(int(text[:10]), tz=UTC)
    if match := _ISO.search(text):
        return _moment(*match.groups())
    if match := _COMPACT.match(text):
        return _moment(*match.groups())
    if "," in text and ":" in text:
        try:
            moment = parsedate_to_datetime(text)
        except (ValueError, TypeError, IndexError, OverflowError):
            pass
        else:
            return _in_utc(moment)
    for pattern in (_YEAR_FIRST, _CJK):
        if match := pattern.search(text):
            return _moment(*match.groups())
    if match := _DAY_FIRST_DOTS.search(text):
        return _moment(match[3], match[2], match[1])
    for pattern, day, month in ((_DAY_MONTH, 1, 2), (_MONTH_DAY, 2, 1)):
        for match in pattern.finditer(text):
            if number := _MONTHS.get(match[month].lower()):
                return _moment(match[3], str(number), match[day])
    return None


def sane(moment: datetime | None, now: datetime | None) -> bool:
    """Whether a date can be a publication date: not before 1990, not more than a day after `now`."""
    return moment is not None and moment >= OLDEST and (now is None or moment <= now + AHEAD)


def judged(source: DateSource, text: str, at: datetime | None, now: datetime | None) -> DateCandidate:
    """A date text with what it was read as, and why that is not believed, if it is not.

    Args:
        source: where it stood.
        text: as it stood.
        at: what it was read as (UTC), None if it has no single meaning.
        now: the time of the run, None if unknown.
    """
    fault = None
    if at is None:
        fault = DateFault.UNREADABLE
    elif at < OLDEST:
        fault = DateFault.TOO_EARLY
    elif now is not None and at > now + AHEAD:
        fault = DateFault.FUTURE
    return DateCandidate(source=source, text=" ".join(text[:200].split())[:100], at=at, fault=fault)


def stated(document: Document, *, now: datetime | None) -> Iterator[DateCandidate]:
    """The publication dates that a page states, best first.

    Args:
        document: the page.
        now: the time of the run, None if unknown (then future dates cannot be told).
    """
    for source, text in _stated(document):
        yield judged(source, text, parse_date(text), now)


def guessed(document: Document, *, now: datetime | None, title: str = "") -> DateCandidate | None:
    """The date that can be read off a page that states none: its dateline, its address, else htmldate's reading.

    Args:
        document: the page.
        now: the time of the run, None if unknown.
        title: the article's title, to find the dateline.
    """
    from extractors.dateline import date_in_address, dateline
    from extractors.text import htmldate_of

    written = dateline(document, title=title, now=now) or date_in_address(document.url, now=now)
    if written is not None:
        return judged(DateSource.PAGE, written.date().isoformat(), written, now)
    text = htmldate_of(document, now=now)
    return judged(DateSource.PAGE, text, parse_date(text), now) if text else None


def page_date(
    document: Document, *, now: datetime | None, page_guess: bool = True, title: str = ""
) -> tuple[datetime | None, DateSource]:
    """The publication date of a page by itself, best source first.

    Args:
        document: the page.
        now: the time of the run, None if unknown (then future dates cannot be told).
        page_guess: whether, where the page states none to programs, its dateline is read, else htmldate asked.
        title: the article's title, to find the dateline.

    Returns:
        Date (UTC) and where it was read; (None, NONE) if no sane date was found.
    """
    for candidate in stated(document, now=now):
        if candidate.fault is None:
            return candidate.at, candidate.source
    if page_guess:
        found = guessed(document, now=now, title=title)
        if found is not None and found.fault is None:
            return found.at, found.source
    return None, DateSource.NONE


@dataclass(frozen=True, slots=True)
class PostLine:
    """What the line under a post says: author ("" if none), date, the date as written, whether it has a permalink."""

    author: str
    published_at: datetime
    written: str
    permalink: bool


def post_line(line: str) -> PostLine | None:
    """Read the line that ends a blog post, such as "Author: Ada Byron | Date: 27 March 2020 | Permalink".

    It has two fields or more, set apart by bars or dots; one is a date, another one an author or the permalink.

    Returns:
        What it says, None if the line is not of that kind.
    """
    if len(line) > LONGEST_POST_LINE:
        return None
    fields = [field for field in _SEPARATOR.split(line.strip()) if field] if _SEPARATOR.search(line) else []
    if not 2 <= len(fields) <= 6:
        return None
    author, written, permalink = "", "", False
    for field in fields:
        labelled = _DATE_FIELD.match(field)
        if match := _AUTHOR_FIELD.match(field):
            author = author or match[1].strip()
        elif _PERMALINK_FIELD.match(field):
            permalink = True
        elif labelled and parse_date(labelled[1]):
            written = written or labelled[1].strip()
        elif len(field) < 40 and parse_date(field):
            written = written or field
    moment = parse_date(written) if written else None
    return PostLine(author, moment, written, permalink) if moment is not None and (author or permalink) else None


def time_of(element: html.HtmlElement) -> str:
    """The date text of the first usable `<time>` inside an element, "" if none."""
    for time in element.iter("time"):
        if not set_aside(time, element) and (text := (time.get("datetime") or time.text_content() or "").strip()):
            return text
    return ""


def _stated(document: Document) -> Iterator[tuple[DateSource, str]]:
    objects = [document.article_data] if document.article_data else []
    objects += [item for item in document.linked_data if types_of(item) & (ARTICLE_TYPES | {"webpage"})]
    for item in objects[:20]:
        if value := item.get("datePublished"):
            yield DateSource.JSON_LD, str(value)
    for name in _META_NAMES:
        if value := document.meta.get(name):
            yield DateSource.META, value
    times = [time for time in islice(document.tree.iter("time"), MOST_TIMES) if not set_aside(time, None)]
    marked = [
        time
        for time in times
        if time.get("pubdate") is not None
        or (time.get("itemprop") or "").lower() == "datepublished"
        or _TIME_CLASS.search(time.get("class") or "")
    ]
    for time in marked[:1] or times[: 1 if len({t.get("datetime") for t in times}) == 1 else 0]:
        yield DateSource.TIME_ELEMENT, time.get("datetime") or time.text_content()
    for line in document.lines:
        if found := post_line(line.text):
            yield DateSource.POST_LINE, found.written
            break
    for time in times:
        if any(ancestor.tag in ("article", "header", "main") for ancestor in time.iterancestors()):
            yield DateSource.TIME_ELEMENT, time.get("datetime") or time.text_content()
            break


def set_aside(element: html.HtmlElement, top: html.HtmlElement | None = None) -> bool:
    """Whether an element stands in an aside, a menu, comments or the like; `top` is where looking upwards ends."""
    for ancestor in element.iterancestors():
        if ancestor is top:
            return False
        if ancestor.tag in ("aside", "nav"):
            return True
        if ancestor.tag not in ("body", "html") and _ASIDE.search(
            f"{ancestor.get('class') or ''} {ancestor.get('id') or ''}"
        ):
            return True
    return False


def _moment(
    year: str,
    month: str,
    day: str,
    hour: str | None = None,
    minute: str | None = None,
    second: str | None = None,
    zone: str | None = None,
) -> datetime | None:
    offset = _OFFSET.match(zone or "")
    delta = timedelta(hours=int(offset[2]), minutes=int(offset[3] or 0)) if offset else timedelta()
    try:
        tz = timezone(-delta if offset and offset[1] == "-" else delta)
        moment = datetime(
            int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), tzinfo=tz
        )
    except ValueError:
        return None
    return _in_utc(moment)


def _in_utc(moment: datetime) -> datetime | None:
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        return None
