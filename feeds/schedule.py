"""When a feed may be polled, and what to remember after a poll. Pure.

A feed that fails waits longer each time (linear back-off) up to a limit, and is then tried for ever at that limit:
nothing is given up silently. Only 410 ("gone, and meant to be") retires a feed, until the operator polls it anyway.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from spywatch.records import Failure, FeedState, Reason

LONGEST_RETRY_AFTER = timedelta(days=7)
"""A server that asks for a longer silence is asked again after this time: it may be a mistake that nobody sees."""
_SLACK_SHARE = 10
_MOST_SLACK = timedelta(minutes=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """How often feeds are polled.

    Attributes:
        interval: time between two polls of a healthy feed, where the schedule is honoured.
        retry_base: wait after the first failure; the n-th in a row waits n times as long.
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
    permanent_url: str | None,
) -> FeedState:
    """What to remember after a feed was read, or was found unchanged.

    Args:
        state: what was remembered; None for a new feed.
        url: the register's address.
        now: when it was polled (UTC).
        etag, last_modified: the validators to send next time, None for none.
        permanent_url: where a permanent redirect led this time, if one did.
    """
    return replace(
        state or FeedState(url=url),
        url=url,
        etag=etag,
        last_modified=last_modified,
        consecutive_failures=0,
        last_polled_at=now,
        last_success_at=now,
        next_attempt_at=None,
        retired=False,
        permanent_url=permanent_url if permanent_url != url else None,
    )


def after_failure(
    state: FeedState | None, failure: Failure, *, url: str, now: datetime, schedule: Schedule
) -> FeedState:
    """What to remember after a feed could not be read.

    The validators stay: they belong to what was read last. The wait is `retry_base` times the failures in a row, at
    most `retry_max`; a longer Retry-After of the server is honoured up to `LONGEST_RETRY_AFTER`.
    """
    state = state or FeedState(url=url)
    failures = state.consecutive_failures + 1
    gone = failure.reason is Reason.GONE
    wait = min(schedule.retry_base * failures, schedule.retry_max)
    if failure.retry_after is not None:
        wait = max(wait, min(failure.retry_after, LONGEST_RETRY_AFTER))
    return replace(
        state,
        url=url,
        consecutive_failures=failures,
        last_polled_at=now,
        next_attempt_at=None if gone else now + wait,
        retired=state.retired or gone,
    )


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
    poll. A tenth of the interval (at most half an hour) is forgiven, so that a run each day at six does not find a
    feed polled at six and ten seconds "not due yet". A last poll in the future (a clock that went backwards) counts
    as long ago.
    """
    if in_backoff(state, now):
        return False
    if state is None or state.last_polled_at is None or state.consecutive_failures or state.last_polled_at > now:
        return True
    return now - state.last_polled_at >= interval - min(interval / _SLACK_SHARE, _MOST_SLACK)


def _longest_wait(state: FeedState) -> timedelta:
    """The longest wait that can lie ahead of a state: the one it was given, counted from its last poll."""
    if state.next_attempt_at is None or state.last_polled_at is None:
        return LONGEST_RETRY_AFTER
    return max(state.next_attempt_at - state.last_polled_at, timedelta(0))
