from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.freshness import LONGEST_FRESH
from feeds.schedule import (
    LONGEST_RETRY_AFTER,
    Grade,
    Schedule,
    after_failure,
    after_success,
    grade_of,
    in_backoff,
    is_due,
)
from spywatch.records import Failure, FeedState, Reason, Stage

NOW = datetime(2026, 5, 20, 6, 0, tzinfo=UTC)
URL = "https://outlet.example/feed"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SCHEDULE = Schedule(interval=6 * HOUR, retry_base=HOUR, retry_max=DAY)
REASONS = st.sampled_from(sorted(set(Reason) - {Reason.GONE}))
WAITS = st.one_of(st.none(), st.timedeltas(timedelta(0), timedelta(days=10_000)))


def failure(reason: Reason = Reason.TIMEOUT, retry_after: timedelta | None = None) -> Failure:
    return Failure(stage=Stage.POLL, subject=URL, reason=reason, retry_after=retry_after)


def failed(times: int, reason: Reason = Reason.NOT_FOUND) -> FeedState:
    state: FeedState | None = None
    for _ in range(times):
        state = after_failure(state, failure(reason), url=URL, now=NOW, schedule=SCHEDULE)
    assert state is not None
    return state


def success(state: FeedState | None, fresh_until: datetime | None = None) -> FeedState:
    return after_success(state, url=URL, now=NOW, etag='"e"', last_modified="m", fresh_until=fresh_until)


@pytest.mark.parametrize(
    ("reason", "grade"),
    [
        (Reason.NOT_FOUND, Grade.HARD),
        (Reason.GONE, Grade.HARD),
        (Reason.FORBIDDEN, Grade.HARD),
        (Reason.NOT_A_FEED, Grade.HARD),
        (Reason.TOO_LARGE, Grade.HARD),
        (Reason.RATE_LIMITED, Grade.SOFT),
        (Reason.HTTP_SERVER_ERROR, Grade.SOFT),
        (Reason.TIME_LIMIT, Grade.SOFT),
        (Reason.TIMEOUT, Grade.TEMPORARY),
        (Reason.DNS, Grade.TEMPORARY),
        (Reason.CONNECT, Grade.TEMPORARY),
        (Reason.HOST_RESTING, Grade.TEMPORARY),
    ],
)
def test_how_grave_a_failure_is(reason: Reason, grade: Grade) -> None:
    assert grade_of(failure(reason)) is grade


def test_a_reason_of_another_stage_counts_by_whether_it_may_pass() -> None:
    assert grade_of(failure(Reason.MISSING_FILE)) is Grade.HARD
    assert grade_of(replace(failure(Reason.MISSING_FILE), retryable=True)) is Grade.TEMPORARY


@pytest.mark.parametrize(
    ("reason", "times", "hours"),
    [
        *(
            (Reason.NOT_FOUND, times, hours)
            for times, hours in [(1, 1), (2, 2), (5, 5), (24, 24), (25, 24), (400, 24)]
        ),
        *((Reason.RATE_LIMITED, times, hours) for times, hours in [(1, 1), (2, 1), (3, 1.5), (10, 5), (400, 24)]),
        *((Reason.TIMEOUT, times, hours) for times, hours in [(1, 1), (4, 1), (5, 1.25), (20, 5), (400, 24)]),
    ],
)
def test_the_wait_grows_linearly_with_the_points_up_to_its_limit(reason: Reason, times: int, hours: float) -> None:
    state = failed(times, reason)
    assert state.consecutive_failures == times
    assert state.failure_points == times * grade_of(failure(reason)).value
    assert state.next_attempt_at == NOW + hours * HOUR
    assert in_backoff(state, NOW + hours * HOUR - timedelta(seconds=1))
    assert not in_backoff(state, NOW + hours * HOUR)
    assert is_due(state, NOW + hours * HOUR, SCHEDULE.interval)


def test_retry_after_is_honoured_within_reason() -> None:
    def wait(asked: timedelta) -> timedelta:
        state = after_failure(None, failure(Reason.RATE_LIMITED, asked), url=URL, now=NOW, schedule=SCHEDULE)
        assert state.next_attempt_at is not None
        return state.next_attempt_at - NOW

    assert wait(timedelta(minutes=5)) == HOUR
    assert wait(30 * HOUR) == 30 * HOUR
    assert wait(timedelta(days=400)) == LONGEST_RETRY_AFTER


def test_gone_retires_until_the_feed_is_read_again() -> None:
    state = failed(1, Reason.GONE)
    assert state.retired
    assert in_backoff(state, NOW + 1000 * DAY)
    assert not is_due(state, NOW + 1000 * DAY, SCHEDULE.interval)
    assert not success(state).retired


def test_a_failure_keeps_the_validators_and_a_success_clears_the_failures() -> None:
    read = success(None, NOW + HOUR)
    state = after_failure(read, failure(), url=URL, now=NOW + DAY, schedule=SCHEDULE)
    assert (state.etag, state.last_modified, state.last_success_at) == ('"e"', "m", NOW)
    assert (state.last_polled_at, state.fresh_until) == (NOW + DAY, None)
    healed = success(state)
    assert (healed.consecutive_failures, healed.failure_points, healed.next_attempt_at) == (0, 0.0, None)


def test_due_after_the_interval_with_a_little_slack() -> None:
    state = success(None)
    assert is_due(None, NOW, DAY)
    assert not is_due(state, NOW + 12 * HOUR, DAY)
    assert is_due(state, NOW + DAY - timedelta(seconds=10), DAY)
    assert is_due(state, NOW + 2 * DAY, DAY)


def test_what_the_server_calls_fresh_is_not_due_and_never_in_backoff() -> None:
    state = success(None, NOW + 12 * HOUR)
    assert not is_due(state, NOW + 8 * HOUR, 6 * HOUR)
    assert is_due(state, NOW + 12 * HOUR - timedelta(seconds=10), 6 * HOUR)
    assert not in_backoff(state, NOW + HOUR)
    assert is_due(success(None, NOW + HOUR), NOW + 6 * HOUR, 6 * HOUR)  # never sooner than the interval


def test_a_clock_that_went_backwards_silences_nothing() -> None:
    assert is_due(success(None), NOW - 30 * DAY, DAY)
    assert is_due(success(None, NOW + HOUR), NOW - 30 * DAY, DAY)
    assert not in_backoff(failed(3), NOW - 30 * DAY)


@given(REASONS, st.integers(0, 5000), st.floats(0, 1e12), WAITS)
def test_no_feed_is_ever_given_up_silently(
    reason: Reason, failures: int, points: float, asked: timedelta | None
) -> None:
    state = replace(FeedState(url=URL), consecutive_failures=failures, failure_points=points)
    state = after_failure(state, failure(reason, asked), url=URL, now=NOW, schedule=SCHEDULE)
    assert state.next_attempt_at is not None
    assert NOW + SCHEDULE.retry_base <= state.next_attempt_at <= NOW + LONGEST_RETRY_AFTER
    assert asked is not None or state.next_attempt_at <= NOW + SCHEDULE.retry_max
    assert not in_backoff(state, NOW + LONGEST_RETRY_AFTER)
    assert is_due(state, NOW + LONGEST_RETRY_AFTER, SCHEDULE.interval)


@given(st.lists(REASONS, min_size=1, max_size=60))
def test_the_wait_never_shrinks_while_a_feed_fails_and_grave_failures_wait_longest(reasons: list[Reason]) -> None:
    state: FeedState | None = None
    grave: FeedState | None = None
    before = NOW
    for reason in reasons:
        state = after_failure(state, failure(reason), url=URL, now=NOW, schedule=SCHEDULE)
        grave = after_failure(grave, failure(Reason.NOT_FOUND), url=URL, now=NOW, schedule=SCHEDULE)
        assert state.next_attempt_at is not None
        assert grave.next_attempt_at is not None
        assert before <= state.next_attempt_at <= grave.next_attempt_at
        before = state.next_attempt_at


@given(
    st.one_of(st.none(), st.datetimes(datetime(2020, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))),  # noqa: DTZ001
    st.timedeltas(timedelta(0), timedelta(days=4000)),
)
def test_no_promise_of_freshness_keeps_a_feed_waiting_longer_than_a_day(
    fresh_until: datetime | None, later: timedelta
) -> None:
    state = success(None, fresh_until)
    assert is_due(state, NOW + max(LONGEST_FRESH, later), 6 * HOUR)
