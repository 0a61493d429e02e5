"""Records as the rows of tables; what each column means stands in the schema."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from spywatch.records import (
    Article,
    Classification,
    DateCandidate,
    DateFault,
    DateSource,
    Entry,
    EntryOutcome,
    Failure,
    Feed,
    NotModified,
    ParsedFeed,
    Poll,
    TaggedArticle,
    TextSource,
)
from spywatch.urls import canonical, digest_of, redact

from .connection import Row, plain
from .habits import Changes
from .ledger import EntryState, PollResult, Ruling, Standing
from .settling import Settled

REDACTED = "REDACTED"
"""What stands in an address in the place of a secret."""
LANGUAGE_NOT_COVERED = "language_not_covered"
"""What `Classification.not_classified` says of a text in a language that the corpus has no examples of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A usable item of a document; `page` is the canonical form of its link."""

    poll_id: str
    poll: Poll
    entry: Entry
    page: str

    @property
    def feed_id(self) -> str:
        """Id of the feed."""
        return digest_of(self.poll.feed.url)


def date_rows(dates: Sequence[DateCandidate]) -> list[Row]:
    """Date candidates as they are stored."""
    return [
        {
            "source": date.source.value,
            "text": date.text,
            "read_as": date.at,
            "fault": date.fault.value if date.fault else None,
        }
        for date in dates
    ]


def dates_of(stored: Sequence[Row] | None) -> tuple[DateCandidate, ...]:
    """Date candidates as they were stored; none where the row is older than their column."""
    return tuple(
        DateCandidate(
            source=DateSource(row["source"]),
            text=row["text"],
            at=plain(row["read_as"]),
            fault=DateFault(row["fault"]) if row["fault"] else None,
        )
        for row in stored or ()
    )


def entry_row(run_id: str, item: Item, ruling: Ruling, now: datetime, *, backlog: bool) -> Row:
    """A new entry: due at once, or linked where its page was told before."""
    entry, original = item.entry, ruling.original
    return {
        "entry_id": entry.id,
        "feed_id": item.feed_id,
        "url": entry.url,
        "canonical_url": item.page,
        "title": entry.title,
        "guid": entry.guid,
        "summary_html": None if original else entry.summary_html,
        "content_html": None if original else entry.content_html,
        "authors": entry.authors,
        "language": entry.language,
        "link_shared": entry.link_shared,
        "published_at": entry.published_at,
        "date_source": entry.date_source.value,
        "first_seen_at": now,
        "first_run_id": run_id,
        "claimed_run_id": None if original else run_id,
        "state": (EntryState.LINKED if original else EntryState.DUE).value,
        "attempts": 0,
        "due_at": None if original else now,
        "finished_at": now if original else None,
        "linked_to_entry_id": original.entry_id if original else None,
        "linked_to_article_id": original.article_id if original else None,
        "backlog": backlog and original is None,
        "dates": date_rows(entry.dates),
    }


def feed_row(feed: Feed, now: datetime) -> Row:
    """A line of the register, without its secrets."""
    return {
        "feed_id": digest_of(feed.url),
        "url": redact(feed.url),
        "outlet": feed.outlet,
        "name": feed.name,
        "language": feed.language,
        "country": feed.country,
        "kind": feed.kind.value,
        "verified": feed.verified,
        "added_at": now,
    }


def state_row(poll: Poll) -> Row:
    """What is remembered of a feed after a poll."""
    state = poll.state
    return {
        "feed_id": digest_of(poll.feed.url),
        "etag": state.etag,
        "last_modified": state.last_modified,
        "consecutive_failures": state.consecutive_failures,
        "last_polled_at": state.last_polled_at,
        "last_success_at": state.last_success_at,
        "next_attempt_at": state.next_attempt_at,
        "retired": state.retired,
        "permanent_url": redact(state.permanent_url) if state.permanent_url else None,
        "failure_points": state.failure_points,
        "fresh_until": state.fresh_until,
        "permanent_days": state.permanent_days,
        "permanent_on": state.permanent_on,
        "adopted_url": state.adopted_url if state.adopted_url and REDACTED not in redact(state.adopted_url) else None,
        "listing": state.listing,
        "checked_at": state.checked_at,
        "validators_lie": state.validators_lie,
        "clean_checks": state.clean_checks,
    }


def poll_row(poll_id: str, run_id: str, poll: Poll, count: Counter[Standing], changes: Changes) -> Row:
    """A poll, with what became of the items of its document and what it says differently of known ones."""
    failure = poll.result if isinstance(poll.result, Failure) else None
    parsed = poll.result if isinstance(poll.result, ParsedFeed) else None
    outcome = PollResult.FAILED if failure else PollResult.READ if parsed else PollResult.NOT_MODIFIED
    return {
        "poll_id": poll_id,
        "run_id": run_id,
        "feed_id": digest_of(poll.feed.url),
        "polled_at": poll.polled_at,
        "outcome": outcome.value,
        "http_status": poll.http_status,
        "bytes_read": poll.bytes_read,
        "seconds": poll.seconds,
        "reason": failure.reason.value if failure else None,
        "detail": failure.detail if failure else None,
        "entries": len(parsed.entries) + len(parsed.skipped) if parsed else 0,
        "new_entries": count[Standing.NEW],
        "due_again": count[Standing.DUE_AGAIN],
        "unchanged": count[Standing.UNCHANGED],
        "linked": count[Standing.LINKED],
        "dropped": len(parsed.skipped) if parsed else 0,
        "changed_guids": changes.guids,
        "changed_titles": changes.titles,
        "changed_dates": changes.dates,
        "compared": changes.compared,
    }


def failures_of(polls: Sequence[Poll]) -> Iterator[tuple[Poll, Failure]]:
    """Failed polls and unusable items, each with its poll."""
    for poll in polls:
        match poll.result:
            case Failure():
                yield poll, poll.result
            case ParsedFeed():
                for failure in poll.result.skipped:
                    yield poll, failure
            case NotModified():
                pass


def poll_failures(run_id: str, polls: Sequence[Poll], now: datetime) -> list[Row]:
    """The failures of polls; items that are wrong in the same way are as many rows."""
    found: list[Row] = []
    repeats = Counter[str]()
    for poll, failure in failures_of(polls):
        row = failure_row(run_id, failure, now, digest_of(poll.feed.url), None)
        repeats[row["failure_id"]] += 1
        if repeats[row["failure_id"]] > 1:
            row["failure_id"] = digest_of(row["failure_id"], str(repeats[row["failure_id"]]))
        found.append(row)
    return found


def failure_row(run_id: str, failure: Failure, now: datetime, feed_id: str | None, entry_id: str | None) -> Row:
    """A failure; one that tells no time happened at `now`."""
    parts = (run_id, failure.stage, failure.subject, failure.reason, failure.detail, feed_id or "", entry_id or "")
    wait = failure.retry_after
    return {
        "failure_id": digest_of(*parts),
        "run_id": run_id,
        "happened_at": failure.at or now,
        "stage": failure.stage.value,
        "subject": failure.subject,
        "reason": failure.reason.value,
        "detail": failure.detail,
        "retryable": failure.retryable,
        "retry_after_seconds": wait.total_seconds() if wait is not None else None,
        "feed_id": feed_id,
        "entry_id": entry_id,
    }


def failure_name(failure: Failure) -> str:
    """The name under which a run counts a failure."""
    return f"{failure.stage}/{failure.reason}"


def settled_row(run_id: str, outcome: EntryOutcome, end: Settled, now: datetime) -> Row:
    """The end of an attempt, as the change of an entry.

    The feed's own text is kept while the entry may be tried again: it is due, or set aside and can be replayed.
    """
    unread = any(tagged.article.text_source is not TextSource.PAGE for tagged in outcome.articles)
    again = end.state in {EntryState.DUE, EntryState.FAILED} or end.failure is not None
    return {
        "entry_id": outcome.entry.id,
        "state": end.state.value,
        "reason": end.failure.reason.value if end.failure else None,
        "detail": end.failure.detail if end.failure else None,
        "attempts": end.attempts,
        "due_at": end.due_at,
        "last_attempt_at": now,
        "last_run_id": run_id,
        "finished_at": None if end.state is EntryState.DUE else now,
        "linked_to_article_id": end.linked_to,
        "keeps_feed_text": again or (unread and bool(outcome.entry.url)),
    }


def article_row(run_id: str, entry_row: Row, tagged: TaggedArticle, now: datetime, backlog_age: timedelta) -> Row:
    """An article; `entry_row` is what the database knows of its entry."""
    article, classification = tagged.article, tagged.classification
    seen = entry_row["first_seen_at"]
    # An article without a date is no backlog: told too much, it costs a glance; left out, it would be missed.
    old = article.published_at is not None and article.published_at < seen - backlog_age
    return {
        "article_id": article.id,
        "entry_id": entry_row["entry_id"],
        "feed_id": entry_row["feed_id"],
        "part": article.part,
        "url": article.url,
        "canonical_url": canonical(article.url) if article.url else "",
        "title": article.title,
        "text": article.text,
        "authors": article.authors,
        "language": language_of(classification, article),
        "published_at": article.published_at,
        "date_source": article.date_source.value,
        "access": article.access.value,
        "text_source": article.text_source.value,
        "feed_text": article.feed_text,
        "first_seen_at": seen,
        "fetched_at": now,
        "classified_at": now if classification.not_classified is None else None,
        "not_classified": classification.not_classified,
        "model": classification.model,
        "corpus": classification.corpus,
        "run_id": run_id,
        "backlog": entry_row["backlog"] and old,
        "dates": date_rows(article.dates),
    }


def language_of(classification: Classification, article: Article | None = None) -> str | None:
    """The language to store: the article's own, but the classifier's where that is why there is no score."""
    if classification.not_classified == LANGUAGE_NOT_COVERED and classification.language:
        return classification.language
    return (article.language if article else "") or classification.language or None


def retagged_row(article_id: str, classification: Classification, now: datetime) -> Row:
    """What changes in a stored article when it is tagged again."""
    return {
        "article_id": article_id,
        "model": classification.model,
        "corpus": classification.corpus,
        "language": language_of(classification),
        "classified_at": now if classification.not_classified is None else None,
        "not_classified": classification.not_classified,
    }


def tag_rows(
    article_id: str, classification: Classification, now: datetime, late: Collection[str] = ()
) -> Iterator[Row]:
    """The tags of an article; `late` names the categories that were found by tagging it again."""
    for tag in classification.tags:
        yield {
            "article_id": article_id,
            "category": tag.category,
            "score": tag.score,
            "decision": tag.decision.value,
            "model": classification.model,
            "classified_at": now,
            "evidence": [
                {
                    "field": evidence.field,
                    "char_start": evidence.start,
                    "char_end": evidence.end,
                    "sentence": evidence.text,
                }
                for evidence in tag.evidence
            ],
            "terms": [{"term": term.text, "weight": term.weight} for term in tag.terms],
            "nearest": [
                {"example_id": match.example_id, "title": match.title, "similarity": match.similarity}
                for match in tag.nearest
            ],
            "corpus": classification.corpus,
            "retroactive": tag.category in late,
        }


def score_rows(article_id: str, classification: Classification) -> Iterator[Row]:
    """Every category's score."""
    for category, score in classification.scores.items():
        yield {"article_id": article_id, "category": category, "score": score, "model": classification.model}
