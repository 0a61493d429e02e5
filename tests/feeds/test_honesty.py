from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.honesty import (
    CHECK_EVERY,
    CHECKS_TO_TRUST,
    Finding,
    after_check,
    ask_conditionally,
    check_due,
    differ,
    listing_of,
    same_version,
)
from spywatch.records import Entry, Failure, FeedState, ParsedFeed, Reason, Stage

NOW = datetime(2026, 5, 20, 6, 0, tzinfo=UTC)
STATE = FeedState(url="https://outlet.example/feed", etag='"e"', listing="1:all:x", checked_at=NOW)


def feed(*ids: str, complete: bool = True, cut: bool = False) -> ParsedFeed:
    entries = tuple(Entry(id=name, feed_url="", url="", title=f"Title of {name}") for name in ids)
    left = (Failure(stage=Stage.PARSE, subject="", reason=Reason.TOO_MANY_ITEMS),) if cut else ()
    return ParsedFeed(title="", link="", entries=entries, skipped=left, complete=complete)


@pytest.mark.parametrize(
    ("first", "second", "different"),
    [
        (feed("a", "b"), feed("b", "a"), False),
        (feed("a", "b"), feed("a", "c"), True),
        (feed("a", "b"), feed("a"), True),
        (feed(), feed("a"), True),
        (feed("a", complete=False), feed("b"), None),
        (feed("a"), feed("b", complete=False), None),
        (feed("a", "b", cut=True), feed("a", "c", cut=True), True),
        (feed("a", "b", cut=True), feed("a", "b", "c", cut=True), None),  # another limit now
        (feed("a", "b"), feed("a", "b", cut=True), None),
    ],
)
def test_listings_differ_by_the_entries_alone(first: ParsedFeed, second: ParsedFeed, different: bool | None) -> None:
    assert differ(listing_of(first), listing_of(second)) is different
    assert differ(listing_of(second), listing_of(first)) is different


def test_a_reworded_item_is_no_other_item() -> None:
    reworded = replace(feed("a"), entries=(replace(feed("a").entries[0], title="Another", content_html="x"),))
    assert differ(listing_of(feed("a")), listing_of(reworded)) is False


def test_an_unknown_listing_differs_from_none() -> None:
    assert differ(None, listing_of(feed("a"))) is None


@pytest.mark.parametrize(("days", "due"), [(0.0, False), (6.99, False), (7.0, True), (700.0, True), (-1.0, True)])
def test_when_a_check_is_due(days: float, due: bool) -> None:
    assert check_due(STATE, NOW + timedelta(days=days)) is due
    assert check_due(replace(STATE, checked_at=None), NOW + timedelta(days=days))


def test_validators_are_sent_always_or_weekly_or_never() -> None:
    liar, bare = replace(STATE, validators_lie=True), replace(STATE, etag=None)
    assert [ask_conditionally(state, NOW) for state in (STATE, liar, bare)] == [True, False, False]
    later = NOW + CHECK_EVERY
    assert [ask_conditionally(state, later) for state in (STATE, liar, bare)] == [True, True, False]


@pytest.mark.parametrize(
    ("known", "came", "same"),
    [
        (('"e"', "m"), ('"e"', None), True),
        (('"e"', "m"), ('W/"e"', "n"), True),
        (('"e"', "m"), (None, "m"), False),
        ((None, "m"), ('"e"', "m"), False),
        ((None, "m"), (None, "m"), True),
        ((None, "m"), (None, "n"), False),
        ((None, "m"), (None, None), False),
    ],
)
def test_whether_a_full_answer_claims_to_be_what_was_known(
    known: tuple[str | None, str | None], came: tuple[str | None, str | None], same: bool
) -> None:
    state = replace(STATE, etag=known[0], last_modified=known[1])
    assert same_version(state, *came) is same


@given(st.lists(st.sampled_from(Finding), max_size=40))
def test_a_server_is_believed_again_only_after_enough_true_answers_in_a_row(findings: list[Finding]) -> None:
    state, row, lying = STATE, 0, False
    for number, finding in enumerate(findings, 1):
        now = NOW + timedelta(days=number)
        state = after_check(state, finding, listing=f"1:all:{number}", full=finding is not Finding.NOTHING, now=now)
        if finding is Finding.FALSE:
            row, lying = 0, True
        elif finding is Finding.TRUE and lying:
            row += 1
            lying = row < CHECKS_TO_TRUST
        assert state.validators_lie is lying
        assert (state.checked_at == now) is (finding is not Finding.NOTHING)
