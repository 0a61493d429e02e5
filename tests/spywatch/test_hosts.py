import asyncio
import itertools
import math
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spywatch.hosts import (
    DEAD_AFTER,
    TIRED_AFTER,
    UNREACHED,
    HostResting,
    Hosts,
    Memory,
    Origin,
    Pace,
    after_answer,
    after_failure,
    averaged,
    pause,
    rest_left,
    slowed,
)
from spywatch.records import Reason

SECONDS = st.floats(0, 10_000)
PACES = st.builds(Pace, answering=st.none() | SECONDS, crawl_delay=SECONDS, slowdowns=st.integers(0, 30))
STATUSES = st.sampled_from([200, 301, 304, 403, 404, 429, 500, 503])
WAITS = st.none() | st.timedeltas(timedelta(0), timedelta(days=31))
ANSWERS = st.tuples(STATUSES, WAITS)
EVENTS = st.lists(st.sampled_from(sorted(Reason)) | ANSWERS, max_size=20)
A, B = Origin("https", "a.example", 443), Origin("https", "b.example", 443)


@settings(deadline=None, max_examples=50)
@given(PACES, SECONDS, SECONDS)
def test_a_pause_lies_between_the_operators_delay_and_the_limit(pace: Pace, delay: float, longest: float) -> None:
    assert delay <= pause(pace, delay=delay, longest=longest) <= max(delay, longest)


@settings(deadline=None, max_examples=50)
@given(PACES, SECONDS, SECONDS, SECONDS)
def test_whatever_stretches_a_pause_never_shortens_it(pace: Pace, delay: float, longest: float, more: float) -> None:
    now = pause(pace, delay=delay, longest=longest)
    slower = Pace(
        answering=(pace.answering or 0.0) + more, crawl_delay=pace.crawl_delay + more, slowdowns=pace.slowdowns
    )
    assert pause(slower, delay=delay, longest=longest) >= now
    assert pause(slowed(pace), delay=delay, longest=longest) >= now


@settings(deadline=None, max_examples=50)
@given(st.floats(0.001, 5), st.integers(0, 5))
def test_each_slowdown_doubles_it(delay: float, times: int) -> None:
    pace = Pace()
    for _ in range(times):
        pace = slowed(pace)
    assert pause(pace, delay=delay, longest=1e9) == pytest.approx(delay * 2**times)


@settings(deadline=None, max_examples=50)
@given(st.lists(SECONDS, min_size=1))
def test_the_average_stays_among_the_answering_times(times: list[float]) -> None:
    pace = Pace()
    for seconds in times:
        pace = averaged(pace, seconds)
    assert pace.answering is not None
    assert min(times) - 1e-6 <= pace.answering <= max(times) + 1e-6


def test_the_average_forgets_one_slow_answer() -> None:
    pace = averaged(Pace(), 10.0)
    for _ in range(20):
        pace = averaged(pace, 0.1)
    assert pace.answering == pytest.approx(0.1, abs=0.05)


def play(events: list[Reason | tuple[int, timedelta | None]]) -> Memory:
    memory = Memory()
    for event in events:
        memory = after_failure(memory, event) if isinstance(event, Reason) else after_answer(memory, *event, now=0.0)
    return memory


@settings(deadline=None, max_examples=50)
@given(EVENTS)
def test_an_origin_is_dead_exactly_after_two_failures_in_a_row(
    events: list[Reason | tuple[int, timedelta | None]],
) -> None:
    failures = 0
    for event in events:
        if isinstance(event, tuple):
            failures = 0
        elif event in UNREACHED:
            failures += 1
    quiet = [event for event in events if isinstance(event, Reason) or event[0] not in {429, 503}]
    assert play(events).failures == failures
    assert (rest_left(play(quiet), 0.0) > 0) == (failures_at_end(quiet) >= DEAD_AFTER)


def failures_at_end(events: list[Reason | tuple[int, timedelta | None]]) -> int:
    count = 0
    for event in events:
        if isinstance(event, tuple):
            count = 0
        elif event in UNREACHED:
            count += 1
    return count


@settings(deadline=None, max_examples=50)
@given(EVENTS, st.sampled_from([429, 503]), st.timedeltas(timedelta(seconds=1), timedelta(days=31)))
def test_a_rest_that_was_asked_for_is_kept(
    events: list[Reason | tuple[int, timedelta | None]], status: int, wait: timedelta
) -> None:
    memory = play([*events, (status, wait)])
    assert rest_left(memory, 0.0) >= wait.total_seconds()
    assert memory.why
    later = after_answer(memory, 200, None, now=1.0)  # of a request that was on its way
    assert rest_left(later, 0.5) == pytest.approx(rest_left(memory, 0.5))


@settings(deadline=None, max_examples=50)
@given(st.lists(ANSWERS.filter(lambda answer: answer[1] is None), max_size=12))
def test_without_a_time_the_third_429_in_a_row_ends_it(answers: list[tuple[int, None]]) -> None:
    row = longest = 0
    for status, _ in answers:
        row = row + 1 if status == 429 else 0
        longest = max(longest, row)
    rests = rest_left(play(list(answers)), 0.0)
    assert rests == (math.inf if longest >= TIRED_AFTER else 0.0)


def test_an_answer_brings_a_dead_origin_back() -> None:
    dead = play([Reason.TIMEOUT, Reason.CONNECT])
    assert rest_left(dead, 1e9) == math.inf
    assert rest_left(after_answer(dead, 404, None, now=0.0), 0.0) == 0.0


def test_an_origin_as_text() -> None:
    assert str(A) == "https://a.example"
    assert str(Origin("http", "::1", 8080)) == "http://[::1]:8080"
    assert str(Origin("http", "a.example", 443)) == "http://a.example:443"


class Clock:
    """Time that passes only where somebody sleeps."""

    def __init__(self) -> None:
        self.time = 100.0
        self.slept: list[float] = []

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds
        await asyncio.sleep(0)


def hosts(clock: Clock, **changes: float) -> Hosts:
    values = {"concurrency": 2, "delay": 1.0, "delay_max": 30.0, "connections": 4, **changes}
    return Hosts(**values, now=clock.now, sleep=clock.sleep)  # type: ignore[arg-type]


async def test_starts_are_a_pause_apart_and_the_pause_follows_what_is_learned() -> None:
    clock = Clock()
    gates = hosts(clock)
    starts: list[float] = []

    async def one(status: int = 200, seconds: float = 0.0, wait: timedelta | None = None) -> None:
        async with gates.turn(A):
            starts.append(clock.time)
            gates.answered(A, status=status, seconds=seconds, wait=wait)

    await one()
    await one()
    gates.crawl_delay(A.host, 7.0)
    gates.crawl_delay(A.host, 3.0)  # of another port: the longer one holds
    await one(status=503, wait=timedelta(0))
    await one(seconds=9_000.0)
    await one()
    assert [later - earlier for earlier, later in itertools.pairwise(starts)] == [1.0, 7.0, 14.0, 30.0]
    assert gates.pause(B.host) == 1.0


async def test_the_pause_is_counted_from_where_the_request_went_out() -> None:
    clock = Clock()
    gates = hosts(clock, delay=10.0)
    starts: list[float] = []

    async def slow_to_connect() -> None:
        async with gates.turn(A) as sent:
            for _ in range(3):
                await asyncio.sleep(0)
            clock.time += 7.0
            sent()
            starts.append(clock.time)

    async def next_one() -> None:
        async with gates.turn(A) as sent:
            sent()
            starts.append(clock.time)

    async with asyncio.timeout(5):
        await asyncio.gather(slow_to_connect(), next_one(), next_one())
    assert [later - earlier for earlier, later in itertools.pairwise(starts)] == [10.0, 10.0]


async def test_a_hosts_pause_holds_no_slot_of_the_others() -> None:
    released = asyncio.Event()

    async def sleep(seconds: float) -> None:
        await released.wait()

    clock = Clock()
    gates = Hosts(concurrency=2, delay=10.0, delay_max=30.0, connections=1, now=clock.now, sleep=sleep)
    async with gates.turn(A):
        pass

    async def again() -> None:
        async with gates.turn(A):
            pass

    waiting = asyncio.create_task(again())
    await asyncio.sleep(0.01)
    async with asyncio.timeout(5), gates.turn(B):
        assert not waiting.done()
    clock.time += 10.0
    released.set()
    await waiting


async def test_one_hosts_pauses_end_with_the_runs_patience() -> None:
    clock = Clock()
    gates = hosts(clock, delay=10.0, patience=35.0)
    asked = told = 0
    for _ in range(10):
        try:
            async with gates.turn(A):
                asked += 1
        except HostResting as resting:
            assert resting.wait is None
            told += 1
    assert (asked, told) == (4, 6)  # the first at once, three after a pause of ten seconds each
    assert sum(clock.slept) == 30.0
    async with gates.turn(B):
        pass


async def test_who_waits_at_a_host_that_dies_is_told_without_waiting_its_pause() -> None:
    clock = Clock()
    gates = hosts(clock, delay=20.0, connections=1)
    ends: list[str] = []

    async def one() -> None:
        try:
            async with gates.turn(A):
                await asyncio.sleep(0)
                gates.failed(A, Reason.TIMEOUT)
                ends.append("asked")
        except HostResting as resting:
            assert resting.wait is None
            assert "a.example" in str(resting)
            ends.append("told")

    await asyncio.gather(*(one() for _ in range(50)))
    assert (ends.count("asked"), ends.count("told")) == (2, 48)
    assert len(clock.slept) <= 2  # the second request, and at most one that was behind it


async def test_a_rest_ends() -> None:
    clock = Clock()
    gates = hosts(clock, delay=0.0)
    async with gates.turn(A):
        gates.answered(A, status=429, seconds=0.0, wait=timedelta(seconds=60))
    clock.time += 20
    with pytest.raises(HostResting) as resting:
        async with gates.turn(A):
            pass
    assert resting.value.wait == timedelta(seconds=40)
    async with gates.turn(Origin("https", "a.example", 8443)):
        pass  # another origin of the host
    clock.time += 40
    async with gates.turn(A):
        pass


async def test_a_request_that_is_given_up_gives_back_its_slots() -> None:
    clock = Clock()
    gates = hosts(clock, concurrency=1, connections=1, delay=0.0)

    async def hold() -> None:
        async with gates.turn(A):
            await asyncio.sleep(60)

    holding = [asyncio.create_task(hold()) for _ in range(3)]
    await asyncio.sleep(0.01)
    for task in reversed(holding):
        task.cancel()
    await asyncio.gather(*holding, return_exceptions=True)
    async with asyncio.timeout(5), gates.turn(A), asyncio.timeout(5):
        pass
