"""Extraction in processes that can be killed: a page can hang or crash a worker, never the run.

A page that passes the time limit is tried once more without its tables (cells that span rows and columns are what
hangs trafilatura 2.3.1, see `docs/design.md`); after that it is a `time_limit` failure. A worker that dies takes one
page with it (`worker_died`, which a later run may try again) and is replaced.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import signal
import threading
import time
from concurrent.futures import CancelledError, Future, InvalidStateError
from concurrent.futures import TimeoutError as FutureTimeoutError
from concurrent.futures import wait as wait_for
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from pebble import ProcessExpired, ProcessPool

from extractors.article import articles_from_page
from spywatch.records import Article, Entry, Failure, Page, Reason, Stage
from spywatch.urls import redact

Outcome = tuple[Article, ...] | Failure

_PRELOADED = ["extractors.preload"]
_POOL_GONE = "the extraction pool was closed before this page's turn"


class ExtractionPool:
    """A pool of extraction processes; use as a context manager.

    Leaving the block waits for what was submitted; leaving it by an exception stops the workers at once. Every
    future that was handed out is settled either way.

    Args:
        workers: number of processes.
        time_limit: seconds for one page; twice that in the worst case, because of the second try.
        recycle_after: pages after which a worker is replaced; 0 = never.
        stall_limit: seconds without any page being settled after which all workers are replaced, for what no time
            limit of a page can see; default: twice the time limit and 30 seconds.
    """

    def __init__(
        self, workers: int, time_limit: float, *, recycle_after: int = 0, stall_limit: float | None = None
    ) -> None:
        if workers < 1 or time_limit <= 0:
            raise ValueError("an extraction pool needs at least one worker and a positive time limit")
        self._workers = workers
        self._time_limit = time_limit
        self._recycle_after = recycle_after
        self._pool = self._new_pool()
        self._closed = False
        self._guard = threading.Lock()
        self._stall_limit = 2 * time_limit + 30 if stall_limit is None else stall_limit
        self._last_settled = time.monotonic()
        self._finished = threading.Event()
        threading.Thread(target=self._watch, name="extract watch", daemon=True).start()
        self._open: dict[Future[Outcome], _Job] = {}
        self._tasks: set[Any] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        stop = True
        try:
            if kind is None:
                wait_for(list(self._open))
                stop = False
        finally:
            with self._guard:
                self._closed = True
            if stop:
                self._pool.stop()
            else:
                self._pool.close()
            self._pool.join()
            self._finished.set()
            for future, job in list(self._open.items()):
                _give(future, job.failed(Reason.WORKER_DIED, _POOL_GONE, retryable=True))

    def _new_pool(self) -> Any:
        # A fork of a threaded process may deadlock; the fork server is started clean and has imported the libraries.
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(_PRELOADED)
        return ProcessPool(
            max_workers=self._workers, max_tasks=self._recycle_after, initializer=_begin, context=context
        )

    def _schedule(self, *arguments: Any) -> Any:
        with self._guard:
            if self._closed:
                raise RuntimeError(_POOL_GONE)
            try:
                task = self._pool.schedule(_extract, args=arguments, timeout=self._time_limit)
            except (RuntimeError, BrokenProcessPool):  # a worker was killed while it had nothing to do
                self._replace_pool()
                task = self._pool.schedule(_extract, args=arguments, timeout=self._time_limit)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            return task

    def _replace_pool(self) -> None:
        broken, self._pool = self._pool, self._new_pool()
        lost = list(self._tasks)
        broken.stop()
        broken.join()
        for task in lost:
            task.cancel()  # nothing happens to those that are settled

    def _watch(self) -> None:
        while not self._finished.wait(min(self._stall_limit / 4, 5.0)):
            if self._open and time.monotonic() - self._last_settled > self._stall_limit:
                with self._guard:
                    if not self._closed:
                        self._replace_pool()
                        self._last_settled = time.monotonic()

    def submit(
        self,
        page: Page,
        entry: Entry | None,
        now: datetime | None,
        *,
        whole: bool = False,
        url: str = "",
    ) -> Future[Outcome]:
        """Extract a page in a worker.

        Args:
            page, entry, now, whole, url: as for `articles_from_page`.

        Returns:
            A future of the articles or the failure; it never holds an exception.

        Raises:
            RuntimeError: the pool is closed.
        """
        future: Future[Outcome] = Future()
        if not self._open:
            self._last_settled = time.monotonic()
        job = _Job(page, entry, now, whole, url)
        self._open[future] = job
        future.add_done_callback(lambda settled: self._open.pop(settled, None))
        try:
            self._try(future, job)
        except RuntimeError:
            del self._open[future]
            raise
        return future

    async def extract(
        self, page: Page, entry: Entry | None, now: datetime | None, *, whole: bool = False, url: str = ""
    ) -> Outcome:
        """As `submit`, awaited; a cancelled wait frees its worker."""
        return await asyncio.wrap_future(self.submit(page, entry, now, whole=whole, url=url))

    def _try(self, future: Future[Outcome], job: _Job) -> None:
        try:
            task = self._schedule(job)
        except RuntimeError:
            if job.first:
                raise
            _give(future, job.failed(Reason.WORKER_DIED, _POOL_GONE, retryable=True))
            return
        future.add_done_callback(lambda settled: task.cancel() if settled.cancelled() else None)
        task.add_done_callback(lambda done: self._settle(future, job, done))

    def _again(self, future: Future[Outcome], job: _Job) -> None:
        # Not in this thread: it belongs to the pool, and a broken pool's threads are waited for.
        threading.Thread(target=self._try, args=(future, job), name="extract again").start()

    def _settle(self, future: Future[Outcome], job: _Job, done: Future[Outcome]) -> None:
        self._last_settled = time.monotonic()
        if future.cancelled():
            return
        try:
            outcome = done.result()
        except FutureTimeoutError:
            if job.tables:
                self._again(future, replace(job, first=False, tables=False))
                return
            detail = f"not done after {self._time_limit:g} s, nor without tables"
            outcome = job.failed(Reason.TIME_LIMIT, detail)
        except ProcessExpired as error:
            detail = f"the worker died (exit code {error.exitcode})"
            outcome = job.failed(Reason.WORKER_DIED, detail, retryable=True)
        except (CancelledError, BrokenProcessPool):
            if job.first and not self._closed:  # not this page's doing
                self._again(future, replace(job, first=False))
                return
            outcome = job.failed(Reason.WORKER_DIED, _POOL_GONE, retryable=True)
        except Exception as error:  # noqa: BLE001 -- whatever a library raises over an odd page must cost that page only
            if self._closed:
                outcome = job.failed(Reason.WORKER_DIED, _POOL_GONE, retryable=True)
            else:
                told = " ".join(str(error).split())[:200]
                outcome = job.failed(Reason.EXTRACTOR_ERROR, f"{type(error).__name__}: {told}")
        _give(future, outcome)


@dataclass(frozen=True, slots=True)
class _Job:
    """One page's way through the pool; `first` is false in a second try."""

    page: Page
    entry: Entry | None
    now: datetime | None
    whole: bool
    url: str
    tables: bool = True
    first: bool = True

    def failed(self, reason: Reason, detail: str, *, retryable: bool = False) -> Failure:
        subject = redact(self.page.url or self.url)
        return Failure(
            stage=Stage.EXTRACT, subject=subject, reason=reason, detail=detail, retryable=retryable, at=self.now
        )


def _give(future: Future[Outcome], outcome: Outcome) -> None:
    if future.done():
        return
    try:
        if future.set_running_or_notify_cancel():
            future.set_result(outcome)
    except InvalidStateError:
        return  # settled by another thread a moment ago


def _begin() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    from extractors.text import preload

    preload()


def _extract(job: _Job) -> Outcome:
    return articles_from_page(job.page, job.entry, now=job.now, whole=job.whole, url=job.url, tables=job.tables)
