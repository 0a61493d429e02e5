"""The daily run, from feeds to the published database: the map of the whole product.

    register ── poll ──> polls ── record ──> entries, new and due          one transaction a group of feeds
                                                │
                 ┌──────────────────────────────┘
                 └─> a batch: robots ─> download ─> extract ─> classify ─> store      one transaction a batch
                                                                             │
                             source health ─> report ─> journal ─> publish <─┘         one rename

What goes from stage to stage goes through this module's hands; no stage knows another. A poll that was recorded
makes its entries due, and what is due stays due until its outcome is stored: kill the run anywhere, and the next one
takes up what is left. What a stage raises unforeseen over one item costs that item only (`mishaps.py`).
`run_pipeline` is called as it is by the command line, and with each step as a Prefect task by
the flow in `ingest.py`.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar
from uuid import uuid4

from classifiers.model import Classifier
from extractors.workers import ExtractionPool
from feeds.history import notices
from feeds.poll import poll
from feeds.registry import RegisterError, load_register
from feeds.schedule import after_failure, in_backoff, is_due
from feeds.workers import FeedParser
from flows.equipment import held_store, manners, reading_pool, schedule, trained_classifier
from flows.mishaps import mishap
from flows.reading import EntryReader, Reading, outcomes
from flows.steps import Nobody, Step, Watch, directly
from spywatch.records import (
    Disposition,
    Entry,
    EntryOutcome,
    Failure,
    Feed,
    FeedState,
    Notice,
    NotModified,
    Poll,
    RunReport,
    Stage,
)
from spywatch.robots import Robots
from spywatch.settings import Settings
from spywatch.urls import host_of, redact
from spywatch.web import Web
from storage.errors import StorageError
from storage.ledger import RetryRule
from storage.store import PipelineStore, PollOutcome, StoredBatch

T = TypeVar("T")
FEEDS_A_GROUP = 50
"""Feeds polled and recorded together: small enough that a kill costs little, large enough for few transactions."""
BATCHES_AT_ONCE = 3
"""While one batch waits for the network, another is extracted and a third written."""


class _Tally(Counter[str]):
    """The counters of a run by the report's names, with those of failures, tags and languages beside them."""

    def __init__(self) -> None:
        super().__init__()
        self.failures: Counter[str] = Counter()
        self.tags: Counter[str] = Counter()
        self.not_covered: Counter[str] = Counter()

    def add(self, outcome: PollOutcome | StoredBatch) -> None:
        """Add up what the store says of polls or of a batch."""
        for name in ("stored", "unchanged", "linked", "failed", "dropped", "articles", "not_classified"):
            self[name] += getattr(outcome, name, 0)
        self["seen"] += outcome.settled if isinstance(outcome, PollOutcome) else outcome.attempted
        self.failures.update(outcome.failures)
        if isinstance(outcome, StoredBatch):
            self.tags.update(outcome.tags)
            self.not_covered.update(outcome.not_covered)


async def run_pipeline(
    settings: Settings,
    *,
    now: datetime,
    due_only: bool = False,
    only: Collection[str] = (),
    watch: Watch | None = None,
    step: Step = directly,
) -> RunReport:
    """Do one run: poll, process what is due, publish.

    Args:
        settings: where everything is and how hard to try.
        now: the clock at the start (UTC); schedules and dates go by it.
        due_only: poll only feeds whose schedule says so; else every feed that is not in failure back-off.
        only: addresses of the register; where given, these feeds are polled and no other, whatever their schedule,
            rest after a failure or retirement says.
        watch: told of progress.
        step: how to run a coarse step.

    Returns:
        What was done; `balanced` says whether every entry ended in one disposition.

    Raises:
        SettingsError, RegisterError, CorpusError, StorageError: something that the operator must mend.
    """
    register = load_register(settings.register)
    if not register:
        path = settings.register
        raise RegisterError(f"{path} lists no feed; `spywatch feeds add URL --feeds {path}` adds one")
    if unknown := set(only) - {feed.url for feed in register}:
        raise RegisterError(f"{redact(min(unknown))} is not in the register {settings.register}")
    with ExitStack() as stack:
        store = stack.enter_context(held_store(settings, now))
        pool = stack.enter_context(reading_pool(settings))
        parser = FeedParser(pool, time_limit=settings.parse_time_limit_seconds, max_items=settings.max_feed_items)
        extraction = ExtractionPool(pool, settings.extract_time_limit_seconds)
        writer = stack.enter_context(ThreadPoolExecutor(1, thread_name_prefix="store"))
        async with Web(manners(settings)) as web:
            robots = Robots(web, known=store.robots_files(now), now=now, obey=settings.robots)
            run = _Run(settings, now, store, parser, extraction, writer, web, robots, watch or Nobody(), step)
            try:
                return await run.whole(register, due_only=due_only, only=only)
            except ExceptionGroup as group:  # of steps side by side: the first one's error is the run's
                raise group.exceptions[0] from group


class _Run:
    """One run: the tools in its hands and the counters that it adds up."""

    def __init__(
        self,
        settings: Settings,
        now: datetime,
        store: PipelineStore,
        parser: FeedParser,
        extraction: ExtractionPool,
        writer: ThreadPoolExecutor,
        web: Web,
        robots: Robots,
        watch: Watch,
        step: Step,
    ) -> None:
        self._settings = settings
        self._started = now
        self._began = time.monotonic()
        self._store = store
        self._parser = parser
        self._writer = writer
        self._web = web
        self._robots = robots
        self._watch = watch
        self._step = step
        self._tally = _Tally()
        self._retry = RetryRule(
            base=timedelta(seconds=settings.retry_base_seconds),
            longest=timedelta(seconds=settings.retry_max_seconds),
            attempts=settings.page_attempts,
        )
        self._reader = EntryReader(
            web,
            robots,
            extraction,
            max_bytes=settings.max_page_bytes,
            started=now,
            clock=self._now,
        )
        self._backlog_age = timedelta(hours=settings.backlog_alert_hours)
        self._id = f"{now:%Y%m%dT%H%M%S}-{uuid4().hex[:8]}"

    async def whole(self, register: Sequence[Feed], *, due_only: bool, only: Collection[str]) -> RunReport:
        """Everything that a run does, in order; corpus and model are made ready while the feeds are polled."""
        model = asyncio.create_task(asyncio.to_thread(trained_classifier, self._settings))
        try:
            await self._write(self._store.register_feeds, register, self._started)
            chosen = await self._choose(register, due_only, only)
            await self._step("poll feeds", lambda: self._poll(chosen))
            classifier = await self._awaited(model)
        except BaseException:
            model.cancel()
            raise
        await self._process(classifier)
        await self._write(self._store.record_robots, self._robots.fetched, self._now())
        await self._write(self._store.notice_health, self._id, self._now())
        report = self._report(len(register), await self._write(self._store.notices, self._id))
        await self._write(self._store.record_run, report)
        await self._step("publish", lambda: self._write(self._store.publish, self._now()))
        return report

    async def _awaited(self, model: asyncio.Task[Classifier]) -> Classifier:
        """The classifier; a wait for it, when it has to be fitted anew, is shown."""
        if not model.done():
            self._watch.expect("model", 1)
            await model
            self._watch.advance("model", 1)
        return await model

    def _now(self) -> datetime:
        """The clock: where the run was told that it started, moved on by the time that has passed."""
        return self._started + timedelta(seconds=time.monotonic() - self._began)

    async def _write(self, call: Callable[..., T], *arguments: object) -> T:
        """Call the store in its own thread, so that writing never holds up the network."""
        return await asyncio.get_running_loop().run_in_executor(self._writer, call, *arguments)

    async def _choose(
        self, register: Sequence[Feed], due_only: bool, only: Collection[str]
    ) -> list[tuple[Feed, FeedState]]:
        now, interval = self._started, self._settings.poll_interval
        states = await self._write(self._store.feed_states, [feed.url for feed in register])
        chosen = []
        for feed in register:
            state = states[feed.url]
            if only:
                wanted = feed.url in only
            else:
                wanted = not in_backoff(state, now) and (not due_only or is_due(state, now, interval))
            if wanted:
                chosen.append((feed, state))
        self._tally["feeds_skipped"] = len(register) - len(chosen)
        return chosen

    async def _poll(self, chosen: list[tuple[Feed, FeedState]]) -> None:
        self._watch.expect("feeds", len(chosen))
        done: asyncio.Queue[Poll] = asyncio.Queue()
        before = {feed.url: state for feed, state in chosen}

        async def one(feed: Feed, state: FeedState) -> None:
            await done.put(await self._one_poll(feed, state))
            self._watch.advance("feeds", 1)

        async def record() -> None:
            left = len(chosen)
            while left:
                finished = [await done.get() for _ in range(min(left, FEEDS_A_GROUP))]
                await self._record(finished, before)
                left -= len(finished)

        async with asyncio.TaskGroup() as group:
            group.create_task(record())
            for feed, state in chosen:
                group.create_task(one(feed, state))

    async def _one_poll(self, feed: Feed, state: FeedState) -> Poll:
        try:
            return await poll(
                feed,
                state,
                web=self._web,
                now=self._started,
                max_bytes=self._settings.max_feed_bytes,
                schedule=schedule(self._settings),
                parse=self._parser,
            )
        except Exception as error:  # noqa: BLE001 -- a mistake over one feed costs that feed only
            return self._broken_poll(feed, state, error)

    def _broken_poll(self, feed: Feed, state: FeedState, error: Exception) -> Poll:
        failure = mishap(error, stage=Stage.POLL, subject=feed.url, at=self._started)
        rules = schedule(self._settings)
        remembered = after_failure(state, failure, url=feed.url, now=self._started, schedule=rules)
        told = notices(state, remembered, failure, self._started)
        return Poll(feed=feed, polled_at=self._started, result=failure, state=remembered, notices=told)

    async def _record(self, polls: Sequence[Poll], before: Mapping[str, FeedState]) -> None:
        try:
            self._tally.add(await self._write(self._store.record_polls, self._id, polls, self._started))
        except StorageError:
            raise
        except Exception as error:
            if len(polls) > 1:  # find the one that cannot be written, and record the others
                for done in polls:
                    await self._record([done], before)
                return
            [done] = polls
            if isinstance(done.result, Failure):  # even this cannot be written: it is not the feed's fault
                raise
            # The state from before: validators of a document whose entries are not stored would hide them for ever.
            polls = [self._broken_poll(done.feed, before[done.feed.url], error)]
            self._tally.add(await self._write(self._store.record_polls, self._id, polls, self._started))
        for done in polls:
            match done.result:
                case Failure():
                    self._tally["feeds_failed"] += 1
                case NotModified():
                    self._tally["feeds_not_modified"] += 1
                case _:
                    self._tally["feeds_ok"] += 1

    async def _process(self, classifier: Classifier) -> None:
        due = await self._write(self._store.due_entries, self._started)
        self._watch.expect("entries", len(due))
        batches = enumerate(_batches(_spread(due), self._settings.batch_size), start=1)

        async def take_batches() -> None:
            for number, batch in batches:
                await self._step(f"batch {number}", partial(self._batch, batch, classifier))

        async with asyncio.TaskGroup() as group:
            for _ in range(BATCHES_AT_ONCE):
                group.create_task(take_batches())

    async def _batch(self, due: Sequence[Entry], classifier: Classifier) -> None:
        read = await asyncio.gather(*(self._read(entry) for entry in due))
        await self._store_outcomes(await asyncio.to_thread(outcomes, read, classifier, at=self._now()))

    async def _read(self, entry: Entry) -> Reading:
        reading = await self._reader.read(entry)
        self._watch.advance("entries", 1)
        return reading

    async def _store_outcomes(self, ended: Sequence[EntryOutcome]) -> None:
        try:
            stored = await self._write(
                self._store.store_outcomes, self._id, ended, self._now(), self._retry, self._backlog_age
            )
        except StorageError:
            raise
        except Exception as error:
            if len(ended) > 1:  # find the one that cannot be written, and store the others
                for outcome in ended:
                    await self._store_outcomes([outcome])
                return
            [outcome] = ended
            if not outcome.articles:  # even this cannot be written: it is not the entry's fault
                raise
            failure = mishap(error, stage=Stage.STORE, subject=outcome.entry.url or outcome.entry.id, at=self._now())
            broken = EntryOutcome(entry=outcome.entry, disposition=Disposition.FAILED, failure=failure)
            await self._store_outcomes([broken])
            return
        self._tally.add(stored)

    def _report(self, feeds: int, notices: tuple[Notice, ...]) -> RunReport:
        tally = self._tally
        counts: dict[str, Any] = {name: tally[name] for name in _COUNTS}
        return RunReport(
            run_id=self._id,
            started_at=self._started,
            finished_at=self._now(),
            feeds=feeds,
            failures=dict(sorted(tally.failures.items())),
            tags=dict(sorted(tally.tags.items())),
            not_covered=dict(tally.not_covered.most_common()),
            notices=notices,
            **counts,
        )


_COUNTS = (
    *("feeds_ok", "feeds_not_modified", "feeds_failed", "feeds_skipped"),
    *("seen", "stored", "unchanged", "linked", "failed", "dropped", "articles", "not_classified"),
)


def _spread(entries: Sequence[Entry]) -> list[Entry]:
    """The same entries with the hosts taking turns, so that a batch never waits for one host alone."""
    queues: dict[str, deque[Entry]] = {}
    for entry in entries:
        queues.setdefault(host_of(entry.url), deque()).append(entry)
    spread: list[Entry] = []
    while queues:
        for host in list(queues):
            spread.append(queues[host].popleft())
            if not queues[host]:
                del queues[host]
    return spread


def _batches(entries: Sequence[Entry], size: int) -> Iterator[Sequence[Entry]]:
    for start in range(0, len(entries), size):
        yield entries[start : start + size]
