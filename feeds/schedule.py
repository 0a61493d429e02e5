"""When a feed may be polled, and what to remember after a poll. Pure; `docs/failing-feeds.md` tells the operator.

A feed that fails waits longer and longer (linear back-off, grave failures weigh more) up to a limit, and is then
tried for ever at that limit: nothing is given up silently. Only 410 ("gone, and meant to be") retires a feed, until
the operator polls it anyway.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum

from feeds.freshness import LONGEST_FRESH
from spywatch.records import Failure, FeedState, Reason

LONGEST_RETRY_AFTER = timedelta(days=7)
"""A server that asks for a longer silence is asked again after this time: it may be a mistake that nobody sees."""
_SLACK_SHARE = 10
_MOST_SLACK = timedelta(minutes=30)


class Grade(float, Enum):
    """How grave a failed poll is, in points: what the wait before the next one grows by, in `retry_base`."""

    HARD = 1.0
    """The answer itself is no: it will most likely be the same tomorrow."""
    SOFT = 0.5
    """The server is there and has trouble, or this document did."""
    TEMPORARY = 0.25
    """The way to the server failed, or nothing was asked."""


_GRADES: Mapping[Reason, Grade] = {
    **dict.fromkeys(
        (
            Reason.NOT_FOUND,
            Reason.GONE,
            Reason.FORBIDDEN,
            Reason.LOGIN_REQUIRED,
            Reason.PAYMENT_REQUIRED,
            Reason.BOT_CHALLENGE,
            Reason.NOT_A_FEED,
            Reason.BAD_URL,
            Reason.PRIVATE_ADDRESS,
            Reason.TOO_MANY_REDIRECTS,
            Reason.HTTP_CLIENT_ERROR,
            Reason.UNEXPECTED_STATUS,
            Reason.TOO_LARGE,
            Reason.BAD_ENCODING,
        ),
        Grade.HARD,
    ),
    **dict.fromkeys(
        (
            Reason.RATE_LIMITED,
            Reason.HTTP_SERVER_ERROR,
            Reason.TLS,  # certificates expire, and are renewed
            Reason.EMPTY,
            Reason.TIME_LIMIT,
            Reason.MEMORY_LIMIT,
            Reason.PARSER_ERROR,
            Reason.ROBOTS_DISALLOWED,
            Reason.ROBOTS_UNREACHABLE,
        ),
        Grade.SOFT,
    ),
    **dict.fromkeys(
        (
            Reason.TIMEOUT,
            Reason.DNS,
            Reason.CONNECT,
            Reason.PROTOCOL,
            Reason.PROXY,
            Reason.HOST_RESTING,
            Reason.WORKER_DIED,
            Reason.INTERNAL_ERROR,
        ),
        Grade.TEMPORARY,
    ),
}


def grade_of(failure: Failure) -> Grade:
    """How grave a failed poll is. A reason that is none of a poll counts by whether a retry may succeed."""
    return _GRADES.get(failure.reason, Grade.TEMPORARY if failure.retryable else Grade.HARD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """How often feeds are polled.

    Attributes:
        interval: time between two polls of a healthy feed, where the schedule is honoured.
        retry_base: wait after the first failure, and by how much it grows with each point of failure above one.
        retry_max: longest wait after failures.
    """

    interval: timedelta
    retry_base: timedelta
    retry_max: timedelta


def after_success(
    state: FeedState | None,
    *,
    url: str,
    now: datetime,
    etag: str | None,
    last_modified: str | None,
    fresh_until: datetime | None = None,
) -> FeedState:
    """What to remember after a feed was read, or was found unchanged.

    Args:
        state: what was remembered; None for a new feed.
        url: the register's address.
        now: when it was polled (UTC).
        etag, last_modified: the validators to send next time, None for none.
        fresh_until: until when the answer is good by the server's own word (`feeds.freshness`), None if unsaid.
    """
    return replace(
        state or FeedState(url=url),
        url=url,
        etag=etag,
        last_modified=last_modified,
        consecutive_failures=0,
        failure_points=0.0,
        last_polled_at=now,
        last_success_at=now,
        next_attempt_at=None,
        fresh_until=fresh_until,
        retired=False,
    )


def after_failure(
    state: FeedState | None, failure: Failure, *, url: str, now: datetime, schedule: Schedule
) -> FeedState:
    """What to remember after a feed could not be read.

    The validators stay: they belong to what was read last. The wait is `retry_base` times the points of all failures
    since the last success, at least `retry_base`, at most `retry_max`; a longer Retry-After of the server is honoured
    up to `LONGEST_RETRY_AFTER`.
    """
    state = state or FeedState(url=url)
    gone = failure.reason is Reason.GONE
    points = max(0.0, state.failure_points) + grade_of(failure).value
    wait = _wait(points, schedule)
    if failure.retry_after is not None:
        wait = max(wait, min(failure.retry_after, LONGEST_RETRY_AFTER))
    return replace(
        state,
        url=url,
        consecutive_failures=state.consecutive_failures + 1,
        failure_points=points,
        last_polled_at=now,
        next_attempt_at=None if gone else now + wait,
        fresh_until=None,
        retired=state.retired or gone,
    )


def _wait(points: float, schedule: Schedule) -> timedelta:
    times = max(1.0, min(points, schedule.retry_max / schedule.retry_base))
    return min(schedule.retry_base * times, schedule.retry_max)


def in_backoff(state: FeedState | None, now: datetime) -> bool:
    """Whether a feed must not be polled now: it waits after a failure, or is retired.

    A wait that is longer than any that `after_failure` gives comes from a clock that went backwards; it is ignored.
    """
    if state is None:
        return False
    if state.retired:
        return True
    wait_until = state.next_attempt_at
    return wait_until is not None and now < wait_until <= now + _longest_wait(state)


def is_due(state: FeedState | None, now: datetime, interval: timedelta) -> bool:
    """Whether a feed's turn has come.

    A new feed is due; a failing one when its wait is over; a healthy one when `interval` has passed since the last
    poll, and the time for which the server itself called its answer good (at most `LONGEST_FRESH`). A tenth of these
    (at most half an hour) is forgiven, so that a run each day at six does not find a feed polled at six and ten
    seconds "not due yet". A last poll in the future (a clock that went backwards) counts as long ago.
    """
    if in_backoff(state, now):
        return False
    if state is None or state.last_polled_at is None or state.consecutive_failures or state.last_polled_at > now:
        return True
    fresh = state.fresh_until - state.last_polled_at if state.fresh_until is not None else timedelta(0)
    wanted = max(interval, min(fresh, LONGEST_FRESH))
    return now - state.last_polled_at >= wanted - min(wanted / _SLACK_SHARE, _MOST_SLACK)


def _longest_wait(state: FeedState) -> timedelta:
    """The longest wait that can lie ahead of a state: the one it was given, counted from its last poll."""
    if state.next_attempt_at is None or state.last_polled_at is None:
        return LONGEST_RETRY_AFTER
    return max(state.next_attempt_at - state.last_polled_at, timedelta(0))
