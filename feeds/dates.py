"""Publication dates of entries: own reading of date texts, with provenance and limits. Pure.

Why not the feed parser's: it reads CEST and MSK as UTC, epoch seconds as a year in the past, completes slash dates
with today's month (so that the answer depends on the day of the run), and knows few month names. Here a text either
has one meaning or none; nothing is completed from the clock.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from spywatch.records import DateCandidate, DateFault, DateSource

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
"""Older dates are taken for mistakes: the web, and with it its feeds, is younger."""
FUTURE_LIMIT = timedelta(hours=24)
"""A date may be this far ahead of the clock (time zones, embargoes); farther ahead it is a mistake."""
_LATEST_WITHOUT_CLOCK = datetime(2100, 1, 1, tzinfo=UTC)
_LONGEST = 100


def entry_date(
    published: Sequence[str], updated: Sequence[str], *, now: datetime | None
) -> tuple[datetime | None, DateSource, tuple[DateCandidate, ...]]:
    """Choose an entry's date.

    Args:
        published: date texts that say when the entry was published, best first.
        updated: date texts that say when it was changed, best first; used if none of `published` is believable.
        now: the clock (UTC-aware), for the limit on future dates; None where there is no clock.

    Returns:
        The date in UTC and where it was read, (None, DateSource.NONE) if no text gives a believable date; and every
        text with what it came to: the chosen one first, then other believable ones, then the rest.
    """
    texts = [(text, DateSource.FEED_PUBLISHED) for text in published]
    texts += [(text, DateSource.FEED_UPDATED) for text in updated]
    read = [_candidate(text, source, now) for text, source in dict.fromkeys(texts)]
    candidates = tuple(sorted(read, key=lambda one: one.fault is not None))
    if not candidates or candidates[0].fault is not None:
        return None, DateSource.NONE, candidates
    return candidates[0].at, candidates[0].source, candidates


def _candidate(text: str, source: DateSource, now: datetime | None) -> DateCandidate:
    found = read_date(text)
    return DateCandidate(source=source, text=text[:_LONGEST], at=found, fault=date_fault(found, now))


def date_fault(when: datetime | None, now: datetime | None) -> DateFault | None:
    """Why a date is not believed, None if it is: it lies between `EARLIEST` and `FUTURE_LIMIT` after now.

    Args:
        when: the date (UTC-aware); None if its text has no single meaning.
        now: the clock (UTC-aware); None where there is none, and then dates up to the year 2100 are believed.
    """
    if when is None:
        return DateFault.UNREADABLE
    if when < EARLIEST:
        return DateFault.TOO_EARLY
    latest = _LATEST_WITHOUT_CLOCK if now is None else now + FUTURE_LIMIT
    return DateFault.FUTURE if when > latest else None


def read_date(text: str) -> datetime | None:
    """Read one date text.

    Understood: RFC 822 and its relatives with zone names, ISO 8601 (calendar, week and ordinal dates), epoch seconds
    and milliseconds, year-first dates with slashes or dots, day-first dates with dots, slash dates whose day is
    above 12, East Asian year-month-day dates, and dates with month names in English, German, French, Spanish,
    Russian, Ukrainian, Italian, Polish, Czech, Portuguese, Dutch and the Scandinavian languages.

    Args:
        text: as the feed had it.

    Returns:
        The date in UTC, or None if the text has no single meaning. A time without a zone, and a zone that is
        not known, are taken as UTC; a date without a time is that day's midnight.
    """
    folded = _fold(text)
    if not folded or len(folded) > _LONGEST:
        return None
    for reader in (_epoch, _compact, _numeric, _ordinal_or_week, _named_month):
        try:
            found = reader(folded)
            if found is not None:
                return found.astimezone(UTC)
        except (ValueError, OverflowError):  # a 31st of February, a year beyond 9999
            return None
    return None


def _fold(text: str) -> str:
    """Lower case, no accents, plain digits and signs, single spaces, no remarks in brackets."""
    if len(text) > 4 * _LONGEST:
        return ""
    text = unicodedata.normalize("NFKD", text.replace("−", "-").replace("–", "-"))
    text = "".join(mark for mark in text if not unicodedata.combining(mark)).casefold()
    text = unicodedata.normalize("NFC", text)
    text = re.sub(r"\([^()]*\)\s*$|\[[^\[\]]*\]\s*$", "", text)
    return " ".join(text.split()).strip(" .,;")


# --- times and zones ---------------------------------------------------------------------------------------------

_ZONES = {
    # name: hours east of UTC. Where a name has several meanings the one that news feeds use is taken: BST British
    # summer, IST India, CST and AST America, GST Gulf.
    **dict.fromkeys(("z", "ut", "utc", "gmt", "wet"), 0.0),
    **dict.fromkeys(("cet", "mez", "met", "bst", "west", "wat"), 1.0),
    **dict.fromkeys(("cest", "mesz", "mest", "eet", "oez", "sast", "cat"), 2.0),
    **dict.fromkeys(("eest", "oesz", "msk", "мск", "trt", "idt", "eat", "fet"), 3.0),
    **dict.fromkeys(("msd", "gst", "samt", "get", "amt", "azt"), 4.0),
    **dict.fromkeys(("pkt", "uzt", "yekt", "tmt", "tjt", "mvt"), 5.0),
    **dict.fromkeys(("bdt", "omst", "kgt", "btt"), 6.0),
    **dict.fromkeys(("ict", "wib", "novt", "krat"), 7.0),
    **dict.fromkeys(("hkt", "sgt", "myt", "pht", "awst", "wita", "irkt", "ulat"), 8.0),
    **dict.fromkeys(("jst", "kst", "wit", "yakt"), 9.0),
    **dict.fromkeys(("aest", "vlat", "chst", "pgt"), 10.0),
    **dict.fromkeys(("aedt", "magt", "sbt"), 11.0),
    **dict.fromkeys(("nzst", "fjt", "pett"), 12.0),
    "nzdt": 13.0,
    "irst": 3.5,
    "irdt": 4.5,
    "aft": 4.5,
    "ist": 5.5,
    "npt": 5.75,
    "mmt": 6.5,
    "acst": 9.5,
    "acdt": 10.5,
    "nst": -3.5,
    "ndt": -2.5,
    **dict.fromkeys(("art", "brt", "clst", "uyt", "adt"), -3.0),
    **dict.fromkeys(("ast", "edt", "clt", "vet", "bot", "gyt", "pyt"), -4.0),
    **dict.fromkeys(("est", "cdt", "cot", "pet", "ect"), -5.0),
    **dict.fromkeys(("cst", "mdt"), -6.0),
    **dict.fromkeys(("mst", "pdt"), -7.0),
    **dict.fromkeys(("pst", "akdt"), -8.0),
    "akst": -9.0,
    "hst": -10.0,
}
_SEASONAL = {
    "et": "America/New_York",
    "ct": "America/Chicago",
    "mt": "America/Denver",
    "pt": "America/Los_Angeles",
}
_SEASONAL_STANDARD = {"et": "est", "ct": "cst", "mt": "mst", "pt": "pst"}

_TIME = (
    r"(?P<before>오전|오후|午前|午後|上午|下午)?\s*"
    r"(?P<hour>\d{1,2})(?:\s?[:.h]\s?(?P<minute>\d{2}))(?:\s?[:.]\s?(?P<second>\d{2})(?:[.,]\d{1,9})?)?"
    r"\s*(?P<half>[ap]\.?m\.?)?(?:\s*(?:uhr|uur|h|hrs|hod\.?|godz\.?|ч\.?))?"
)
_ZONE = r"(?P<zone>(?:(?:utc|gmt)\s?)?[+-]\d{1,2}:?(?:\d{2})?(?::?\d{2})?|[a-zмск]{1,5})"
_GLUE = r"(?:\s*[,;|/-]\s*|\s*t\s*|\s+)(?:(?:at|um|om|a|à|as|às|alle|alle ore|ore|v|ve|o|o godz\.?|в|kl\.?)\s+)?"
_TAIL = rf"(?:{_GLUE}{_TIME}(?:\s*{_ZONE})?)?(?:\s+{_ZONE.replace('zone', 'zone2')})?"


def _moment(match: re.Match[str], year: int, month: int, day: int) -> datetime:
    """The date of a match with the groups of `_TAIL`."""
    groups = match.groupdict()
    hour, minute = int(groups.get("hour") or 0), int(groups.get("minute") or 0)
    second = min(int(groups.get("second") or 0), 59) if groups.get("second") != "60" else 59
    if groups.get("second") and int(groups["second"]) > 60:
        raise ValueError("second")
    half = (groups.get("half") or "")[:1]
    if groups.get("before"):
        half = "p" if groups["before"] in {"오후", "午後", "下午"} else "a"
    if half:
        if not 1 <= hour <= 12:
            if half == "a" or hour > 23:
                raise ValueError("hour")
        else:
            hour = hour % 12 + (12 if half == "p" else 0)
    next_day = hour == 24 and minute == 0 and second == 0
    naive = datetime(year, month, day, 0 if next_day else hour, minute, second)  # noqa: DTZ001 (zone follows)
    if next_day:
        naive += timedelta(days=1)
    zone = groups.get("zone") or groups.get("zone2") or ""
    return naive.replace(tzinfo=_zone(zone, naive))


def _zone(name: str, naive: datetime) -> timezone | ZoneInfo:
    name = name.strip()
    signed = re.fullmatch(r"(?:(?:utc|gmt)\s?)?([+-])(\d{1,2}):?(\d{2})?(?::?\d{2})?", name)
    if signed:
        sign, hours, minutes = signed.groups()
        offset = timedelta(hours=int(hours), minutes=int(minutes or 0))
        if offset > timedelta(hours=14) or int(minutes or 0) > 59:
            raise ValueError("zone")
        return timezone(-offset if sign == "-" else offset)
    if name in _SEASONAL:
        try:
            return ZoneInfo(_SEASONAL[name])
        except ZoneInfoNotFoundError:
            name = _SEASONAL_STANDARD[name]
    # An unknown name counts as UTC, as RFC 2822 (4.3) has it for the one-letter zones.
    return timezone(timedelta(hours=_ZONES.get(name, 0.0)))


# --- the kinds of date text --------------------------------------------------------------------------------------


def _epoch(text: str) -> datetime | None:
    """Seconds (9 or 10 digits) or milliseconds (13 digits) since 1970."""
    if not re.fullmatch(r"\d{9,10}(\.\d+)?|\d{13}", text):
        return None
    number = int(text.partition(".")[0])
    return datetime.fromtimestamp(number / 1000 if len(text) == 13 and "." not in text else number, tz=UTC)


_COMPACT = re.compile(
    rf"(?P<y>(?:19|20)\d\d)(?P<m>\d\d)(?P<d>\d\d)(?:t?(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)?(?:\s*{_ZONE})?)?"
)


def _compact(text: str) -> datetime | None:
    match = _COMPACT.fullmatch(text)
    return _moment(match, int(match["y"]), int(match["m"]), int(match["d"])) if match else None


_YEAR_FIRST = re.compile(
    rf"(?P<y>\d{{4}})\s?(?:[-/.]|년|年)\s?(?P<m>\d{{1,2}})\s?(?:[-/.]|월|月)\s?(?P<d>\d{{1,2}})(?:일|日|\.)?{_TAIL}"
)
_DAY_FIRST = re.compile(
    rf"(?:[^\W\d]+[.,]*\s+)?(?P<a>\d{{1,2}})(?P<sep>[./-])\s?(?P<b>\d{{1,2}})(?P=sep)\s?(?P<y>\d{{4}}){_TAIL}"
)


def _numeric(text: str) -> datetime | None:
    match = _YEAR_FIRST.fullmatch(text)
    if match:
        return _moment(match, int(match["y"]), int(match["m"]), int(match["d"]))
    match = _DAY_FIRST.fullmatch(text)
    if not match:
        return None
    first, second = int(match["a"]), int(match["b"])
    if match["sep"] == "." or first > 12:
        return _moment(match, int(match["y"]), second, first)
    if second > 12:
        return _moment(match, int(match["y"]), first, second)
    return None  # 05/06/2016 is May or June; guessing would put a false date into the records


_ORDINAL = re.compile(rf"(?P<y>\d{{4}})-?(?P<n>\d{{3}}){_TAIL}")
_WEEK = re.compile(rf"(?P<y>\d{{4}})-?w(?P<w>\d{{2}})-?(?P<n>[1-7]){_TAIL}")


def _ordinal_or_week(text: str) -> datetime | None:
    match = _ORDINAL.fullmatch(text)
    if match:
        if not 1 <= int(match["n"]) <= 366:
            return None
        day = datetime(int(match["y"]), 1, 1, tzinfo=UTC) + timedelta(days=int(match["n"]) - 1)
        return _moment(match, day.year, day.month, day.day) if day.year == int(match["y"]) else None
    match = _WEEK.fullmatch(text)
    if match:
        day = datetime.fromisocalendar(int(match["y"]), int(match["w"]), int(match["n"]))
        return _moment(match, day.year, day.month, day.day)
    return None


_MONTHS = (
    # en, de, fr, es, ru, uk, it, pl, cs, pt, nl, scandinavian; full names, cases and common abbreviations
    "january jan januar jänner jan janvier janv enero ene январь января янв січня січ gennaio gen"
    " stycznia styczeń sty leden ledna led janeiro januari",
    "february feb februar feber février févr fév fevr fev febrero февраль февраля фев февр лютого лют febbraio"
    " lutego luty lut únor února úno fevereiro februari",
    "march mar märz maerz mrz mars marzo март марта мар березня бер marca marzec březen března bře março maart mrt"
    " marts",
    "april apr avril avr abril abr апрель апреля апр квітня квіт кві aprile kwietnia kwiecień kwi duben dubna dub"
    " april",
    "may mai mayo май мая травня трав тра maggio mag maja maj květen května kvě maio mei",
    "june jun juni juin junio июнь июня июн червня черв чер giugno giu czerwca czerwiec cze červen června čvn čer"
    " junho",
    "july jul juli juillet juil julio июль июля июл липня лип luglio lug lipca lipiec lip červenec července čvc"
    " julho",
    "august aug août aou agosto ago август августа авг серпня серп сер sierpnia sierpień sie srpen srpna srp augustus"
    " augusti",
    "september sep sept septembre septiembre setiembre set сентябрь сентября сен сент вересня вер settembre sett"
    " września wrzesień wrz září zář setembro",
    "october oct oktober okt octobre octubre октябрь октября окт жовтня жовт жов ottobre ott października październik"
    " paź říjen října říj outubro out",
    "november nov novembre noviembre ноябрь ноября ноя нояб листопада лист лис listopada listopad lis listopadu"
    " novembro",
    "december dec dezember dez décembre déc diciembre dic декабрь декабря дек грудня груд гру dicembre grudnia"
    " grudzień gru prosinec prosince pro dezembro desember des",
)
_MONTH_OF = {_fold(name): number for number, names in enumerate(_MONTHS, 1) for name in names.split()}
_WORD = r"[^\W\d_]+(?:-[^\W\d_]+)?"
_LEAD = rf"(?:{_WORD}(?:[.,:]+\s*|\s+))?"
_DAY = r"(?P<d>\d{1,2})(?:st|nd|rd|th|er|\.|º|ª|o|a)?"
_YEAR = r"(?P<y>\d{4}|'?\d{2}(?!\d))(?:\s?(?:г|года|рік|року|р|r|roku)\b\.?)?"
_DAY_MONTH = re.compile(
    rf"{_LEAD}{_DAY}(?:\s+|-)(?:de\s+)?(?P<mon>[^\W\d_]+)\.?,?(?:\s+|-)(?:del?\s+)?{_YEAR}{_TAIL}"
)
_MONTH_DAY = re.compile(rf"{_LEAD}(?P<mon>[^\W\d_]+)\.?\s+{_DAY},?\s+(?P<y>\d{{4}}){_TAIL}")
_ASCTIME = re.compile(rf"{_LEAD}(?P<mon>[^\W\d_]+)\.?\s+(?P<d>\d{{1,2}}),?\s+{_TIME}\s+(?:{_ZONE}\s+)?(?P<y>\d{{4}})")
_YEAR_NAMED_DAY = re.compile(rf"(?P<y>\d{{4}})[\s-](?P<mon>[^\W\d_]+)[\s-](?P<d>\d{{1,2}}){_TAIL}")


def _named_month(text: str) -> datetime | None:
    for pattern in (_DAY_MONTH, _MONTH_DAY, _ASCTIME, _YEAR_NAMED_DAY):
        match = pattern.fullmatch(text)
        month = _MONTH_OF.get(match["mon"]) if match else None
        if match and month:
            return _moment(match, _full_year(match["y"]), month, int(match["d"]))
    return None


def _full_year(text: str) -> int:
    """Two digits as RFC 2822 (4.3) has it, with the turn moved from 50 to 70."""
    digits = text.lstrip("'")
    year = int(digits)
    if len(digits) > 2:
        return year
    return year + (1900 if year >= 70 else 2000)
