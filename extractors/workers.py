"""Extraction in processes that can be killed: a page can hang, crash or swell a worker, never the run.

A page that passes the time or memory limit is tried once more without its tables, which are what takes trafilatura
2.3.1 longest (`docs/design.md`). After that it is a `time_limit` or `memory_limit` failure. A worker that dies takes
one page with it (`worker_died`, which a later run may try again). Whatever a library raises over a page costs that
page only (`extractor_error`).
"""

from __future__ import annotations

import asyncio
from concurrent.futures import Future, InvalidStateError
from datetime import datetime

from extractors.article import articles_from_page
from spywatch.records import Article, Entry, Failure, Page, Reason, Stage
from spywatch.urls import redact
from spywatch.workers import Lost, WorkerPool

Outcome = tuple[Article, ...] | Failure

PRELOAD = ("extractors.preload",)
"""What the workers of a pool should import beforehand."""


class ExtractionPool:
    """Extraction on a pool of workers.

    Args:
        pool: the workers; whoever made it closes it. Best made with `preload=PRELOAD`.
        time_limit: seconds for one page; twice that in the worst case, because of the second try.

    Raises:
        ValueError: the time limit is not positive.
    """

    def __init__(self, pool: WorkerPool, time_limit: float) -> None:
        if time_limit <= 0:
            raise ValueError("extraction needs a positive time limit")
        self._pool = pool
        self._time_limit = time_limit

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
            A future of the articles or the failure; it never holds an exception. Cancelling it frees the worker.

        Raises:
            RuntimeError: the pool is closed.
        """
        first, second = (page, entry, now, whole, url, True), (page, entry, now, whole, url, False)
        inner = self._pool.submit(_extract, *first, time_limit=self._time_limit, again=second)
        future: Future[Outcome] = Future()

        def settle(done: Future[Outcome | Lost]) -> None:
            if done.cancelled():
                future.cancel()
                return
            result = done.result()
            outcome = _failure(result, page.url or url, now) if isinstance(result, Lost) else result
            try:
                if future.set_running_or_notify_cancel():
                    future.set_result(outcome)
            except InvalidStateError:
                return  # cancelled a moment ago

        future.add_done_callback(lambda settled: inner.cancel() if settled.cancelled() else None)
        inner.add_done_callback(settle)
        return future

    async def extract(
        self, page: Page, entry: Entry | None, now: datetime | None, *, whole: bool = False, url: str = ""
    ) -> Outcome:
        """As `submit`, awaited; a cancelled wait frees its worker."""
        return await asyncio.wrap_future(self.submit(page, entry, now, whole=whole, url=url))


def _extract(page: Page, entry: Entry | None, now: datetime | None, whole: bool, url: str, tables: bool) -> Outcome:
    return articles_from_page(page, entry, now=now, whole=whole, url=url, tables=tables)


def _failure(lost: Lost, address: str, now: datetime | None) -> Failure:
    reason = Reason.EXTRACTOR_ERROR if lost.reason is Reason.INTERNAL_ERROR else lost.reason
    detail = f"{lost.detail}, nor without tables" if lost.reason is Reason.TIME_LIMIT else lost.detail
    return Failure(
        stage=Stage.EXTRACT,
        subject=redact(address),
        reason=reason,
        detail=detail,
        retryable=lost.retryable,
        at=now,
    )
