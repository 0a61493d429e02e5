"""Which of the dates of a page and its feed an article gets; all of them are kept beside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from extractors import dates
from extractors.markup import Document
from spywatch.records import DateCandidate, DateSource, Entry

MOST = 16
"""Candidates that are kept of one article."""
_RANK = {
    DateSource.JSON_LD: 0,
    DateSource.META: 0,
    DateSource.FEED_PUBLISHED: 1,
    DateSource.TIME_ELEMENT: 2,
    DateSource.POST_LINE: 2,
    DateSource.FEED_UPDATED: 3,
    DateSource.PAGE: 4,
    DateSource.NONE: 5,
}
"""What is stated to programs comes first, what is read off the page's looks last."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The date of an article.

    Attributes:
        at: UTC, None if there is no believable one; never the present for want of another.
        source: where it was read.
        candidates: all that was found, best first; the first one without a fault is the chosen one.
    """

    at: datetime | None
    source: DateSource
    candidates: tuple[DateCandidate, ...]


def page_or_feed_date(
    document: Document | None, entry: Entry | None, *, now: datetime | None, title: str = ""
) -> Chosen:
    """The date that the page states to programs, else the feed's, else what the page shows to people.

    Args:
        document: the page; None where it is not the article's own.
        entry: the feed's entry, None if there is none.
        now: the time of the run (UTC), None if unknown (then future dates cannot be told).
        title: the article's title, to find the dateline.
    """
    found = list(dates.stated(document, now=now)) if document is not None else []
    found += _of_feed(entry, now)
    found.sort(key=lambda candidate: _RANK[candidate.source])  # stable: the order within a source is kept
    if document is not None and not any(candidate.fault is None for candidate in found):
        guessed = dates.guessed(document, now=now, title=title)
        found += [guessed] if guessed is not None else []
    best = next((candidate for candidate in found if candidate.fault is None), None)
    kept = list(dict.fromkeys(found))[:MOST]
    if best is not None and best not in kept:
        kept[-1] = best
    return Chosen(best.at if best else None, best.source if best else DateSource.NONE, tuple(kept))


def _of_feed(entry: Entry | None, now: datetime | None) -> list[DateCandidate]:
    """The feed's dates, the one that the entry is known by first. What the feed's reader did not believe stays so."""
    if entry is None:
        return []
    known = [one if one.fault else dates.judged(one.source, one.text, one.at, now) for one in entry.dates]
    if entry.published_at is None:
        return known
    own = [one for one in known if one.at == entry.published_at and one.source is entry.date_source]
    if not own:
        text = entry.published_at.isoformat()
        own = [dates.judged(entry.date_source, text, entry.published_at, now)]
    others = [one for one in known if one not in own]
    return own + others
