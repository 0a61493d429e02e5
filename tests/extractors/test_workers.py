from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import replace
from typing import cast

import pytest

from extractors.workers import PRELOAD, ExtractionPool, Outcome
from spywatch.records import Article, Failure, Page, Reason
from spywatch.workers import Lost, WorkerPool
from tests.extractors.conftest import BODY, NOW, PARAGRAPHS

MakePage = Callable[..., Page]
LIMIT = 20.0


@pytest.fixture(scope="module")
def workers() -> Iterator[WorkerPool]:
    with WorkerPool(2, preload=PRELOAD) as started:
        yield started


@pytest.fixture(scope="module")
def pool(workers: WorkerPool) -> ExtractionPool:
    return ExtractionPool(workers, LIMIT)


def text_of(outcome: Outcome) -> str:
    assert not isinstance(outcome, Failure), outcome
    assert isinstance(outcome[0], Article)
    return outcome[0].text


def failure_of(outcome: Outcome) -> Failure:
    assert isinstance(outcome, Failure)
    return outcome


async def test_pages_are_extracted_in_workers(pool: ExtractionPool, make_page: MakePage) -> None:
    page = make_page(f"<article>{BODY}</article>")
    outcomes = await asyncio.gather(*(pool.extract(page, None, NOW) for _ in range(5)))
    assert [text_of(outcome).split("\n") for outcome in outcomes] == [PARAGRAPHS] * 5


def test_whatever_a_page_raises_costs_that_page_only(pool: ExtractionPool, make_page: MakePage) -> None:
    odd = replace(make_page(""), body=cast(bytes, 5))  # stands for any input that a library stumbles over
    failed, fine = pool.submit(odd, None, NOW), pool.submit(make_page(f"<article>{BODY}</article>"), None, NOW)
    failure = failure_of(failed.result(timeout=120))
    assert failure.reason is Reason.EXTRACTOR_ERROR
    assert "Error: " in failure.detail
    assert PARAGRAPHS[0] in text_of(fine.result(timeout=120))


def test_page_that_never_ends_is_tried_without_tables_and_set_aside(
    workers: WorkerPool, pool: ExtractionPool, make_page: MakePage
) -> None:
    text_of(pool.submit(make_page(BODY), None, NOW).result(timeout=120))
    hasty = ExtractionPool(workers, 0.001)
    failure = failure_of(hasty.submit(make_page("<p>x</p>" * 20_000), None, NOW).result(timeout=120))
    assert (failure.reason, failure.at, failure.retryable) == (Reason.TIME_LIMIT, NOW, False)
    assert failure.detail == "not done after 0.001 s, nor without tables"
    assert PARAGRAPHS[0] in text_of(pool.submit(make_page(BODY), None, NOW).result(timeout=120))


class _Gives(WorkerPool):
    """No processes: answers each call with what it was made with, or does the second try at once."""

    def __init__(self, answer: Lost | None = None) -> None:
        self.answer = answer

    def submit(  # type: ignore[override]
        self, function: Callable[..., Outcome], /, *arguments: object, time_limit: float, again: tuple[object, ...]
    ) -> Future[Outcome | Lost]:
        future: Future[Outcome | Lost] = Future()
        future.set_result(self.answer or function(*again))
        return future


def test_second_try_leaves_tables_out(make_page: MakePage) -> None:
    rows = "<tr><td>Harbour</td><td>Four ships</td></tr>" * 4
    page = make_page(f"<article>{BODY}<table>{rows}</table>{BODY}</article>")
    text = text_of(ExtractionPool(_Gives(), LIMIT).submit(page, None, NOW).result())
    assert PARAGRAPHS[0] in text
    assert "Four ships" not in text


@pytest.mark.parametrize(
    ("lost", "reason"),
    [
        (Lost(reason=Reason.MEMORY_LIMIT, detail="needs more"), Reason.MEMORY_LIMIT),
        (Lost(reason=Reason.WORKER_DIED, detail="died", retryable=True), Reason.WORKER_DIED),
        (Lost(reason=Reason.INTERNAL_ERROR, detail="ValueError: odd"), Reason.EXTRACTOR_ERROR),
    ],
    ids=["memory", "died", "raised"],
)
def test_each_loss_has_its_reason(make_page: MakePage, lost: Lost, reason: Reason) -> None:
    failure = failure_of(ExtractionPool(_Gives(lost), LIMIT).submit(make_page(BODY), None, NOW).result())
    assert (failure.reason, failure.detail, failure.retryable) == (reason, lost.detail, lost.retryable)


def test_senseless_limits_are_refused(workers: WorkerPool) -> None:
    with pytest.raises(ValueError, match="positive time limit"):
        ExtractionPool(workers, 0.0)
