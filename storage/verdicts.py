"""What analysts say of articles: recording it, and reading it beside what the model says.

Everything here reads the published copy together with the journal, so that a verdict counts from the moment at which
it was given, also while a run holds the folder.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa

from spywatch.records import JudgedArticle, Opinion, Tag, Verdict
from spywatch.urls import canonical

from . import applying, columns, journal
from .connection import Row, rows, rows_on
from .errors import NewerSchema, NotPublishedYet, UnknownArticle, VerdictAhead
from .judgements import GivenVerdict, gather_verdicts, given_verdict, open_judged, pending_verdicts, tag_of
from .layout import Layout
from .migrations import found_version, known_version
from .published import open_published
from .recording import Recorded, apply_or_leave

SHORTEST_PREFIX = 6
"""Characters of an article id that are enough to find it."""
_CLOCKS_DIFFER = timedelta(days=1)
"""A verdict that is dated further ahead was dated by a mistake, and nothing said in the meantime would hold."""
_FIRST_WITH_VERDICTS = 3
"""The schema that brought the table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundArticle:
    """An article that was asked for; `outlet` is "" where the feed is not known, `language` where it is not."""

    article_id: str
    url: str
    title: str
    outlet: str
    published_at: datetime | None
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """An article as model and analysts see it.

    Attributes:
        tags: the model's, best first.
        scores: the model's, by category.
        verdicts: every one, in the order in which they were given.
        effective: the tags that count: the model's as the latest verdicts leave them, best first.
        judged_by: by category, who gave the effective tags that are an analyst's.
    """

    article: FoundArticle
    tags: tuple[Tag, ...]
    scores: dict[str, float]
    verdicts: tuple[GivenVerdict, ...]
    effective: tuple[Tag, ...]
    judged_by: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewItem:
    """A tag of the grey zone that nobody has judged.

    Attributes:
        doubt: 1 where the score is one half, 0 where it is 0 or 1.
        tag: the one to judge.
        other_tags: the article's other tags that count, best first.
    """

    article_id: str
    url: str
    title: str
    outlet: str
    published_at: datetime | None
    language: str
    text: str
    category: str
    score: float
    doubt: float
    tag: Tag
    other_tags: tuple[Tag, ...]


def record_verdict(folder: Path, verdict: Verdict, now: datetime) -> Recorded:
    """Record what an analyst says; recording the same verdict twice is harmless.

    It is written to the journal first, so it is durable whatever happens next. Then, if nobody holds the folder, the
    journal is applied and a copy is published at once. Either way it counts from now on.

    Args:
        folder: the database folder.
        verdict: of an article in the published copy; its categories are not checked. Its time is moved as
            `journal_verdict` tells.
        now: UTC.

    Raises:
        UnknownArticle: the published copy has no article of that id; nothing is written.
        VerdictAhead: it is dated more than a day after `now`; nothing is written.
        ValueError: no opinion at all, or a time without a zone; nothing is written.
        StorageError: it could not be written, or (after it is safe in the journal) not be applied.
    """
    journal_verdict(folder, verdict, now)
    return apply_or_leave(folder, now)


def journal_verdict(folder: Path, verdict: Verdict, now: datetime) -> Verdict:
    """Write what an analyst says to the journal, where it is durable and counts, and leave it there.

    Who calls it sees to it that somebody takes the journal in, as `recording.apply_or_leave` does.

    The latest word on a category holds. What is said now is said after everything that is known, whatever the clocks
    say that words were dated by: where the article has a word on one of the categories that is not earlier, the
    verdict is dated a microsecond after it. Only a word that repeats the latest one takes that one's time.

    Args:
        folder: the database folder.
        verdict: of an article in the published copy; its categories are not checked.
        now: UTC.

    Returns:
        The verdict as it was written, with its time.

    Raises:
        UnknownArticle: the published copy has no article of that id; nothing is written.
        VerdictAhead: it is dated more than a day after `now`; nothing is written.
        ValueError: no opinion at all, or a time without a zone; nothing is written.
        StorageError: it could not be written.
    """
    payload = applying.verdict_payload(verdict)
    draft = journal.JournalRecord(id=journal.JournalId(""), kind=journal.VERDICT, payload=payload, written_at=now)
    if why := applying.defect(draft):
        raise ValueError(why)
    if verdict.at - now > _CLOCKS_DIFFER:
        raise VerdictAhead(verdict.at, now)
    with open_judged(folder) as connection:
        _article(connection, folder, verdict.article_id)
        known = rows_on(connection, "where_verdicts", _asked([verdict.article_id]))
    verdict = replace(verdict, at=_after_what_was_said(verdict, known))
    journal.write(folder, journal.VERDICT, applying.verdict_payload(verdict), now)
    return verdict


def _after_what_was_said(verdict: Verdict, known: list[Row]) -> datetime:
    """The time of a verdict among the known ones of its article, which stand in the order in which they hold."""
    at = verdict.at
    latest = {row["category"]: row for row in known if row["category"] in verdict.opinions}
    for category, row in latest.items():
        said = (row["opinion"], row["author"], row["note"])
        repeated = said == (verdict.opinions[category].value, verdict.author, verdict.note)
        if row["judged_at"] >= verdict.at:
            at = max(at, row["judged_at"] + (timedelta() if repeated else timedelta(microseconds=1)))
    return at


def find_articles(folder: Path, key: str) -> tuple[FoundArticle, ...]:
    """The articles that a key may mean.

    Args:
        folder: the database folder.
        key: an article id, its first characters (six at least), or an address in any of its forms: of the article, or
            of the entry that it came from.

    Returns:
        None if there is none, several where the key does not decide (a page of several posts, a short prefix); of
        very many the first twenty.

    Raises:
        NotPublishedYet, NewerSchema, OlderSchema, DamagedDatabase: the published copy cannot be used.
    """
    key = key.strip()
    asked = {"asked": key, "page": canonical(key), "shortest": SHORTEST_PREFIX}
    with open_judged(folder) as connection:
        return tuple(_found(row) for row in rows(connection, "find_articles", asked))


def standing(folder: Path, article_id: str) -> Judged:
    """What model and analysts say of an article.

    Raises:
        UnknownArticle: the published copy has no article of that id.
        NotPublishedYet, NewerSchema, OlderSchema, DamagedDatabase: the published copy cannot be used.
    """
    with open_judged(folder) as connection:
        article = _article(connection, folder, article_id)
        asked = _asked([article_id])
        tags = rows_on(connection, "where_tags", asked)
        scores = rows_on(connection, "where_scores", asked)
        verdicts = rows_on(connection, "where_verdicts", asked)
        effective = rows_on(connection, "counting_tags", asked)
    return Judged(
        article=article,
        tags=tuple(tag_of(row) for row in tags),
        scores={row["category"]: row["score"] for row in scores},
        verdicts=tuple(given_verdict(row) for row in verdicts),
        effective=tuple(tag_of(row) for row in effective),
        judged_by={row["category"]: row["judged_by"] for row in effective if row["judged_by"] is not None},
    )


def review_items(folder: Path, *, category: str | None = None, limit: int | None = None) -> tuple[ReviewItem, ...]:
    """The grey zone: what the model leaves to a person and nobody has judged, worst doubt first.

    A verdict that was withdrawn counts as none.

    Args:
        folder: the database folder.
        category: only this one, all if None.
        limit: at most so many, all if None.

    Raises:
        NotPublishedYet, NewerSchema, OlderSchema, DamagedDatabase: the published copy cannot be used.
    """
    wanted = {"category": category, "most": limit if limit is not None else 2**62}
    with open_judged(folder) as connection:
        found = rows(connection, "review_items", wanted)
        beside: defaultdict[str, list[Tag]] = defaultdict(list)
        for row in rows_on(connection, "counting_tags", _asked(sorted({row["article_id"] for row in found}))):
            beside[row["article_id"]].append(tag_of(row))
    return tuple(
        ReviewItem(
            article_id=row["article_id"],
            url=row["url"],
            title=row["title"],
            outlet=row["outlet"],
            published_at=row["published_at"],
            language=row["language"],
            text=row["text"],
            category=row["category"],
            score=row["score"],
            doubt=row["doubt"],
            tag=tag_of(row),
            other_tags=tuple(tag for tag in beside[row["article_id"]] if tag.category != row["category"]),
        )
        for row in found
    )


def judged_articles(folder: Path) -> tuple[JudgedArticle, ...]:
    """Every article that an analyst has judged, for the model to learn from; in the order of their ids.

    Only what stands: of several verdicts on a category the latest, and not one that was withdrawn.

    Returns:
        The articles; none where nothing is published yet, or by a version that knew no verdicts.

    Raises:
        NewerSchema, DamagedDatabase: the published copy cannot be used.
    """
    waiting = pending_verdicts(folder)
    try:
        connection = open_published(folder)
    except NotPublishedYet:
        return ()
    with connection:
        # A run fits its model before it brings the schema up to date, so an older copy must do.
        found, known = found_version(connection), known_version()
        if found > known:
            raise NewerSchema(Layout(folder).published, found, known)
        if found < _FIRST_WITH_VERDICTS:
            return ()
        gather_verdicts(connection, waiting)
        return tuple(
            JudgedArticle(
                article_id=row["article_id"],
                title=row["title"],
                text=row["text"],
                language=row["language"],
                yes=tuple(row["yes"]),
                no=tuple(row["no"]),
            )
            for row in rows(connection, "judged_articles", {"yes": Opinion.YES.value, "no": Opinion.NO.value})
        )


def _asked(article_ids: list[str]) -> pa.Table:
    return columns.table(({"article_id": article_id} for article_id in article_ids), columns.ASKED_ARTICLE)


def _article(connection: duckdb.DuckDBPyConnection, folder: Path, article_id: str) -> FoundArticle:
    found = rows_on(connection, "named_articles", _asked([article_id]))
    if not found:
        raise UnknownArticle(folder, article_id)
    return _found(found[0])


def _found(row: Row) -> FoundArticle:
    return FoundArticle(**row)
