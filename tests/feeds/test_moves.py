from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.moves import DAYS_TO_ADOPT, after_answer, ask_register_too, asked_address, graver, refusal, revert
from spywatch.records import Failure, FeedState, Reason, Stage

NOW = datetime(2026, 5, 20, 6, 0, tzinfo=UTC)
DAY = timedelta(days=1)
OLD, NEW, THIRD = "https://old.example/feed", "https://new.example/feed", "https://third.example/feed"
NEW_FEED = FeedState(url=OLD, etag='"e"', last_modified="m")


def answers(state: FeedState, *found: tuple[float, str | None], read: bool = True) -> FeedState:
    """The state after successful answers, each on a day and with the place that permanent redirects led to."""
    for day, target in found:
        state = after_answer(state, asked=asked_address(state), permanent_url=target, read=read, now=NOW + day * DAY)
    return state


def test_a_move_is_adopted_on_the_third_day_and_its_validators_are_dropped() -> None:
    second = answers(NEW_FEED, (0, NEW), (1, NEW))
    assert (second.adopted_url, second.permanent_days, second.etag) == (None, 2, '"e"')
    third = answers(second, (2, NEW))
    assert (third.adopted_url, third.url, asked_address(third)) == (NEW, OLD, NEW)
    assert (third.permanent_url, third.permanent_days, third.etag, third.last_modified) == (None, 0, None, None)


@pytest.mark.parametrize(
    "found",
    [
        [(0, NEW), (0.1, NEW), (0.2, NEW), (0.3, NEW)],
        [(0, NEW), (1, NEW), (2, None), (3, NEW), (4, NEW)],
        [(0, NEW), (1, NEW), (2, THIRD), (3, NEW), (4, NEW)],
        [(0, NEW), (1, NEW), (0, NEW), (1, NEW)],  # a clock that went backwards
        [(0, OLD), (1, OLD), (2, OLD), (3, OLD)],
        [(0, OLD + "#top"), (1, OLD + "#top"), (2, OLD + "#top")],
    ],
    ids=["one day", "no redirect between", "another between", "clock back", "to itself", "to its own fragment"],
)
def test_what_is_no_move(found: list[tuple[float, str | None]]) -> None:
    assert answers(NEW_FEED, *found).adopted_url is None


def test_only_a_document_that_was_read_makes_the_move_but_not_modified_counts_as_a_day() -> None:
    state = answers(NEW_FEED, *((day, NEW) for day in range(5)), read=False)
    assert (state.adopted_url, state.permanent_days) == (None, 5)
    assert answers(state, (5, NEW)).adopted_url == NEW


def test_a_clock_that_was_far_ahead_once_does_not_stop_the_count() -> None:
    assert answers(NEW_FEED, (9000, NEW), (0, NEW), (1, NEW), (2, NEW)).adopted_url == NEW


def test_an_adopted_address_may_move_on_and_back_home() -> None:
    moved = replace(NEW_FEED, adopted_url=NEW)
    assert answers(moved, (0, THIRD), (1, THIRD), (2, THIRD)).adopted_url == THIRD
    home = answers(moved, (0, OLD), (1, OLD), (2, OLD))
    assert (home.adopted_url, home.etag) == (None, None)
    assert answers(moved, (0, None)).adopted_url == NEW


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("http://new.example/feed", "encryption"),
        ("https://user:pw@new.example/feed", "secret"),
        ("https://new.example/feed?token=abc", "secret"),
        ("https://new.example/0123456789abcdef0123/feed", "secret"),
        ("ftp://new.example/feed", "http"),
        ("https://new.example:8443/Feed.xml?section=world&page=2", ""),
        ("https://new.example/feed?", ""),
        ("https://[2001:db8::1]/feed", ""),
    ],
)
def test_which_moves_are_refused(target: str, why: str) -> None:
    assert why in refusal(OLD, target)
    assert bool(refusal(OLD, target)) == bool(why)
    state = answers(NEW_FEED, *((day, target) for day in range(DAYS_TO_ADOPT + 2)))
    assert state.adopted_url == (None if why else target)


def test_giving_up_encryption_is_no_matter_where_there_was_none() -> None:
    assert refusal("http://old.example/feed", "http://new.example/feed") == ""
    assert refusal("http://old.example/feed", "https://new.example/feed") == ""


def failure(reason: Reason) -> Failure:
    return Failure(stage=Stage.POLL, subject=NEW, reason=reason)


@pytest.mark.parametrize(
    ("reason", "failures", "both"),
    [
        (Reason.NOT_FOUND, 0, True),
        (Reason.GONE, 0, True),
        (Reason.FORBIDDEN, 0, True),
        (Reason.NOT_A_FEED, 0, True),
        (Reason.DNS, 0, True),
        (Reason.TIMEOUT, 0, False),
        (Reason.HTTP_SERVER_ERROR, 1, False),
        (Reason.TIMEOUT, 2, True),
    ],
)
def test_when_the_registers_address_is_asked_as_well(reason: Reason, failures: int, both: bool) -> None:
    state = replace(NEW_FEED, adopted_url=NEW, consecutive_failures=failures)
    assert ask_register_too(state, failure(reason)) is both
    assert not ask_register_too(replace(state, adopted_url=None), failure(reason))


@pytest.mark.parametrize(
    ("adopted", "own", "counts"),
    [
        (Reason.GONE, Reason.GONE, Reason.GONE),
        (Reason.GONE, Reason.TIMEOUT, Reason.TIMEOUT),
        (Reason.DNS, Reason.GONE, Reason.DNS),
        (Reason.NOT_FOUND, Reason.TIMEOUT, Reason.NOT_FOUND),
    ],
)
def test_a_feed_is_gone_only_if_both_addresses_say_so(adopted: Reason, own: Reason, counts: Reason) -> None:
    assert graver(failure(adopted), failure(own)).reason is counts


def test_going_back_forgets_what_came_from_the_adopted_address() -> None:
    state = revert(replace(NEW_FEED, adopted_url=NEW, permanent_url=THIRD, permanent_days=2, listing="1:all:x"))
    assert state == replace(NEW_FEED, etag=None, last_modified=None, listing="1:all:x")


TARGETS = st.sampled_from([None, NEW, THIRD, "http://plain.example/feed", NEW + "?key=s3cret"])


@given(st.lists(st.tuples(st.integers(-3, 3), TARGETS, st.booleans()), max_size=40))
def test_no_history_of_answers_adopts_without_three_days_in_a_row(
    found: list[tuple[int, str | None, bool]],
) -> None:
    state, day = NEW_FEED, 0
    seen: list[tuple[int, str | None]] = []
    for step, target, read in found:
        day += step
        seen.append((day, target))
        after = after_answer(state, asked=asked_address(state), permanent_url=target, read=read, now=NOW + day * DAY)
        if after.adopted_url != state.adopted_url:
            run = []
            for back, place in reversed(seen):
                if place != target:
                    break
                run.append(back)
            assert read
            assert len(set(run)) >= DAYS_TO_ADOPT
            assert target in {NEW, THIRD}
            assert (after.etag, after.last_modified) == (None, None)
        state = after
    assert state.url == OLD
