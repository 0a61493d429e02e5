"""Work in processes that can be killed: what hangs, crashes or swells costs one piece of work, never the run.

A `WorkerPool` calls functions in worker processes, with a time limit for each call and a memory limit for each
worker. What did not come back is a `Lost` with its reason, not an exception. Workers that are lost are replaced; so
is a pool that breaks or stalls. Built on Pebble, because the standard library cannot kill a worker at a time limit.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future, InvalidStateError
from concurrent.futures import TimeoutError as FutureTimeoutError
from concurrent.futures import wait as wait_for
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from importlib import import_module
from types import TracebackType
from typing import Any, Self, TypeVar

from pebble import ProcessExpired, ProcessPool

from spywatch.mistakes import in_words
from spywatch.records import Reason

T = TypeVar("T")

STALL_MARGIN = 30.0
"""Seconds over the longest time limit of what is open, after which a pool that settles nothing is replaced."""
SMALLEST_MEMORY = 400_000_000
"""Bytes that a memory limit must leave: the libraries of a reading worker hold up to 235 MB before they read
anything (`docs/hostile-content.md`)."""
_MEMORY_EXIT = 222  # no errno and no signal: an exit code that only `_work` gives
_MOST_TRIES = 3
_HEARD = 0.1  # seconds in which Pebble's threads note which worker took the job
_GONE = "the pool of workers was closed before this was done"
_LXML_NO_MEMORY = 2  # XML_ERR_NO_MEMORY in libxml2's xmlerror.h; its message is only "unknown error"
_NO_MEMORY = ("memory allocation failed", "out of memory", "cannot allocate memory", "unable to allocate")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """A call that gave no result.

    Attributes:
        reason: `time_limit`, `memory_limit`, `worker_died`, or `internal_error` for an exception of the function.
        detail: one sentence for a person; of an exception its type, text and place.
        retryable: whether the same call may go well another time.
    """

    reason: Reason
    detail: str
    retryable: bool = False


class WorkerPool:
    """A pool of worker processes; use as a context manager.

    Leaving the block waits for what was submitted; leaving it by an exception stops the workers at once. Every
    future that was handed out is settled either way. Ctrl-C does not reach the workers: it is the parent's to handle.

    Args:
        workers: number of processes.
        memory_limit: bytes of memory of its own that a worker may take, the imported libraries included (Linux:
            RLIMIT_DATA, which counts what is written to and not what is mapped from files); 0 = no limit.
        preload: modules that workers import before they are forked, so that they start fast and share their memory.
        recycle_after: calls after which a worker is replaced; 0 = never.
        stall_limit: seconds without any call being settled after which all workers are replaced, for what no time
            limit of a call can see; default: the longest time limit of what is open and 30 seconds.

    Attributes:
        workers: as given.

    Raises:
        ValueError: no worker, one name for `preload`, or a memory limit that the libraries alone would reach.
    """

    def __init__(
        self,
        workers: int,
        *,
        memory_limit: int = 0,
        preload: Sequence[str] = (),
        recycle_after: int = 0,
        stall_limit: float | None = None,
    ) -> None:
        if workers < 1:
            raise ValueError("a pool needs at least one worker")
        if isinstance(preload, str):
            raise ValueError("preload is a sequence of module names, not one name")
        if 0 < memory_limit < SMALLEST_MEMORY:
            raise ValueError(f"a worker needs at least {SMALLEST_MEMORY:,} bytes of memory, or 0 for no limit")
        self.workers = workers
        self._memory_limit = memory_limit
        self._preload = tuple(preload)
        self._recycle_after = recycle_after
        self._stall_limit = stall_limit
        self._pool = self._new_pool()
        self._closed = False
        self._guard = threading.Lock()
        self._last_settled = time.monotonic()
        self._finished = threading.Event()
        self._open: dict[Future[Any], _Job] = {}
        self._tasks: set[Any] = set()
        threading.Thread(target=self._watch, name="worker watch", daemon=True).start()

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
            for future in list(self._open):
                _give(future, _gone())

    def submit(
        self,
        function: Callable[..., T],
        /,
        *arguments: object,
        time_limit: float,
        again: tuple[object, ...] | None = None,
    ) -> Future[T | Lost]:
        """Call a function in a worker.

        Args:
            function: importable by its name; it and its arguments and result can be pickled.
            arguments: its arguments.
            time_limit: seconds for the call.
            again: arguments for a second try, with the same limits, where the first one hit the time or memory limit.

        Returns:
            A future of the result or of why there is none; it never holds an exception.

        Raises:
            RuntimeError: the pool is closed.
            ValueError: the time limit is not positive.
        """
        if time_limit <= 0:
            raise ValueError("a time limit must be positive")
        future: Future[T | Lost] = Future()
        if not self._open:
            self._last_settled = time.monotonic()
        job = _Job(function, arguments, time_limit, again)
        self._open[future] = job
        future.add_done_callback(lambda settled: self._open.pop(settled, None))
        try:
            self._try(future, job)
        except RuntimeError:
            del self._open[future]
            raise
        return future

    async def call(
        self,
        function: Callable[..., T],
        /,
        *arguments: object,
        time_limit: float,
        again: tuple[object, ...] | None = None,
    ) -> T | Lost:
        """As `submit`, awaited; a cancelled wait frees its worker."""
        return await asyncio.wrap_future(self.submit(function, *arguments, time_limit=time_limit, again=again))

    def _new_pool(self) -> Any:
        # A fork of a threaded process may deadlock; the fork server is started clean and has imported the libraries.
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(list(self._preload))
        return ProcessPool(
            max_workers=self.workers,
            max_tasks=self._recycle_after,
            initializer=_begin,
            initargs=(self._preload, self._memory_limit),
            context=context,
        )

    def _schedule(self, job: _Job) -> Any:
        with self._guard:
            if self._closed:
                raise RuntimeError(_GONE)
            work = {"args": (job.time_limit, job.function, *job.arguments), "timeout": job.time_limit}
            try:
                task = self._pool.schedule(_work, **work)
            except (RuntimeError, BrokenProcessPool):  # a worker was killed while it had nothing to do
                self._replace_pool()
                task = self._pool.schedule(_work, **work)
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
        while not self._finished.wait(min((self._stall_limit or 20.0) / 4, 5.0)):
            if self._open and time.monotonic() - self._last_settled > self._patience():
                with self._guard:
                    if not self._closed:
                        self._replace_pool()
                        self._last_settled = time.monotonic()

    def _patience(self) -> float:
        if self._stall_limit is not None:
            return self._stall_limit
        return max((job.time_limit for job in list(self._open.values())), default=0.0) + STALL_MARGIN

    def _try(self, future: Future[Any], job: _Job) -> None:
        try:
            task = self._schedule(job)
        except RuntimeError:
            if not job.tries:
                raise
            _give(future, _gone())
            return
        future.add_done_callback(lambda settled: task.cancel() if settled.cancelled() else None)
        task.add_done_callback(lambda done: self._settle(future, job, done))

    def _again(self, future: Future[Any], job: _Job) -> None:
        # Not in this thread: it belongs to the pool, and a broken pool's threads are waited for.
        threading.Thread(target=self._try_again, args=(future, job), name="work again").start()

    def _try_again(self, future: Future[Any], job: _Job) -> None:
        try:
            self._try(future, job)
        except OSError:  # no process can be made just now; whoever waits must not wait for ever
            _give(future, _gone())

    def _settle(self, future: Future[Any], job: _Job, done: Future[Any]) -> None:
        self._last_settled = time.monotonic()
        if future.cancelled():
            return
        try:
            outcome = done.result()
        except FutureTimeoutError:
            outcome = Lost(reason=Reason.TIME_LIMIT, detail=f"not done after {job.time_limit:g} s")
        except ProcessExpired as error:
            outcome = self._expired(error)
        except (CancelledError, BrokenProcessPool):
            if job.tries < _MOST_TRIES and not self._closed:  # not this call's doing
                self._again(future, replace(job, tries=job.tries + 1))
                return
            outcome = _gone()
        except Exception as error:  # noqa: BLE001 -- what cannot be pickled, either way, costs that call only
            outcome = _gone() if self._closed else _raised(error)
        limited = isinstance(outcome, Lost) and outcome.reason in (Reason.TIME_LIMIT, Reason.MEMORY_LIMIT)
        if limited and job.again is not None:
            self._again(future, replace(job, arguments=job.again, again=None, tries=1))
            return
        _give(future, outcome)

    def _expired(self, error: ProcessExpired) -> Lost:
        if error.exitcode == _MEMORY_EXIT:
            detail = f"needs more memory than the {self._memory_limit:,} bytes that a worker may take"
            return Lost(reason=Reason.MEMORY_LIMIT, detail=detail)
        detail = f"the worker died (exit code {error.exitcode})"
        return Lost(reason=Reason.WORKER_DIED, detail=detail, retryable=True)


@dataclass(frozen=True, slots=True)
class _Job:
    """One call's way through the pool; `tries` counts how often it began anew."""

    function: Callable[..., Any]
    arguments: tuple[object, ...]
    time_limit: float
    again: tuple[object, ...] | None
    tries: int = 0


def _give(future: Future[Any], outcome: object) -> None:
    if future.done():
        return
    try:
        if future.set_running_or_notify_cancel():
            future.set_result(outcome)
    except InvalidStateError:
        return  # settled by another thread a moment ago


def _gone() -> Lost:
    return Lost(reason=Reason.WORKER_DIED, detail=_GONE, retryable=True)


def _raised(error: BaseException) -> Lost:
    return Lost(reason=Reason.INTERNAL_ERROR, detail=in_words(error))


def _begin(preload: tuple[str, ...], memory_limit: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Pebble's own handler waits for Python code to run, which in a library's endless loop never comes.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    for name in preload:
        import_module(name)
    if memory_limit and sys.platform == "linux":
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        limit = memory_limit if hard == resource.RLIM_INFINITY else min(memory_limit, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))


def _work(time_limit: float, function: Callable[..., T], *arguments: object) -> T | Lost:
    # Should the parent be killed meanwhile, nobody keeps the time: then the system ends this process.
    signal.setitimer(signal.ITIMER_REAL, time_limit + STALL_MARGIN)
    try:
        return function(*arguments)
    except Exception as error:  # noqa: BLE001 -- whatever a function raises is told as data
        if _is_memory(error):
            # What a library leaves behind when memory runs out is not to be worked with, so that this process ends.
            time.sleep(_HEARD)
            os._exit(_MEMORY_EXIT)
        return _raised(error)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _is_memory(error: BaseException | None) -> bool:
    """Whether an exception, or what it was raised over, says that memory ran out."""
    for _ in range(10):
        if error is None:
            return False
        lxml_ran_out = type(error).__module__.startswith("lxml.") and getattr(error, "code", None) == _LXML_NO_MEMORY
        if isinstance(error, MemoryError) or lxml_ran_out or _says_so(error):
            return True
        error = error.__cause__ or error.__context__
    return False


def _says_so(error: BaseException) -> bool:
    told = str(error).lower()
    return any(words in told for words in _NO_MEMORY)
