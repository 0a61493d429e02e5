"""The one writer: opens the pipeline's file under the folder's lock, records what a run does, publishes a copy.

Everything is written through Arrow, one transaction a call, and every call may be repeated: ids are derived from
content, and a row that is there already is not written again. A process killed at any moment leaves a file that
opens, and the next run finds what is due.
"""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType

import duckdb

from spywatch.records import (
    DateSource,
    Entry,
    EntryOutcome,
    Failure,
    Feed,
    FeedState,
    Notice,
    Poll,
    Reason,
    RobotsFile,
    RunReport,
    Stage,
)
from spywatch.urls import digest_of

from . import applying, columns, health, journal, noticing, retagging, robots_files
from .as_rows import dates_of, failure_row, feed_row
from .connection import Row, open_to_write, opening_error, rows, rows_on, run, run_on
from .errors import StorageError, from_os_error
from .judgements import gather_verdicts, pending_verdicts
from .layout import Layout, sync_folder
from .ledger import RetryRule, clock_limits
from .lock import FolderLock
from .migrations import migrate
from .outcomes import BatchRecord, StoredBatch
from .polls import PollOutcome, PollRecord, Sighting
from .retagging import Retag, RetagCounts, StoredArticle, Unpublished

__all__ = ["BACKLOG_AGE", "PipelineStore", "PollOutcome", "Published", "Sighting", "StoredBatch"]

BACKLOG_AGE = timedelta(days=7)
"""How old an article has to be, when its feed is new, to be stored without an alert."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A copy was published: how long it took, how large it is, and how many journal records moved into it."""

    seconds: float
    bytes: int
    journal_records: int


class PipelineStore:
    """The pipeline's database, held by this process alone. Made by `open`; a context manager."""

    def __init__(self, folder: Path, lock: FolderLock) -> None:
        self._layout = Layout(folder)
        self._lock = lock
        self._guard = threading.RLock()
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._addresses: dict[str, str] = {}

    @classmethod
    def open(cls, folder: Path, now: datetime, patience: timedelta = timedelta()) -> PipelineStore:
        """Take the lock, bring the schema up to date and apply the journal.

        Args:
            folder: the database folder; created if it does not exist.
            now: UTC.
            patience: how long to wait for another process that writes, as a command does for a moment when it takes
                in its verdict or digest.

        Raises:
            HeldByAnotherRun: another process writes (`OpenElsewhere`: or has opened the pipeline's own file); its
                number is in the message.
            NewerSchema: the database was made by a newer version.
            ReadOnlyFolder, DiskFull, DamagedDatabase, StorageError: the folder or file cannot be used.
        """
        lock = FolderLock(folder)
        lock.acquire(patience)
        store = cls(folder, lock)
        try:
            store._layout.unfinished.unlink(missing_ok=True)
            migrate(store._database(), store._layout.pipeline, now)
            store.apply_journal(now)
        except duckdb.Error as error:
            store.close()
            raise opening_error(error, store._layout.pipeline) from error
        except OSError as error:
            store.close()
            raise from_os_error(error, folder) from error
        except BaseException:
            store.close()
            raise
        return store

    def close(self) -> None:
        """Close the file and give the lock back; harmless when repeated."""
        with self._guard:
            try:
                self._disconnect()
            finally:
                self._lock.release()

    def __enter__(self) -> PipelineStore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # feeds and their entries

    def register_feeds(self, feeds: Sequence[Feed], now: datetime) -> None:
        """Make the register known: new feeds are added, feeds that are gone from it are marked so.

        Args:
            feeds: the whole register.
            now: UTC.
        """
        incoming = columns.table(self._feed_rows(feeds, now), columns.FEED)
        with self._transaction() as database:
            run(database, "unregister_feeds")
            run_on(database, "update_feeds", incoming)
            run_on(database, "insert_feeds", incoming)

    def feed_states(self, urls: Collection[str]) -> dict[str, FeedState]:
        """What is remembered of feeds, by their address; a feed never polled has a fresh state.

        Args:
            urls: addresses as they stand in the register. The database knows them without their secrets only, which
                is why they have to be named.
        """
        self._addresses.update({digest_of(url): url for url in urls})
        asked = columns.table(({"feed_id": digest_of(url)} for url in urls), columns.ASKED_FEED)
        with self._guard:
            found = {row.pop("feed_id"): row for row in rows_on(self._database(), "feed_states", asked)}
        states = {}
        for url in urls:
            row = found.get(digest_of(url), {})
            states[url] = FeedState(url=url, **row)
        return states

    def record_polls(self, run_id: str, polls: Sequence[Poll], now: datetime) -> PollOutcome:
        """Write polls: feed states, new entries (as due), sightings and failures, all in one transaction.

        Validators and entries are durable together: a kill leaves either both or neither, so no entry is lost to a
        "not modified". A poll recorded before (same run, feed and time) is not written again and counts as it did.

        Args:
            run_id: the run.
            polls: in the order in which their entries are claimed.
            now: UTC.

        Raises:
            ValueError: two polls of one feed at the same time; nothing is written.
        """
        with self._guard:
            record = PollRecord(self._database(), run_id, polls, now)
            with self._transaction():
                record.write(self._feed_rows([poll.feed for poll in record.polls], now))
            return record.outcome()

    def due_entries(self, now: datetime, limit: int | None = None) -> tuple[Entry, ...]:
        """Entries to attempt, longest waiting first: new ones, and those of earlier runs whose time has come.

        Their time has also come if it was set by a clock that was ahead; `ledger.is_due` tells the rule.

        Args:
            now: UTC.
            limit: at most so many, all if None.

        Returns:
            The entries. `feed_url` is the register's address for feeds named to `feed_states`, `register_feeds` or
            `record_polls` in this session, else the address without its secrets.
        """
        with self._guard:
            most = limit if limit is not None else 2**62
            found = rows(self._database(), "due_entries", {**clock_limits(now), "most": most})
            shown = {row["feed_id"]: row["url"] for row in rows(self._database(), "feed_addresses")}
        return tuple(self._entry(row, shown) for row in found)

    def count_due(self, now: datetime) -> int:
        """How many entries `due_entries` would give without limit."""
        with self._guard:
            return int(rows(self._database(), "count_due", clock_limits(now))[0]["due"])

    # outcomes

    def store_outcomes(
        self,
        run_id: str,
        outcomes: Sequence[EntryOutcome],
        now: datetime,
        retry: RetryRule,
        backlog_age: timedelta = BACKLOG_AGE,
    ) -> StoredBatch:
        """Write a batch of attempts: articles, tags, scores, entry states and failures, all in one transaction.

        May be repeated: an entry that is settled already, or was attempted in this run before, stays as it is and
        counts as it did.

        Args:
            run_id: the run.
            outcomes: at most one for an entry.
            now: UTC.
            retry: when a failed entry is tried again.
            backlog_age: an article of a feed's first document is backlog if it was published so long before it was
                seen; no digest alerts on it then.

        Raises:
            UnknownEntry: an outcome for an entry that no poll has recorded; nothing is written.
            ValueError: an outcome that no attempt can have, or two for one entry; nothing is written.
        """
        with self._guard:
            record = BatchRecord(self._database(), run_id, outcomes, now, retry, backlog_age)
            with self._transaction():
                record.write()
            return record.outcome()

    def record_run(self, report: RunReport) -> None:
        """Write the report of a run; one of the same run is replaced. Its notices are written as they come up."""
        counted = {name: value for name, value in asdict(report).items() if name != "notices"}
        incoming = columns.table([counted], columns.RUN)
        with self._transaction() as database:
            run_on(database, "delete_run", incoming)
            run_on(database, "insert_run", incoming)

    # what an operator should know

    def record_notices(self, run_id: str, notices: Sequence[Notice], now: datetime) -> None:
        """Write what a run noticed of sources, beside what its polls brought; writing it twice is harmless.

        Args:
            run_id: the run.
            notices: of feeds by the register's address.
            now: UTC; a notice that is dated later was dated by a clock that was ahead, and is dated so.
        """
        with self._transaction() as database:
            noticing.write_notices(database, noticing.rows_of(run_id, notices, now))

    def notice_health(self, run_id: str, now: datetime) -> None:
        """Notice sources that have fallen silent or drifted, or do so no more, when a run has stored everything.

        Args:
            run_id: the run.
            now: UTC.
        """
        with self._transaction() as database:
            health.note_health(database, run_id, now)

    def notices(self, run_id: str) -> tuple[Notice, ...]:
        """What a run noticed, oldest first, with the outlets' names; addresses come without their secrets."""
        with self._guard:
            return noticing.notices_of(self._database(), run_id)

    # manners

    def robots_files(self, now: datetime) -> tuple[RobotsFile, ...]:
        """The robots.txt of hosts, as far as they are younger than 30 days (`now` is UTC)."""
        with self._guard:
            return robots_files.robots_files(self._database(), now)

    def record_robots(self, files: Sequence[RobotsFile], now: datetime) -> None:
        """Put files in the place of older ones of the same hosts (`now` is UTC).

        That a file cannot be had does not replace a copy that was found within the last 30 days.
        """
        with self._transaction() as database:
            robots_files.record_robots(database, files, now)

    # tagging again

    def outdated(
        self, model: str, batch: int, characters: int = retagging.PAGE_CHARACTERS
    ) -> Iterator[tuple[StoredArticle, ...]]:
        """Stream the articles that another model than this one has looked at last, the longest stored first.

        Memory holds one batch. Between two batches anything may be written, `store_retags` above all; whoever is
        killed meanwhile goes on where it was by asking again.

        Args:
            model: `Classification.model` of the classifier that is to look at them.
            batch: most articles at once.
            characters: most characters of text at once; an article that is longer comes alone.
        """
        place = None
        while True:
            with self._guard:
                database = self._database()
                gather_verdicts(database, pending_verdicts(self._layout.folder))
                articles, place = retagging.page_after(database, batch, model, place, characters)
            if not articles:
                return
            yield articles

    def count_outdated(self, model: str) -> int:
        """How many articles `outdated` would give."""
        with self._guard:
            return retagging.count_articles(self._database(), model)

    def shown_before(self, articles: Sequence[StoredArticle]) -> tuple[StoredArticle, ...]:
        """Articles of `outdated` with the tags that the published copy shows, in their order.

        They differ where tagging again was cut off before it published: then readers have not seen what is stored.

        Raises:
            NotPublishedYet, OlderSchema, DamagedDatabase: the published copy cannot be used.
        """
        return retagging.shown_before(self._layout.folder, articles)

    def unpublished(self, model: str, batch: int) -> Iterator[tuple[Unpublished, ...]]:
        """Stream the articles that this model has tagged and the published copy shows with another's tags.

        There are some only where tagging again was cut off before it published.

        Args:
            model: `Classification.model` of the present classifier.
            batch: most articles at once.

        Raises:
            NotPublishedYet, OlderSchema, DamagedDatabase: the published copy cannot be used.
        """
        folder = self._layout.folder
        place = None
        while True:
            with self._guard:
                found, place = retagging.unpublished_ids(self._database(), folder, model, place)
            while found:
                with self._guard:
                    database = self._database()
                    gather_verdicts(database, pending_verdicts(folder))
                    page, found = retagging.unpublished_page(database, folder, found, batch, model)
                yield page
            if place is None:
                return

    def store_retags(self, batch: Sequence[Retag], now: datetime) -> RetagCounts:
        """Put the new tags and scores of stored articles in the place of the old ones, in one transaction.

        An alert that an article did not have before, and that no digest has told, is marked as found late
        (`tags.retroactive`) and keeps the mark
        when the article is tagged again. May be repeated: nothing changes, and nothing counts as found or lost.

        Args:
            batch: at most one for an article.
            now: UTC.

        Raises:
            UnknownArticle: an article that is not stored; nothing is written.
            ValueError: two for one article; nothing is written.
        """
        with self._transaction() as database:
            return retagging.replace_tags(database, self._layout.folder, batch, now)

    # the journal and the published copy

    def apply_journal(self, now: datetime) -> int:
        """Take in what other commands wrote, in one transaction.

        The records stay in the journal until `publish` has made a copy that contains them; readers of the older copy
        need them. A file that cannot be applied is kept as `.refused` beside the others and noted among the failures.

        Returns:
            How many records were applied now.
        """
        fresh, _ = self._take_in(now)
        return fresh

    def _take_in(self, now: datetime) -> tuple[int, list[journal.JournalId]]:
        """Apply the journal: how many records were applied now, and all that the database contains by now."""
        folder = self._layout.folder
        good: list[journal.JournalRecord] = []
        bad: list[journal.Unreadable] = []
        for found in journal.read(folder):
            if isinstance(found, journal.Unreadable):
                bad.append(found)
            elif why := applying.defect(found):
                bad.append(journal.Unreadable(path=self._layout.journal / f"{found.id}.json", detail=why))
            else:
                good.append(found)
        if not good and not bad:
            return 0, []
        with self._transaction() as database:
            before = {row["journal_id"] for row in rows(database, "applied_records")}
            fresh = [record for record in good if record.id not in before]
            for record in fresh:
                applying.apply(database, record)
            applied = [
                {
                    "journal_id": record.id,
                    "kind": record.kind,
                    "written_at": record.written_at,
                    "applied_at": now,
                }
                for record in fresh
            ]
            run_on(database, "insert_applied", columns.table(applied, columns.APPLIED))
            refused = [self._refusal(unreadable, now) for unreadable in bad]
            run_on(database, "insert_failures", columns.table(refused, columns.FAILURE))
        for unreadable in bad:
            journal.set_aside(unreadable)
        return len(fresh), [record.id for record in good]

    def publish(self, now: datetime, clock: Callable[[], float] = time.perf_counter) -> Published:
        """Apply the journal and put a copy of the file in place of the published one, by an atomic rename.

        The journal records that the copy contains are deleted after the rename and not before: whenever the process
        dies, a record is in the published copy or in the journal.

        Who has the old copy open keeps reading it. The pipeline's file is closed while it is copied and opened
        again when it is next needed.

        Args:
            now: UTC.
            clock: seconds, for the report.

        Raises:
            DiskFull, ReadOnlyFolder, StorageError: the copy could not be made (the old one and the journal stay),
                or the journal could not be cleared.
        """
        with self._guard:
            began = clock()
            _, contained = self._take_in(now)
            try:
                run(self._database(), "checkpoint")
            except duckdb.Error as error:
                raise opening_error(error, self._layout.pipeline) from error
            self._disconnect()
            size = self._copy()
            try:
                journal.remove(self._layout.folder, contained)
            except OSError as error:
                raise from_os_error(error, self._layout.folder) from error
            return Published(seconds=clock() - began, bytes=size, journal_records=len(contained))

    def _copy(self) -> int:
        layout = self._layout
        try:
            shutil.copyfile(layout.pipeline, layout.unfinished)
            with layout.unfinished.open("rb+") as file:
                os.fsync(file.fileno())
                size = file.seek(0, os.SEEK_END)
            # Left by somebody who opened the published file to write: it belongs to the file that goes away.
            layout.published.with_name(layout.published.name + ".wal").unlink(missing_ok=True)
            layout.unfinished.replace(layout.published)
            sync_folder(layout.folder)
        except OSError as error:
            with suppress(OSError):  # the first error tells more
                layout.unfinished.unlink()
            raise from_os_error(error, layout.folder) from error
        return size

    # inside

    def _database(self) -> duckdb.DuckDBPyConnection:
        if not self._lock.held:
            raise StorageError(f"the database in {self._layout.folder} has been closed.")
        if self._connection is None:
            self._connection = open_to_write(self._layout.pipeline)
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @contextmanager
    def _transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with self._guard:
            database = self._database()
            database.begin()
            try:
                yield database
            except BaseException as error:
                self._abandon(database)
                if isinstance(error, (duckdb.IOException, duckdb.FatalException)):
                    raise opening_error(error, self._layout.pipeline) from error
                raise
            try:
                database.commit()
            except duckdb.Error as error:
                # What is in memory may differ from what is on disk now: the next use opens the file afresh.
                self._disconnect()
                raise opening_error(error, self._layout.pipeline) from error

    def _abandon(self, database: duckdb.DuckDBPyConnection) -> None:
        try:
            database.rollback()
        except duckdb.Error:  # after a full disk the whole session is void; the next use opens the file afresh
            self._disconnect()

    def _feed_rows(self, feeds: Sequence[Feed], now: datetime) -> list[Row]:
        by_id = {digest_of(feed.url): feed for feed in feeds}
        self._addresses.update({feed_id: feed.url for feed_id, feed in by_id.items()})
        return [feed_row(feed, now) for feed in by_id.values()]

    def _entry(self, row: Row, shown: dict[str, str]) -> Entry:
        feed_id = row["feed_id"]
        return Entry(
            id=row["entry_id"],
            feed_url=self._addresses.get(feed_id, shown.get(feed_id, "")),
            url=row["url"],
            title=row["title"],
            guid=row["guid"],
            summary_html=row["summary_html"] or "",
            content_html=row["content_html"] or "",
            authors=tuple(row["authors"]),
            published_at=row["published_at"],
            date_source=DateSource(row["date_source"]),
            language=row["language"],
            link_shared=row["link_shared"],
            dates=dates_of(row["dates"]),
        )

    def _refusal(self, unreadable: journal.Unreadable, now: datetime) -> Row:
        failure = Failure(
            stage=Stage.STORE,
            subject=f"journal/{unreadable.path.name}",
            reason=Reason.BAD_LINE,
            detail=unreadable.detail,
        )
        return failure_row("", failure, now, None, None)
