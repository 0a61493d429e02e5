"""What changed with a feed that an operator should know of: two states, before and after a poll, compared. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from feeds import moves
from feeds.honesty import CHECKS_TO_TRUST
from spywatch.records import Failure, FeedHabit, FeedState, Notice, NoticeKind
from spywatch.urls import redact


def notices(before: FeedState, after: FeedState, failure: Failure | None, now: datetime) -> tuple[Notice, ...]:
    """The lines that a poll adds to a feed's history: only changes, so that a lasting trouble is told once.

    Args:
        before, after: what was remembered of the feed, and what is remembered now.
        failure: of the poll, None if it succeeded.
        now: the clock (UTC).
    """
    told = [*_failing(before, after, failure), *_moving(before, after), *_lying(before, after)]
    return tuple(Notice(kind=kind, feed_url=after.url, detail=detail, at=now) for kind, detail in told)


def _failing(before: FeedState, after: FeedState, failure: Failure | None) -> Iterator[tuple[NoticeKind, str]]:
    if failure is not None:
        why = f"{failure.reason}: {failure.detail}" if failure.detail else str(failure.reason)
        if after.retired and not before.retired:
            yield NoticeKind.RETIRED, f"the server says that the feed is gone for good ({why}); it is not asked again"
        elif not before.consecutive_failures:
            yield NoticeKind.FAILING, why
    elif before.retired:
        yield NoticeKind.RECOVERED, "the feed was retired, and can be read again"
    elif before.consecutive_failures:
        times = (
            "1 failure" if before.consecutive_failures == 1 else f"{before.consecutive_failures} failures in a row"
        )
        since = f", last read {before.last_success_at:%Y-%m-%d}" if before.last_success_at else ", never read before"
        yield NoticeKind.RECOVERED, f"read again after {times}{since}"


def _moving(before: FeedState, after: FeedState) -> Iterator[tuple[NoticeKind, str]]:
    if after.adopted_url != before.adopted_url:
        if after.adopted_url:
            yield (
                NoticeKind.MOVED,
                f"asked at {redact(after.adopted_url)} from now on: permanent redirects led there on"
                f" {moves.DAYS_TO_ADOPT} days",
            )
        else:
            yield (
                NoticeKind.MOVE_REVERTED,
                f"asked at the register's own address again, no longer at {redact(before.adopted_url or '')}",
            )
    elif after.permanent_url and _third_day(before, after):
        why = moves.refusal(moves.asked_address(before), after.permanent_url)
        if why:
            yield (
                NoticeKind.MOVE_REFUSED,
                f"permanent redirects lead to {redact(after.permanent_url)}, which is not taken over because {why};"
                " they are followed each time",
            )


def _third_day(before: FeedState, after: FeedState) -> bool:
    reached = after.permanent_days == moves.DAYS_TO_ADOPT
    return reached and (before.permanent_days, before.permanent_url) != (after.permanent_days, after.permanent_url)


def _lying(before: FeedState, after: FeedState) -> Iterator[tuple[NoticeKind, str]]:
    habit = FeedHabit.FALSE_NOT_MODIFIED
    if after.validators_lie and not before.validators_lie:
        yield (
            NoticeKind.HABIT_FOUND,
            f"{habit}: the server said that nothing had changed while the feed listed other items;"
            " it is asked for the whole feed each time",
        )
    elif before.validators_lie and not after.validators_lie:
        yield (
            NoticeKind.HABIT_GONE,
            f"{habit}: {CHECKS_TO_TRUST} weekly checks in a row found it true; conditional requests are used again",
        )
