"""The way of one item through the pipeline: what became of an address, an id or a feed."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from spywatch.records import (
    Access,
    DateCandidate,
    DateSource,
    Failure,
    FeedHabit,
    NoticeKind,
    Reason,
    Stage,
    Tag,
    TextSource,
)
from spywatch.urls import canonical, digest_of

from . import columns
from .as_rows import dates_of
from .connection import rows, rows_on
from .judgements import GivenVerdict, given_verdict, open_judged, tag_of
from .ledger import EntryState, PollResult


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenIn:
    """The first time that a feed was seen to list an entry."""

    outlet: str
    feed_url: str
    seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryTrace:
    """An entry and how it stands.

    Attributes:
        outlet, feed_url: the feed that showed it first.
        reason, detail: why the last attempt failed or it was dropped.
        due_at: when it may be tried (again), None once it is finished.
        article_ids: what was stored for it.
        linked_to: for a copy, the article of the same page, once it is stored.
        seen_in: every feed that has shown it.
        failures: every failed attempt, oldest first.
        backlog: it stood in the first document that was read of its feed.
        replayed_at: when an operator last asked for another try.
        dates: every date text of the item, best first.
    """

    entry_id: str
    url: str
    title: str
    outlet: str
    feed_url: str
    first_seen_at: datetime
    state: EntryState
    reason: Reason | None
    detail: str
    attempts: int
    due_at: datetime | None
    finished_at: datetime | None
    article_ids: tuple[str, ...]
    linked_to: str | None
    seen_in: tuple[SeenIn, ...]
    failures: tuple[Failure, ...]
    backlog: bool
    replayed_at: datetime | None
    dates: tuple[DateCandidate, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A digest that told an article."""

    digest_id: str
    made_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleTrace:
    """An article and what was said of it.

    Attributes:
        characters: length of its text.
        model, corpus: the versions that gave its tags.
        tags: the model's, alert and review, best first; `scores` has every category.
        verdicts: what analysts said of it, oldest first, the journal included; the latest of a category holds.
        digests: those that told it, oldest first.
        backlog: it was old when its feed was new, so that no digest alerts on it unless an analyst says yes.
        dates: every date that page and feed gave, best first.
    """

    article_id: str
    entry_id: str
    part: int | None
    url: str
    title: str
    outlet: str
    language: str | None
    published_at: datetime | None
    date_source: DateSource
    access: Access
    text_source: TextSource
    characters: int
    first_seen_at: datetime
    fetched_at: datetime
    not_classified: str | None
    model: str
    corpus: str
    tags: tuple[Tag, ...]
    scores: dict[str, float]
    verdicts: tuple[GivenVerdict, ...]
    digests: tuple[Told, ...]
    backlog: bool
    dates: tuple[DateCandidate, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PollTrace:
    """One attempt to read a feed; the counts are those of `storage.ledger`."""

    run_id: str
    polled_at: datetime
    outcome: PollResult
    http_status: int | None
    reason: Reason | None
    detail: str
    entries: int
    new_entries: int
    due_again: int
    unchanged: int
    linked: int
    dropped: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HabitTrace:
    """A way in which a feed's server misleads at present."""

    habit: FeedHabit
    found_at: datetime
    last_seen_at: datetime
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeTrace:
    """Something that was noticed of a feed."""

    kind: NoticeKind
    noticed_at: datetime
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedTrace:
    """A feed, its health and its last ten polls, newest first.

    Attributes:
        permanent_url, permanent_days: where permanent redirects point, and on how many days they have.
        adopted_url: asked in place of `url`, None if `url` itself is asked.
        fresh_until: its last answer is good until then by the server's own word.
        validators_lie: it is asked without validators, since a "not modified" was found false.
        habits: in which ways its server misleads at present.
        notices: the last ten, newest first.
    """

    url: str
    outlet: str
    health: str
    consecutive_failures: int
    last_polled_at: datetime | None
    last_success_at: datetime | None
    next_attempt_at: datetime | None
    permanent_url: str | None
    last_reason: Reason | None
    last_detail: str
    entries: int
    entries_due: int
    entries_failed: int
    articles: int
    alert_articles: int
    polls: tuple[PollTrace, ...]
    failure_points: float
    permanent_days: int
    adopted_url: str | None
    fresh_until: datetime | None
    validators_lie: bool
    habits: tuple[HabitTrace, ...]
    notices: tuple[NoticeTrace, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """Everything known of what was asked for; all three are empty if it was never seen."""

    asked: str
    entries: tuple[EntryTrace, ...]
    articles: tuple[ArticleTrace, ...]
    feeds: tuple[FeedTrace, ...]

    @property
    def known(self) -> bool:
        """Whether anything was found."""
        return bool(self.entries or self.articles or self.feeds)


def where(folder: Path, asked: str) -> Whereabouts:
    """Trace an item: what became of it, when, and why.

    Args:
        folder: the database folder.
        asked: an address of an article or entry in any of its forms, an entry or article id, or a feed's address.

    Raises:
        NotPublishedYet, NewerSchema, OlderSchema, DamagedDatabase: the published copy cannot be used.
    """
    with open_judged(folder) as connection:
        entry_rows = rows(connection, "where_entries", {"asked": asked, "page": canonical(asked)})
        entries = columns.table(({"entry_id": row["entry_id"]} for row in entry_rows), columns.ASKED_ENTRY)
        article_ids = {
            article_id
            for row in entry_rows
            for article_id in [*row["article_ids"], row["linked_to_article_id"]]
            if article_id
        }
        articles = columns.table(
            ({"article_id": article_id} for article_id in sorted(article_ids)), columns.ASKED_ARTICLE
        )
        feed_rows = rows(connection, "where_feeds", {"asked": asked, "feed_id": digest_of(asked)})
        feeds = columns.table(({"feed_id": row["feed_id"]} for row in feed_rows), columns.ASKED_FEED)
        seen_in = _grouped(rows_on(connection, "where_sightings", entries), "entry_id")
        failures = _grouped(rows_on(connection, "where_failures", entries), "entry_id")
        article_rows = rows_on(connection, "where_articles", articles)
        tags = _grouped(rows_on(connection, "where_tags", articles), "article_id")
        scores = _grouped(rows_on(connection, "where_scores", articles), "article_id")
        verdicts = _grouped(rows_on(connection, "where_verdicts", articles), "article_id")
        digests = _grouped(rows_on(connection, "where_digests", articles), "article_id")
        polls = _grouped(rows_on(connection, "where_polls", feeds), "feed_id")
        habits = _grouped(rows_on(connection, "where_habits", feeds), "feed_id")
        notices = _grouped(rows_on(connection, "where_notices", feeds), "feed_id")
    return Whereabouts(
        asked=asked,
        entries=tuple(_entry(row, seen_in[row["entry_id"]], failures[row["entry_id"]]) for row in entry_rows),
        articles=tuple(
            _article(
                row,
                tags[row["article_id"]],
                scores[row["article_id"]],
                verdicts[row["article_id"]],
                digests[row["article_id"]],
            )
            for row in article_rows
        ),
        feeds=tuple(
            _feed(row, polls[row["feed_id"]], habits[row["feed_id"]], notices[row["feed_id"]]) for row in feed_rows
        ),
    )


def _grouped(found: list[dict[str, Any]], key: str) -> defaultdict[str, list[dict[str, Any]]]:
    groups: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in found:
        groups[row.pop(key)].append(row)
    return groups


def _reason(text: str | None) -> Reason | None:
    return Reason(text) if text else None


def _entry(row: dict[str, Any], seen_in: list[dict[str, Any]], failures: list[dict[str, Any]]) -> EntryTrace:
    return EntryTrace(
        entry_id=row["entry_id"],
        url=row["url"],
        title=row["title"],
        outlet=row["outlet"] or "",
        feed_url=row["feed_url"] or "",
        first_seen_at=row["first_seen_at"],
        state=EntryState(row["state"]),
        reason=_reason(row["reason"]),
        detail=row["detail"] or "",
        attempts=row["attempts"],
        due_at=row["due_at"],
        finished_at=row["finished_at"],
        article_ids=tuple(row["article_ids"]),
        linked_to=row["linked_to_article_id"],
        seen_in=tuple(SeenIn(**seen) for seen in seen_in),
        failures=tuple(_failure(failure) for failure in failures),
        backlog=row["backlog"],
        replayed_at=row["replayed_at"],
        dates=dates_of(row["dates"]),
    )


def _failure(row: dict[str, Any]) -> Failure:
    seconds = row["retry_after_seconds"]
    return Failure(
        stage=Stage(row["stage"]),
        subject=row["subject"],
        reason=Reason(row["reason"]),
        detail=row["detail"],
        retryable=row["retryable"],
        retry_after=timedelta(seconds=seconds) if seconds is not None else None,
        at=row["happened_at"],
    )


def _article(
    row: dict[str, Any],
    tags: list[dict[str, Any]],
    scores: list[dict[str, Any]],
    verdicts: list[dict[str, Any]],
    digests: list[dict[str, Any]],
) -> ArticleTrace:
    words = {
        "date_source": DateSource(row["date_source"]),
        "access": Access(row["access"]),
        "text_source": TextSource(row["text_source"]),
        "dates": dates_of(row["dates"]),
    }
    return ArticleTrace(
        **{**row, **words},
        tags=tuple(tag_of(tag) for tag in tags),
        scores={score["category"]: score["score"] for score in scores},
        verdicts=tuple(given_verdict(verdict) for verdict in verdicts),
        digests=tuple(Told(**digest) for digest in digests),
    )


def _feed(
    row: dict[str, Any], polls: list[dict[str, Any]], habits: list[dict[str, Any]], notices: list[dict[str, Any]]
) -> FeedTrace:
    known = {key: value for key, value in row.items() if key != "feed_id"}
    known["last_reason"] = _reason(row["last_reason"])
    known["last_detail"] = row["last_detail"] or ""
    return FeedTrace(
        **known,
        polls=tuple(_poll(poll) for poll in polls),
        habits=tuple(HabitTrace(**{**one, "habit": FeedHabit(one["habit"])}) for one in habits),
        notices=tuple(NoticeTrace(**{**one, "kind": NoticeKind(one["kind"])}) for one in notices),
    )


def _poll(row: dict[str, Any]) -> PollTrace:
    words = {
        "outcome": PollResult(row["outcome"]),
        "reason": _reason(row["reason"]),
        "detail": row["detail"] or "",
    }
    return PollTrace(**{**row, **words})
