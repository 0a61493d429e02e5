"""The rules of the books, without a database."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from storage_samples import NOW, entry

from spywatch.records import Disposition, EntryOutcome, Failure, Reason, Stage
from storage.ledger import (
    CLOCK_TOLERANCE,
    UNASKED,
    EntryState,
    KnownEntry,
    KnownPage,
    Listed,
    RetryRule,
    Standing,
    is_due,
    judge,
)
from storage.settling import recorded, settle

FAILURE = Failure(stage=Stage.DOWNLOAD, subject="x", reason=Reason.TIMEOUT, retryable=True)


@st.composite
def books(draw):
    ids = [f"e{n}" for n in range(6)]
    listed = draw(
        st.lists(
            st.builds(
                Listed,
                entry_id=st.sampled_from(ids),
                feed_id=st.sampled_from(["f", "g"]),
                page=st.sampled_from(["", "p", "q"]),
            ),
            max_size=12,
        )
    )
    known = st.builds(
        KnownEntry,
        state=st.sampled_from(EntryState),
        due_at=st.sampled_from([NOW - timedelta(1), NOW, NOW + timedelta(1)]),
        due_set_at=st.sampled_from([None, NOW - timedelta(1), NOW + timedelta(1)]),
        claimed_run_id=st.sampled_from([None, "this", "other"]),
    )
    entries = draw(st.dictionaries(st.sampled_from(ids), known))
    unknown = [name for name in ids if name not in entries]
    page = st.builds(KnownPage, entry_id=st.just("old"))
    pages = draw(st.dictionaries(st.sampled_from(unknown), page)) if unknown else {}
    shown = draw(st.sets(st.tuples(st.sampled_from(ids), st.sampled_from(["f", "g"]))))
    return listed, entries, pages, shown


@settings(deadline=None, max_examples=60)
@given(books())
def test_every_item_is_judged_and_no_entry_is_claimed_twice(book):
    listed, entries, pages, shown = book
    verdicts = judge(listed, run_id="this", now=NOW, entries=entries, pages=pages, shown=shown)
    assert len(verdicts) == len(listed)
    claimed = [
        item.entry_id
        for item, verdict in zip(listed, verdicts, strict=True)
        if verdict.standing in {Standing.NEW, Standing.DUE_AGAIN}
    ]
    assert len(claimed) == len(set(claimed))
    before = {entry_id for entry_id, known in entries.items() if known.claimed_run_id == "this"}
    assert not before & set(claimed)
    for item, verdict in zip(listed, verdicts, strict=True):
        known = entries.get(item.entry_id)
        if verdict.standing is Standing.NEW:
            assert known is None and verdict.original is None
        if verdict.standing is Standing.DUE_AGAIN:
            assert known is not None and known.state is EntryState.DUE
            assert known.due_at <= NOW or known.due_set_at > NOW
        if verdict.standing is Standing.UNCHANGED:
            assert (item.entry_id, item.feed_id) in shown
        if verdict.original is not None:
            assert known is None and verdict.standing is Standing.LINKED


def test_an_entry_that_waits_is_no_new_failure():
    waiting = {"e": KnownEntry(state=EntryState.DUE, due_at=NOW + timedelta(hours=1))}
    items = [Listed(entry_id="e", feed_id=feed, page="p") for feed in ("f", "g")]
    verdicts = judge(items, run_id="r", now=NOW, entries=waiting, pages={}, shown={("e", "f")})
    assert [verdict.standing for verdict in verdicts] == [Standing.UNCHANGED, Standing.LINKED]


def test_a_time_set_by_a_clock_that_was_ahead_holds_nobody_up():
    years = timedelta(days=4 * 365)
    parked = KnownEntry(state=EntryState.DUE, due_at=NOW + years + timedelta(hours=1), due_set_at=NOW + years)
    item = Listed(entry_id="e", feed_id="f", page="p")
    verdicts = judge([item, item], run_id="r", now=NOW, entries={"e": parked}, pages={}, shown={("e", "f")})
    assert [verdict.standing for verdict in verdicts] == [Standing.DUE_AGAIN, Standing.UNCHANGED]
    assert is_due(parked, NOW)
    assert not is_due(replace(parked, due_set_at=NOW), NOW)  # a server asked for years
    assert not is_due(replace(parked, due_set_at=NOW + CLOCK_TOLERANCE), NOW)  # attempts of a run with the same time
    assert not is_due(parked, NOW + years)
    assert not is_due(replace(parked, state=EntryState.STORED, due_at=None), NOW)


@settings(deadline=None)
@given(
    attempts=st.integers(1, 20),
    base=st.integers(0, 10_000),
    longest=st.integers(0, 10_000),
    asked=st.none() | st.integers(0, 100_000),
)
def test_the_wait_grows_linearly_and_is_bounded(attempts, base, longest, asked):
    rule = RetryRule(base=timedelta(seconds=base), longest=timedelta(seconds=longest), attempts=10)
    retry_after = None if asked is None else timedelta(seconds=asked)
    due_at = rule.next_attempt(replace(FAILURE, retry_after=retry_after), attempts, NOW)
    if attempts >= 10:
        assert due_at is None
    else:
        assert due_at == NOW + timedelta(seconds=max(min(base * attempts, longest), asked or 0))


def test_a_failure_that_no_retry_helps_is_final():
    final = replace(FAILURE, retryable=False)
    outcome = EntryOutcome(entry=entry("https://n.example/1"), disposition=Disposition.FAILED, failure=final)
    end = settle(outcome, attempts=0, owners={}, now=NOW, retry=RetryRule(), since=NOW)
    assert (end.state, end.disposition, end.due_at) == (EntryState.FAILED, Disposition.FAILED, None)


ASKED = sorted(set(Reason) - UNASKED)


@settings(deadline=None)
@given(
    attempts=st.integers(0, 7),
    reason=st.sampled_from(sorted(UNASKED)),
    waited=st.timedeltas(timedelta(0), timedelta(days=20)),
    asked=st.none() | st.timedeltas(timedelta(0), timedelta(days=40)),
)
def test_a_page_that_was_not_asked_for_uses_up_no_attempt(attempts, reason, waited, asked):
    rule = RetryRule(base=timedelta(hours=1), longest=timedelta(days=1), attempts=8, patience=timedelta(days=14))
    outcome = EntryOutcome(
        entry=entry("https://n.example/1"),
        disposition=Disposition.FAILED,
        failure=replace(FAILURE, reason=reason, retry_after=asked),
    )
    end = settle(outcome, attempts=attempts, owners={}, now=NOW, retry=rule, since=NOW - waited)
    assert end.attempts == attempts
    assert end.disposition is Disposition.FAILED
    if waited < rule.patience:
        assert end.state is EntryState.DUE
        assert end.due_at >= NOW + max(rule.base, asked or timedelta())
    else:  # a host that is never up does not hold back what the feed itself says for ever
        assert (end.state, end.due_at) == (EntryState.FAILED, None)


@settings(deadline=None)
@given(attempts=st.integers(0, 20), reason=st.sampled_from(ASKED), retryable=st.booleans())
def test_a_page_that_was_asked_for_uses_up_an_attempt(attempts, reason, retryable):
    failure = replace(FAILURE, reason=reason, retryable=retryable)
    outcome = EntryOutcome(entry=entry("https://n.example/1"), disposition=Disposition.FAILED, failure=failure)
    end = settle(outcome, attempts=attempts, owners={}, now=NOW, retry=RetryRule(), since=NOW - timedelta(days=99))
    assert end.attempts == attempts + 1
    assert (end.state is EntryState.DUE) == (retryable and attempts + 1 < RetryRule().attempts)


def test_every_state_counts_as_a_disposition():
    assert {recorded(state) for state in EntryState} == set(Disposition) - {Disposition.UNCHANGED}
