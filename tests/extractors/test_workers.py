from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import cast

import pytest

from extractors.workers import ExtractionPool, Outcome
from spywatch.records import Article, Failure, Page, Reason
from tests.extractors.conftest import BODY, NOW, PARAGRAPHS

MakePage = Callable[..., Page]
ROW = "<tr>" + "<td rowspan=100 colspan=100>a b c d</td>" + "</tr>"
ENDLESS = "<p>" + "line<br>" * 500_000
LIMIT = 3.0


@pytest.fixture(scope="module")
def pool() -> Iterator[ExtractionPool]:
    with ExtractionPool(2, LIMIT) as started:
        yield started


def text_of(outcome: Outcome) -> str:
    assert not isinstance(outcome, Failure), outcome
    assert isinstance(outcome[0], Article)
    return outcome[0].text


def reason_of(outcome: Outcome) -> Reason:
    assert isinstance(outcome, Failure)
    return outcome.reason


def worker_ids(pool: ExtractionPool) -> list[int]:
    return list(pool._pool._pool_manager.worker_manager.workers)


async def test_pages_are_extracted_in_workers(pool: ExtractionPool, make_page: MakePage) -> None:
    page = make_page(f"<article>{BODY}</article>")
    outcomes = await asyncio.gather(*(pool.extract(page, None, NOW) for _ in range(5)))
    assert [text_of(outcome).split("\n") for outcome in outcomes] == [PARAGRAPHS] * 5


def test_table_that_hangs_is_left_out_in_a_second_try(pool: ExtractionPool, make_page: MakePage) -> None:
    page = make_page(f"<article>{BODY}<table>{ROW * 1_000}</table></article>")
    text = text_of(pool.submit(page, None, NOW).result(timeout=60))
    assert PARAGRAPHS[0] in text
    assert "a b c d" not in text


def test_whatever_a_page_raises_costs_that_page_only(pool: ExtractionPool, make_page: MakePage) -> None:
    odd = replace(make_page(""), body=cast(bytes, 5))  # stands for any input that a library stumbles over
    failed, fine = pool.submit(odd, None, NOW), pool.submit(make_page(f"<article>{BODY}</article>"), None, NOW)
    outcome = failed.result(timeout=60)
    assert reason_of(outcome) is Reason.EXTRACTOR_ERROR
    assert isinstance(outcome, Failure)
    assert "Error: " in outcome.detail
    assert PARAGRAPHS[0] in text_of(fine.result(timeout=60))


def test_worker_that_is_killed_costs_one_page(pool: ExtractionPool, make_page: MakePage) -> None:
    doomed = pool.submit(make_page(ENDLESS), None, NOW)
    while not doomed_is_running(pool):
        time.sleep(0.05)
    for pid in worker_ids(pool):
        os.kill(pid, signal.SIGKILL)
    outcome = doomed.result(timeout=60)
    assert reason_of(outcome) is Reason.WORKER_DIED
    assert isinstance(outcome, Failure)
    assert outcome.retryable
    assert PARAGRAPHS[0] in text_of(pool.submit(make_page(BODY), None, NOW).result(timeout=60))


def doomed_is_running(pool: ExtractionPool) -> bool:
    tasks = list(pool._pool._pool_manager.task_manager.tasks.values())
    return any(task.started for task in tasks)


def test_workers_killed_while_idle_cost_nothing(pool: ExtractionPool, make_page: MakePage) -> None:
    text_of(pool.submit(make_page(BODY), None, NOW).result(timeout=60))
    for pid in worker_ids(pool):
        os.kill(pid, signal.SIGKILL)
    assert PARAGRAPHS[0] in text_of(pool.submit(make_page(BODY), None, NOW).result(timeout=60))


def test_page_that_never_ends_is_set_aside(make_page: MakePage) -> None:
    with ExtractionPool(1, 0.5) as pool:
        text_of(pool.submit(make_page(BODY), None, NOW).result(timeout=60))
        outcome = pool.submit(make_page(ENDLESS), None, NOW).result(timeout=60)
        assert reason_of(outcome) is Reason.TIME_LIMIT
        assert isinstance(outcome, Failure)
        assert outcome.at == NOW


def test_leaving_by_an_exception_settles_every_future(make_page: MakePage) -> None:
    pool = ExtractionPool(1, LIMIT)
    futures = []
    with pytest.raises(KeyError), pool:
        futures = [pool.submit(make_page(ENDLESS), None, NOW) for _ in range(3)]
        raise KeyError
    assert {reason_of(future.result(timeout=60)) for future in futures} == {Reason.WORKER_DIED}
    with pytest.raises(RuntimeError):
        pool.submit(make_page(BODY), None, NOW)


def test_senseless_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one worker"):
        ExtractionPool(0, 1.0)


def test_pool_that_stalls_is_replaced(make_page: MakePage) -> None:
    with ExtractionPool(1, LIMIT, stall_limit=1.0) as pool:
        text_of(pool.submit(make_page(BODY), None, NOW).result(timeout=60))
        for pid in worker_ids(pool):
            os.kill(pid, signal.SIGSTOP)  # takes no page, and so runs into no time limit
        assert PARAGRAPHS[0] in text_of(pool.submit(make_page(BODY), None, NOW).result(timeout=60))
