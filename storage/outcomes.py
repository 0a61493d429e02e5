"""What a batch of attempts comes to, and what is written of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import duckdb

from spywatch.records import Article, Disposition, Entry, EntryOutcome, TaggedArticle, TextSource
from spywatch.urls import canonical

from . import columns
from .as_rows import article_row, failure_name, failure_row, score_rows, settled_row, tag_rows
from .connection import Row, rows_on, run_on
from .errors import UnknownEntry
from .ledger import EntryState, RetryRule
from .settling import KeptArticle, Settled, recorded, settle


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredBatch:
    """What a batch of attempts came to.

    Attributes:
        stored, linked, failed, dropped: entries; `retrying` of the failed ones will be tried again.
        articles: stored in this run for these entries; `not_classified` of them have no score, `not_covered` of those
            by language, because the corpus has no examples of it.
        failures: count by "stage/reason".
        tags: alert tags given, by category.
    """

    stored: int = 0
    linked: int = 0
    failed: int = 0
    dropped: int = 0
    retrying: int = 0
    articles: int = 0
    not_classified: int = 0
    not_covered: dict[str, int] = field(default_factory=dict)
    failures: dict[str, int] = field(default_factory=dict)
    tags: dict[str, int] = field(default_factory=dict)

    @property
    def attempted(self) -> int:
        """What this batch adds to the run's `seen`."""
        return self.stored + self.linked + self.failed + self.dropped


class BatchRecord:
    """A batch of attempts on its way into the database: read and settled when made, written by `write`.

    Args:
        database: open for writing.
        run_id: the run.
        outcomes: at most one for an entry.
        now: UTC.
        retry: when a failed entry is tried again.
        backlog_age: how old an article of a feed's first document has to be to be backlog.

    Raises:
        UnknownEntry: an outcome for an entry that no poll has recorded.
        ValueError: an outcome that no attempt can have, or two for one entry.
    """

    def __init__(
        self,
        database: duckdb.DuckDBPyConnection,
        run_id: str,
        outcomes: Sequence[EntryOutcome],
        now: datetime,
        retry: RetryRule,
        backlog_age: timedelta,
    ) -> None:
        self._database, self._run_id, self._outcomes = database, run_id, outcomes
        self._now, self._backlog_age = now, backlog_age
        self._asked = columns.table(({"entry_id": one.entry.id} for one in outcomes), columns.ASKED_ENTRY)
        self._known = {row["entry_id"]: row for row in rows_on(database, "entries_to_settle", self._asked)}
        wanted = columns.table(
            (_asked_owner(outcome.entry, tagged.article) for outcome in outcomes for tagged in outcome.articles),
            columns.ASKED_OWNER,
        )
        self._owners = {row["article_id"]: row["entry_id"] for row in rows_on(database, "article_owners", wanted)}
        self._kept = self._kept_articles()
        self._total = Counter[Disposition]()
        self._retrying = 0
        self._settled: list[tuple[EntryOutcome, Settled]] = []
        seen: set[str] = set()
        for outcome in outcomes:
            if outcome.entry.id in seen:
                raise ValueError(f"two outcomes for entry {outcome.entry.id}")
            seen.add(outcome.entry.id)
            self._settle(outcome, retry)

    def write(self) -> None:
        """Write everything; the caller holds a transaction open."""
        database, run_id, now = self._database, self._run_id, self._now
        stored = self._stored()
        replaced = columns.table(
            ({"article_id": end.in_place_of} for _, end in self._settled if end.in_place_of), columns.ASKED_ARTICLE
        )
        for statement in ("delete_tags", "delete_scores", "delete_articles"):
            run_on(database, statement, replaced)
        articles = [article_row(run_id, row, tagged, now, self._backlog_age) for row, tagged in stored]
        run_on(database, "insert_articles", columns.table(articles, columns.ARTICLE))
        tags = [row for _, tagged in stored for row in tag_rows(tagged.article.id, tagged.classification, now)]
        run_on(database, "insert_tags", columns.table(tags, columns.TAG))
        scores = [row for _, tagged in stored for row in score_rows(tagged.article.id, tagged.classification)]
        run_on(database, "insert_scores", columns.table(scores, columns.SCORE))
        ends = [settled_row(run_id, outcome, end, now) for outcome, end in self._settled]
        run_on(database, "settle_entries", columns.table(ends, columns.SETTLED))
        failures = [
            failure_row(run_id, end.failure, now, self._known[outcome.entry.id]["feed_id"], outcome.entry.id)
            for outcome, end in self._settled
            if end.failure is not None
        ]
        run_on(database, "insert_failures", columns.table(failures, columns.FAILURE))

    def outcome(self) -> StoredBatch:
        """What the batch comes to, entries settled before included; asked after `write`."""
        if not self._outcomes:
            return StoredBatch()
        brought = rows_on(self._database, "articles_of_entries", self._asked, {"run_id": self._run_id})[0]
        return StoredBatch(
            stored=self._total[Disposition.STORED],
            linked=self._total[Disposition.LINKED],
            failed=self._total[Disposition.FAILED],
            dropped=self._total[Disposition.DROPPED],
            retrying=self._retrying,
            articles=brought["articles"],
            not_classified=brought["not_classified"],
            not_covered=dict(zip(brought["languages"], brought["not_covered"], strict=True)),
            failures=dict(Counter(failure_name(one.failure) for one in self._outcomes if one.failure)),
            tags=dict(zip(brought["categories"], brought["given"], strict=True)),
        )

    def _kept_articles(self) -> dict[str, list[Row]]:
        """What is stored already for entries that were replayed; others have nothing while they are due."""
        replayed = columns.table(
            ({"entry_id": entry_id} for entry_id, row in self._known.items() if row["replayed_at"] is not None),
            columns.ASKED_ENTRY,
        )
        kept: dict[str, list[Row]] = {}
        for row in rows_on(self._database, "kept_articles", replayed):
            kept.setdefault(row.pop("entry_id"), []).append(row)
        return kept

    def _settle(self, outcome: EntryOutcome, retry: RetryRule) -> None:
        entry_id = outcome.entry.id
        row = self._known.get(entry_id)
        if row is None:
            raise UnknownEntry(entry_id)
        state = EntryState(row["state"])
        if state is not EntryState.DUE or row["last_run_id"] == self._run_id:
            self._total[recorded(state)] += 1
            self._retrying += state is EntryState.DUE
            return
        end = settle(
            outcome,
            attempts=row["attempts"],
            owners=self._owners,
            now=self._now,
            retry=retry,
            since=_waiting_since(row, self._now),
            kept=[
                KeptArticle(
                    article_id=article["article_id"],
                    part=article["part"],
                    text_source=TextSource(article["text_source"]),
                    characters=article["characters"],
                )
                for article in self._kept.get(entry_id, [])
            ],
        )
        self._owners.update({outcome.articles[position].article.id: entry_id for position in end.stored})
        self._total[end.disposition] += 1
        self._retrying += end.state is EntryState.DUE
        self._settled.append((outcome, end))

    def _stored(self) -> list[tuple[Row, TaggedArticle]]:
        """What is to be stored, each with what is known of its entry."""
        stored = []
        for outcome, end in self._settled:
            for position in end.stored:
                tagged = outcome.articles[position]
                if end.in_place_of is not None:
                    (before,) = self._kept[outcome.entry.id]
                    article = replace(
                        tagged.article,
                        id=end.in_place_of,
                        # The feed's text was let go of when the entry was stored first; the article still has it.
                        feed_text=tagged.article.feed_text or before["feed_text"],
                    )
                    tagged = replace(tagged, article=article)
                stored.append((self._known[outcome.entry.id], tagged))
        return stored


def _asked_owner(entry: Entry, article: Article) -> Row:
    """An article as `article_owners` asks for it: by its id, and by its address where the page is its own."""
    own_page = article.url and article.part is None and not entry.link_shared
    return {"article_id": article.id, "canonical_url": canonical(article.url) if own_page else ""}


def _waiting_since(row: Row, now: datetime) -> datetime:
    """When its present wait began: asked for again (unless a clock that was ahead says so), else first seen."""
    replayed: datetime | None = row["replayed_at"]
    seen: datetime = row["first_seen_at"]
    return replayed if replayed is not None and replayed <= now else seen
