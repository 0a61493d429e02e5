from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.schedule import LONGEST_RETRY_AFTER, Schedule, after_failure, after_success, in_backoff, is_due
from spywatch.records import Failure, FeedState, Reason, Stage

NOW = datetime(2026, 5, 20, 6, 0, tzinfo=UTC)
URL = "https://outlet.example/feed"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SCHEDULE = Schedule(interval=6 * HOUR, retry_base=HOUR, retry_max=DAY)


def failure(reason: Reason = Reason.TIMEOUT, retry_after: timedelta | None = None) -> Failure:
    return Failure(stage=Stage.POLL, subject=URL, reason=reason, retry_after=retry_after)


def failed(times: int, reason: Reason = Reason.TIMEOUT) -> FeedState:
    state: FeedState | None = None
    for _ in range(times):
        state = after_failure(state, failure(reason), url=URL, now=NOW, schedule=SCHEDULE)
    assert state is not None
    return state


def success(state: FeedState | None, permanent_url: str | None = None) -> FeedState:
    return after_success(state, url=URL, now=NOW, etag='"e"', last_modified="m", permanent_url=permanent_url)


@pytest.mark.parametrize(("times", "hours"), [(1, 1), (2, 2), (5, 5), (24, 24), (25, 24), (400, 24)])
@pytest.mark.parametrize("reason", [Reason.TIMEOUT, Reason.RATE_LIMITED, Reason.HTTP_SERVER_ERROR, Reason.NOT_A_FEED])
def test_the_wait_grows_linearly_up_to_its_limit(times: int, hours: int, reason: Reason) -> None:
    state = failed(times, reason)
    assert state.consecutive_failures == times
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
    read = success(None)
    state = after_failure(read, failure(), url=URL, now=NOW + DAY, schedule=SCHEDULE)
    assert (state.etag, state.last_modified, state.last_success_at) == ('"e"', "m", NOW)
    assert state.last_polled_at == NOW + DAY
    healed = success(state)
    assert (healed.consecutive_failures, healed.next_attempt_at) == (0, None)


def test_a_permanent_redirect_is_noted_and_forgotten_with_it() -> None:
    moved = success(None, "https://outlet.example/new")
    assert moved.permanent_url == "https://outlet.example/new"
    assert success(moved).permanent_url is None
    assert success(None, URL).permanent_url is None


def test_due_after_the_interval_with_a_little_slack() -> None:
    state = success(None)
    assert is_due(None, NOW, DAY)
    assert not is_due(state, NOW + 12 * HOUR, DAY)
    assert is_due(state, NOW + DAY - timedelta(seconds=10), DAY)
    assert is_due(state, NOW + 2 * DAY, DAY)


def test_a_clock_that_went_backwards_silences_nothing() -> None:
    assert is_due(success(None), NOW - 30 * DAY, DAY)
    assert not in_backoff(failed(3), NOW - 30 * DAY)


@given(st.integers(0, 5000), st.one_of(st.none(), st.timedeltas(timedelta(0), timedelta(days=10_000))))
def test_no_feed_is_ever_given_up_silently(failures: int, asked: timedelta | None) -> None:
    state = replace(FeedState(url=URL), consecutive_failures=failures)
    state = after_failure(state, failure(Reason.HTTP_SERVER_ERROR, asked), url=URL, now=NOW, schedule=SCHEDULE)
    assert state.next_attempt_at is not None
    assert NOW < state.next_attempt_at <= NOW + LONGEST_RETRY_AFTER
    assert not in_backoff(state, NOW + LONGEST_RETRY_AFTER)
