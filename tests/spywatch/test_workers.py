from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree

from spywatch.records import Reason
from spywatch.workers import SMALLEST_MEMORY, Lost, WorkerPool

LIMIT = 20.0
needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_DATA is Linux's")


def double(number: int) -> int:
    return 2 * number


def process_id() -> int:
    return os.getpid()


def sleep_or_answer(seconds: float) -> str:
    time.sleep(seconds)
    return f"slept {seconds:g} s"


def wait_for_file_to_go(path: Path) -> str:
    while path.exists():
        time.sleep(0.01)
    return "gone"


def divide(number: int) -> float:
    return 1 / number


def unpicklable() -> object:
    return threading.Lock()


def take(size: int) -> int:
    return len(bytearray(size))


def tree_of(elements: int) -> int:
    parser = etree.HTMLParser(huge_tree=True)
    return len(list(etree.fromstring(b"<html>" + b"<br>" * elements, parser=parser).iter()))


def interrupt_disposition() -> bool:
    return signal.getsignal(signal.SIGINT) is signal.SIG_IGN


@pytest.fixture(scope="module", autouse=True)
def _importable() -> Iterator[None]:
    """The functions above are called in other processes, which know this file by the parent's import path."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(Path(__file__).resolve().parents[2])
        yield


@pytest.fixture(scope="module")
def pool() -> Iterator[WorkerPool]:
    with WorkerPool(2, memory_limit=SMALLEST_MEMORY) as started:
        yield started


def worker_ids(pool: WorkerPool) -> list[int]:
    return list(pool._pool._pool_manager.worker_manager.workers)


def lost(outcome: object) -> Lost:
    assert isinstance(outcome, Lost), outcome
    return outcome


async def test_calls_come_back_from_other_processes(pool: WorkerPool) -> None:
    numbers = await asyncio.gather(*(pool.call(double, n, time_limit=LIMIT) for n in range(10)))
    assert numbers == [2 * n for n in range(10)]
    assert await pool.call(process_id, time_limit=LIMIT) not in (os.getpid(), None)


def test_exception_of_a_function_is_told_with_its_place(pool: WorkerPool) -> None:
    outcome = lost(pool.submit(divide, 0, time_limit=LIMIT).result(timeout=60))
    assert outcome.reason is Reason.INTERNAL_ERROR
    assert not outcome.retryable
    assert outcome.detail.startswith("ZeroDivisionError: division by zero at test_workers.py:")


def test_result_that_cannot_be_sent_costs_that_call_only(pool: WorkerPool) -> None:
    bad, good = pool.submit(unpicklable, time_limit=LIMIT), pool.submit(double, 2, time_limit=LIMIT)
    assert lost(bad.result(timeout=60)).reason is Reason.INTERNAL_ERROR
    assert good.result(timeout=60) == 4


def test_argument_that_cannot_be_sent_costs_that_call_only(pool: WorkerPool) -> None:
    bad = pool.submit(double, threading.Lock(), time_limit=LIMIT)
    assert lost(bad.result(timeout=60)).reason is Reason.INTERNAL_ERROR
    assert pool.submit(double, 2, time_limit=LIMIT).result(timeout=60) == 4


def test_call_that_takes_too_long_is_killed(pool: WorkerPool) -> None:
    outcome = lost(pool.submit(sleep_or_answer, 600.0, time_limit=0.3).result(timeout=60))
    assert (outcome.reason, outcome.detail, outcome.retryable) == (
        Reason.TIME_LIMIT,
        "not done after 0.3 s",
        False,
    )


def test_second_try_gets_the_other_arguments(pool: WorkerPool) -> None:
    done = pool.submit(sleep_or_answer, 600.0, time_limit=2.0, again=(0.01,))
    assert done.result(timeout=60) == "slept 0.01 s"
    gone = pool.submit(sleep_or_answer, 600.0, time_limit=0.3, again=(601.0,))
    assert lost(gone.result(timeout=60)).reason is Reason.TIME_LIMIT


@needs_linux
def test_memory_limit_costs_one_call_and_one_worker(pool: WorkerPool) -> None:
    outcome = lost(pool.submit(take, SMALLEST_MEMORY, time_limit=LIMIT).result(timeout=60))
    assert outcome.reason is Reason.MEMORY_LIMIT
    assert f"{SMALLEST_MEMORY:,} bytes" in outcome.detail
    assert pool.submit(take, SMALLEST_MEMORY // 8, time_limit=LIMIT).result(timeout=60) == SMALLEST_MEMORY // 8


@needs_linux
def test_libxml2_out_of_memory_is_the_memory_limit(pool: WorkerPool) -> None:
    assert lost(pool.submit(tree_of, 20_000_000, time_limit=60).result(timeout=90)).reason is Reason.MEMORY_LIMIT
    assert pool.submit(tree_of, 100, time_limit=LIMIT).result(timeout=60) == 102


@needs_linux
def test_second_try_after_the_memory_limit(pool: WorkerPool) -> None:
    done = pool.submit(take, SMALLEST_MEMORY, time_limit=LIMIT, again=(1_000,))
    assert done.result(timeout=60) == 1_000


def test_killed_worker_costs_its_call_only(pool: WorkerPool, tmp_path: Path) -> None:
    stays = tmp_path / "here"
    stays.touch()
    doomed = pool.submit(wait_for_file_to_go, stays, time_limit=LIMIT)
    while not any(task.started for task in list(pool._pool._pool_manager.task_manager.tasks.values())):
        time.sleep(0.02)
    for pid in worker_ids(pool):
        os.kill(pid, signal.SIGKILL)
    outcome = lost(doomed.result(timeout=60))
    assert outcome.reason is Reason.WORKER_DIED
    assert outcome.retryable
    assert pool.submit(double, 3, time_limit=LIMIT).result(timeout=60) == 6


def test_idle_workers_that_are_killed_cost_nothing(pool: WorkerPool) -> None:
    assert pool.submit(double, 1, time_limit=LIMIT).result(timeout=60) == 2
    for pid in worker_ids(pool):
        os.kill(pid, signal.SIGKILL)
    assert pool.submit(double, 2, time_limit=LIMIT).result(timeout=60) == 4


def test_interrupt_key_is_the_parents_to_handle(pool: WorkerPool) -> None:
    assert pool.submit(interrupt_disposition, time_limit=LIMIT).result(timeout=60) is True


async def test_cancelled_wait_frees_its_worker() -> None:
    with WorkerPool(1) as pool:
        assert await pool.call(double, 1, time_limit=LIMIT) == 2
        waiting = asyncio.create_task(pool.call(sleep_or_answer, 600.0, time_limit=900.0))
        await asyncio.sleep(0.3)
        waiting.cancel()
        assert await pool.call(double, 2, time_limit=LIMIT) == 4


def test_pool_that_stalls_is_replaced() -> None:
    with WorkerPool(1, stall_limit=2.0) as pool:
        assert pool.submit(double, 1, time_limit=LIMIT).result(timeout=60) == 2
        for pid in worker_ids(pool):
            os.kill(pid, signal.SIGSTOP)  # takes no call, and so runs into no time limit
        assert pool.submit(double, 2, time_limit=LIMIT).result(timeout=60) == 4


def test_leaving_by_an_exception_settles_every_future() -> None:
    pool = WorkerPool(1)
    futures = []
    with pytest.raises(KeyError), pool:
        futures = [pool.submit(sleep_or_answer, 600.0, time_limit=900.0) for _ in range(3)]
        raise KeyError
    assert {lost(future.result(timeout=60)).reason for future in futures} == {Reason.WORKER_DIED}
    with pytest.raises(RuntimeError):
        pool.submit(double, 1, time_limit=LIMIT)


def test_senseless_values_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one worker"):
        WorkerPool(0)
    with pytest.raises(ValueError, match="needs at least"):
        WorkerPool(1, memory_limit=SMALLEST_MEMORY - 1)
    with pytest.raises(ValueError, match="sequence of module names"):
        WorkerPool(1, preload="feeds.parse")
    with WorkerPool(1) as pool, pytest.raises(ValueError, match="must be positive"):
        pool.submit(double, 1, time_limit=0.0)
