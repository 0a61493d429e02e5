"""Polls and outcomes go in, due entries and balanced counts come out, however often a step is repeated."""

from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path

import pytest
from storage_samples import (
    ALERT,
    HOUR,
    NORTH,
    NOW,
    REVIEW,
    SOUTH,
    article,
    classified,
    entry,
    failed,
    failed_poll,
    poll,
    stored,
)

from spywatch.records import (
    DateCandidate,
    DateFault,
    DateSource,
    Disposition,
    EntryOutcome,
    Failure,
    Feed,
    FeedState,
    Notice,
    NoticeKind,
    NotModified,
    Poll,
    Reason,
    RunReport,
    Stage,
    TaggedArticle,
)
from storage.errors import UnknownEntry
from storage.ledger import RetryRule, Standing
from storage.published import run_sql
from storage.status import status
from storage.store import PipelineStore

EAST = Feed(url="https://east.example/atom")
RETRY = RetryRule(base=HOUR, longest=3 * HOUR, attempts=3)
A, B, C = (entry(f"https://north.example/{name}") for name in "abc")


def ask(store: PipelineStore, folder: Path, query: str) -> list[tuple[object, ...]]:
    store.publish(NOW)
    return list(run_sql(folder, query).rows())


def in_feed(listed, feed):  # the same page as another feed lists it
    return replace(listed, feed_url=feed.url)


def test_new_entries_are_due_and_come_back_as_they_were(store):
    outcome = store.record_polls("r1", [poll(A, B)], NOW)
    assert (outcome.new, outcome.settled) == (2, 0)
    assert set(store.due_entries(NOW)) == {A, B}
    assert len(store.due_entries(NOW, limit=1)) == 1
    assert store.count_due(NOW) == 2


def test_validators_and_entries_are_remembered_together(store, folder):
    store.record_polls("r1", [poll(A, etag='W/"x"')], NOW)
    store.close()
    with PipelineStore.open(folder, NOW) as again:
        state = again.feed_states([NORTH.url])[NORTH.url]
        assert state == FeedState(url=NORTH.url, etag='W/"x"', last_polled_at=NOW, last_success_at=NOW)
        assert [due.id for due in again.due_entries(NOW)] == [A.id]


def test_a_feed_never_polled_has_a_fresh_state(store):
    store.register_feeds([NORTH], NOW)
    assert store.feed_states([NORTH.url, SOUTH.url]) == {
        NORTH.url: FeedState(url=NORTH.url),
        SOUTH.url: FeedState(url=SOUTH.url),
    }


def test_the_state_of_a_failed_poll_is_kept(store):
    store.record_polls("r1", [failed_poll(NORTH)], NOW)
    state = store.feed_states([NORTH.url])[NORTH.url]
    assert (state.consecutive_failures, state.next_attempt_at) == (1, NOW + HOUR)


def test_all_that_is_remembered_of_a_feed_comes_back(store, folder):
    state = FeedState(
        url=NORTH.url,
        etag='"v1"',
        last_modified="Mon, 06 May 2024 07:00:00 GMT",
        consecutive_failures=2,
        last_polled_at=NOW,
        last_success_at=NOW - HOUR,
        next_attempt_at=NOW + HOUR,
        retired=True,
        permanent_url="https://new.example/feed",
        failure_points=1.25,
        fresh_until=NOW + 2 * HOUR,
        permanent_days=2,
        permanent_on=NOW.date(),
        adopted_url="https://new.example/feed.xml",
        listing="1:all:abc",
        checked_at=NOW - 3 * HOUR,
        validators_lie=True,
        clean_checks=3,
    )
    assert all(getattr(state, one.name) != one.default for one in fields(FeedState))
    store.record_polls("r1", [replace(poll(A), state=state)], NOW)
    store.close()
    with PipelineStore.open(folder, NOW) as again:
        assert again.feed_states([NORTH.url]) == {NORTH.url: state}


def test_every_date_of_an_item_is_kept_with_where_it_stood(store, folder):
    dates = (
        DateCandidate(source=DateSource.FEED_PUBLISHED, text="06/05/24", fault=DateFault.UNREADABLE),
        DateCandidate(source=DateSource.FEED_UPDATED, text="2024-05-06T05:00:00Z", at=NOW - 2 * HOUR),
    )
    dated = replace(A, dates=dates)
    store.record_polls("r1", [poll(dated, B)], NOW)
    assert {due.url: due.dates for due in store.due_entries(NOW)} == {A.url: dates, B.url: ()}
    tagged = TaggedArticle(article=article(dated, dates=dates[1:]), classification=classified())
    outcome = EntryOutcome(entry=dated, disposition=Disposition.STORED, articles=(tagged,))
    store.store_outcomes("r1", [outcome], NOW, RETRY)
    found = ask(store, folder, "SELECT dates FROM articles")
    read_as = {"source": "feed_updated", "text": dates[1].text, "read_as": NOW - 2 * HOUR, "fault": None}
    assert found == [([read_as],)]


def test_a_secret_in_a_feed_address_never_reaches_the_files(store, folder):
    moved = replace(
        poll(entry("https://south.example/1", SOUTH), feed=SOUTH),
        state=FeedState(url=SOUTH.url, etag="e", permanent_url=SOUTH.url + "&new=1", adopted_url=SOUTH.url),
    )
    store.record_polls("r1", [moved], NOW)
    store.publish(NOW)
    assert store.due_entries(NOW)[0].feed_url == SOUTH.url  # this session was told the address
    state = store.feed_states([SOUTH.url])[SOUTH.url]
    assert state.adopted_url is None
    assert "REDACTED" in str(state.permanent_url)  # enough to see the same redirect again, too little to follow it
    store.close()
    for path in folder.iterdir():
        assert path.is_dir() or b"s3cr3tS3cr3t" not in path.read_bytes()
    with PipelineStore.open(folder, NOW) as again:
        assert again.due_entries(NOW)[0].feed_url == "https://south.example/rss?token=REDACTED"
        again.feed_states([SOUTH.url])
        assert again.due_entries(NOW)[0].feed_url == SOUTH.url


def test_a_whole_run_balances_and_the_next_is_unchanged(store):
    broken = Failure(stage=Stage.PARSE, subject="item 4", reason=Reason.MALFORMED_ENTRY, detail="No link.")
    polled = store.record_polls(
        "r1",
        [poll(A, B, C, skipped=(broken, broken)), poll(in_feed(A, SOUTH), feed=SOUTH), failed_poll(EAST)],
        NOW,
    )
    assert (polled.new, polled.linked, polled.unchanged, polled.dropped) == (3, 1, 0, 2)
    assert polled.failures == {"parse/malformed_entry": 2, "poll/timeout": 1}
    dropped = EntryOutcome(
        entry=C,
        disposition=Disposition.DROPPED,
        failure=Failure(stage=Stage.EXTRACT, subject=C.url, reason=Reason.NO_LINK_NO_TEXT),
    )
    batch = store.store_outcomes("r1", [stored(A, ALERT), failed(B), dropped], NOW, RETRY)
    assert (batch.stored, batch.failed, batch.dropped, batch.retrying, batch.attempted) == (1, 1, 1, 1, 3)
    assert batch.failures == {"download/http_server_error": 1, "extract/no_link_no_text": 1}
    seen = polled.settled + batch.attempted
    items = 3 + 2 + 1
    assert seen == items == batch.stored + polled.linked + batch.failed + polled.dropped + batch.dropped

    later = NOW + timedelta(minutes=10)
    second = store.record_polls("r2", [poll(A, B, C, at=later), poll(in_feed(A, SOUTH), feed=SOUTH, at=later)], later)
    assert (second.new, second.due_again, second.unchanged, second.linked) == (0, 0, 4, 0)
    assert store.due_entries(later) == ()


def test_what_each_item_is(store):
    store.record_polls("r1", [poll(A, B)], NOW)
    store.store_outcomes("r1", [stored(A), failed(B)], NOW, RETRY)
    later = NOW + 2 * HOUR
    outcome = store.record_polls(
        "r2", [poll(A, B, C, at=later), poll(*(in_feed(e, SOUTH) for e in (A, B, C)), feed=SOUTH, at=later)], later
    )
    assert [sighting.standing for sighting in outcome.sightings] == [
        Standing.UNCHANGED,
        Standing.DUE_AGAIN,
        Standing.NEW,
        Standing.LINKED,
        Standing.LINKED,
        Standing.LINKED,
    ]
    assert [due.id for due in store.due_entries(later)] == [B.id, C.id]


def test_an_item_twice_in_one_run_is_linked_even_over_two_calls(store):
    first = store.record_polls("r1", [poll(A, A)], NOW)
    assert (first.new, first.linked) == (1, 1)
    second = store.record_polls("r1", [poll(in_feed(A, SOUTH), feed=SOUTH)], NOW)
    assert (second.new, second.linked) == (0, 1)
    assert len(store.due_entries(NOW)) == 1


def test_another_entry_of_a_stored_page_is_linked_to_its_article(store, folder):
    store.record_polls("r1", [poll(A)], NOW)
    store.store_outcomes("r1", [stored(A, url="https://north.example/final")], NOW, RETRY)
    other = entry("http://north.example/final/?utm_source=feed", SOUTH)
    outcome = store.record_polls("r2", [poll(other, feed=SOUTH)], NOW)
    assert (outcome.new, outcome.linked) == (0, 1)
    linked = ask(store, folder, f"SELECT state, linked_to_article_id FROM entry_ledger WHERE entry_id = '{other.id}'")
    assert linked == [("linked", article(A, "https://north.example/final").id)]
    assert store.record_polls("r3", [poll(other, feed=SOUTH, at=NOW + HOUR)], NOW + HOUR).unchanged == 1


def test_posts_that_share_a_link_are_not_copies_of_each_other(store):
    page = "https://north.example/ticker"
    posts = [entry(page, id=f"post-{n}", title=f"Post {n}", link_shared=True) for n in (1, 2)]
    assert store.record_polls("r1", [poll(*posts)], NOW).new == 2
    # When its sibling has left the document, a post has the link for itself and another id: the same post still.
    alone = entry(page, title="Post 2")
    assert store.record_polls("r2", [poll(alone, at=NOW + HOUR)], NOW + HOUR).linked == 1
    news = entry(page, title="Post 3", id="post-3")
    assert store.record_polls("r3", [poll(news, at=NOW + 2 * HOUR)], NOW + 2 * HOUR).new == 1


def test_recording_a_poll_again_changes_nothing(store, folder):
    polls = [poll(A, B, skipped=(Failure(stage=Stage.PARSE, subject="x", reason=Reason.MALFORMED_ENTRY),))]
    first = store.record_polls("r1", polls, NOW)
    again = store.record_polls("r1", polls, NOW)
    assert (again.new, again.dropped, again.settled, again.failures) == (2, 1, 1, first.failures)
    counts = "SELECT (SELECT count(*) FROM entries), (SELECT count(*) FROM polls), (SELECT count(*) FROM failures)"
    assert ask(store, folder, counts) == [(2, 1, 1)]


def test_storing_a_batch_again_changes_nothing(store, folder):
    store.record_polls("r1", [poll(A, B)], NOW)
    outcomes = [stored(A, ALERT, REVIEW), failed(B)]
    first = store.store_outcomes("r1", outcomes, NOW, RETRY)
    again = store.store_outcomes("r1", outcomes, NOW + HOUR, RETRY)
    assert first == again
    assert (first.articles, first.tags, first.attempted) == (1, {"expulsion": 1}, 2)
    counts = """SELECT (SELECT count(*) FROM articles), (SELECT count(*) FROM tags), (SELECT count(*) FROM scores),
        (SELECT count(*) FROM failures), (SELECT max(attempts) FROM entries)"""
    assert ask(store, folder, counts) == [(1, 2, 2, 1, 1)]


def test_two_addresses_of_one_page_are_one_article(store, folder):
    store.record_polls("r1", [poll(A, B, C)], NOW)
    same = "https://north.example/final"
    batch = store.store_outcomes("r1", [stored(A, ALERT, url=same), stored(B, ALERT, url=same)], NOW, RETRY)
    assert (batch.stored, batch.linked, batch.articles) == (1, 1, 1)
    batch = store.store_outcomes("r1", [stored(C, ALERT, url=same)], NOW, RETRY)
    assert (batch.stored, batch.linked, batch.articles, batch.tags) == (0, 1, 0, {})
    assert ask(store, folder, "SELECT count(*) FROM tagged_articles") == [(1,)]


def test_a_page_of_posts_gives_several_articles(store, folder):
    store.record_polls("r1", [poll(A)], NOW)
    parts = tuple(
        TaggedArticle(article=article(A, f"{A.url}#p{n}", id=f"part-{n}", part=n), classification=classified(ALERT))
        for n in (1, 2, 3)
    )
    outcome = EntryOutcome(entry=A, disposition=Disposition.STORED, articles=parts)
    batch = store.store_outcomes("r1", [outcome], NOW, RETRY)
    assert (batch.stored, batch.articles, batch.tags) == (1, 3, {"expulsion": 3})
    assert ask(store, folder, "SELECT article_ids FROM entry_ledger") == [(["part-1", "part-2", "part-3"],)]


def test_failures_wait_longer_each_time_and_end(store, folder):
    store.record_polls("r1", [poll(A)], NOW)
    store.store_outcomes("r1", [failed(A)], NOW, RETRY)
    assert store.due_entries(NOW + HOUR - timedelta(seconds=1)) == ()
    assert store.due_entries(NOW + HOUR) == (A,)
    store.store_outcomes("r2", [failed(A)], NOW + HOUR, RETRY)
    assert store.due_entries(NOW + 3 * HOUR - timedelta(seconds=1)) == ()
    batch = store.store_outcomes("r3", [failed(A)], NOW + 3 * HOUR, RETRY)
    assert (batch.failed, batch.retrying) == (1, 0)
    assert store.due_entries(NOW + 1000 * HOUR) == ()
    ledger = ask(store, folder, "SELECT state, reason, attempts FROM entry_ledger")
    assert ledger == [("failed", "http_server_error", 3)]


def test_a_host_that_is_not_asked_costs_no_attempt_and_in_the_end_no_story(store, folder):
    store.record_polls("r0", [poll(A)], NOW)
    resting = replace(failed(A).failure, reason=Reason.HOST_RESTING)
    told = TaggedArticle(article=article(A, text="In short."), classification=classified())
    outcome = EntryOutcome(entry=A, disposition=Disposition.FAILED, articles=(told,), failure=resting)
    at = NOW
    for number in range(3):
        batch = store.store_outcomes(f"r{number}", [outcome], at, RETRY)
        assert (batch.failed, batch.retrying) == (1, 1)
        at += timedelta(days=1)
        assert store.count_due(at) == 1
    assert ask(store, folder, "SELECT attempts FROM entries") == [(0,)]
    assert store.store_outcomes("last", [outcome], at, RETRY).stored == 1  # what the feed itself says
    assert ask(store, folder, "SELECT state, reason FROM entries") == [("stored", "host_resting")]


def test_a_final_failure_is_not_tried_again(store):
    store.record_polls("r1", [poll(A)], NOW)
    assert store.store_outcomes("r1", [failed(A, retryable=False)], NOW, RETRY).retrying == 0
    assert store.due_entries(NOW + 1000 * HOUR) == ()


def test_the_wait_that_a_server_asks_for_is_kept(store):
    store.record_polls("r1", [poll(A)], NOW)
    store.store_outcomes("r1", [failed(A, retry_after=9 * HOUR)], NOW, RETRY)
    assert store.due_entries(NOW + 8 * HOUR) == ()
    assert store.due_entries(NOW + 9 * HOUR) == (A,)


def test_the_feeds_own_text_is_kept_while_due_only(store, folder):
    store.record_polls("r1", [poll(A, B)], NOW)
    store.store_outcomes("r1", [stored(A), failed(B)], NOW, RETRY)
    kept = ask(store, folder, "SELECT entry_id, content_html FROM entries ORDER BY url")
    assert kept == [(A.id, None), (B.id, B.content_html)]


def test_a_wrong_outcome_stores_nothing(store, folder):
    store.record_polls("r1", [poll(A, B)], NOW)
    with pytest.raises(UnknownEntry):
        store.store_outcomes("r1", [stored(A), stored(C)], NOW, RETRY)
    with pytest.raises(ValueError, match="two outcomes"):
        store.store_outcomes("r1", [stored(A), stored(A)], NOW, RETRY)
    with pytest.raises(ValueError, match="no article"):
        store.store_outcomes("r1", [EntryOutcome(entry=A, disposition=Disposition.STORED)], NOW, RETRY)
    with pytest.raises(ValueError, match="unchanged"):
        store.store_outcomes("r1", [EntryOutcome(entry=A, disposition=Disposition.UNCHANGED)], NOW, RETRY)
    with pytest.raises(ValueError, match="without a reason"):
        store.store_outcomes("r1", [EntryOutcome(entry=A, disposition=Disposition.FAILED)], NOW, RETRY)
    with pytest.raises(ValueError, match="without a zone"):
        store.store_outcomes("r1", [stored(A)], NOW.replace(tzinfo=None), RETRY)
    assert ask(store, folder, "SELECT count(*) FROM articles") == [(0,)]
    assert len(store.due_entries(NOW)) == 2


def test_hostile_text_is_stored_and_offsets_stay_true(store, folder):
    nasty = entry("https://north.example/n", title="nul \0 and half a pair \ud800 and \u202e and '; DROP TABLE x")
    store.record_polls("r1", [poll(nasty)], NOW)
    store.store_outcomes("r1", [stored(nasty, ALERT)], NOW, RETRY)
    (title,) = ask(store, folder, "SELECT title FROM articles")[0]
    assert title == nasty.title.replace("\ud800", "?")


def test_articles_keep_their_dates_as_instants(store, folder):
    store.record_polls("r1", [poll(A)], NOW)
    store.store_outcomes("r1", [stored(A, ALERT)], NOW + HOUR, RETRY)
    times = ask(store, folder, "SELECT published_at, first_seen_at, fetched_at FROM articles")
    assert times == [(NOW - 3 * HOUR, NOW, NOW + HOUR)]


def test_an_article_that_could_not_be_classified_is_counted(store):
    store.record_polls("r1", [poll(A)], NOW)
    unscored = classified(scores={}, not_classified="no examples in this language", language="xx")
    tagged = TaggedArticle(article=article(A), classification=unscored)
    outcome = EntryOutcome(entry=A, disposition=Disposition.STORED, articles=(tagged,))
    batch = store.store_outcomes("r1", [outcome], NOW, RETRY)
    assert (batch.articles, batch.not_classified, batch.not_covered, batch.tags) == (1, 1, {}, {})


def test_articles_in_foreign_languages_are_counted_by_language(store, folder):
    store.record_polls("r1", [poll(A, B, C)], NOW)

    def unscored(listed, *, reason="language_not_covered", **fields):
        said = classified(scores={}, not_classified=reason, **fields)
        tagged = TaggedArticle(article=article(listed, language="en"), classification=said)
        return EntryOutcome(entry=listed, disposition=Disposition.STORED, articles=(tagged,))

    outcomes = [unscored(A, language="cs"), unscored(B, language="cs"), unscored(C, reason="empty", language="cs")]
    first = store.store_outcomes("r1", outcomes, NOW, RETRY)
    assert (first.articles, first.not_classified, first.not_covered) == (3, 3, {"cs": 2})
    assert store.store_outcomes("r1", outcomes, NOW, RETRY) == first
    # What the classifier took the text for is kept, since that is why there is no score.
    assert ask(store, folder, "SELECT language FROM articles ORDER BY url") == [("cs",), ("cs",), ("en",)]
    assert ask(store, folder, "SELECT corpus FROM articles") == [("corpus-0001",)] * 3


def test_the_reasons_of_a_tag_are_kept(store, folder):
    store.record_polls("r1", [poll(A)], NOW)
    store.store_outcomes("r1", [stored(A, ALERT)], NOW, RETRY)
    query = "SELECT terms, nearest, corpus, model, retroactive FROM tags"
    terms = [{"term": "told to leave", "weight": 1.75}, {"term": "diplomat", "weight": 0.5}]
    nearest = [{"example_id": "expulsion/x-1", "title": "Envoy sent home", "similarity": 0.62}]
    assert ask(store, folder, query) == [(terms, nearest, "corpus-0001", "linear-0001", False)]


def test_a_run_report_is_kept_and_replaced(store, folder):
    report = RunReport(
        run_id="r1",
        started_at=NOW,
        finished_at=NOW + HOUR,
        seen=3,
        stored=2,
        failed=1,
        not_covered={"cs": 3, "fi": 1},
        failures={"download/timeout": 1},
        tags={"expulsion": 2, "recruitment": 1},
    )
    store.record_run(replace(report, seen=9))
    noticed = Notice(kind=NoticeKind.FAILING, feed_url=NORTH.url, detail="No answer.", at=NOW)
    store.record_run(replace(report, notices=(noticed,)))  # written when they came up
    log = ask(store, folder, "SELECT run_id, seconds, seen, balanced, alert_tags FROM run_log")
    assert log == [("r1", 3600.0, 3, True, 3)]
    assert ask(store, folder, "SELECT failures FROM runs") == [({"download/timeout": 1},)]
    assert status(folder).last_run == report


def test_polls_without_a_document_are_recorded(store, folder):
    quiet = Poll(feed=NORTH, polled_at=NOW, result=NotModified(), state=FeedState(url=NORTH.url), http_status=304)
    store.record_polls("r1", [quiet, failed_poll(SOUTH)], NOW)
    recorded = ask(store, folder, "SELECT outcome, reason FROM polls ORDER BY outcome")
    assert recorded == [("failed", "timeout"), ("not_modified", None)]


def test_a_feed_that_leaves_the_register_is_marked(store, folder):
    store.register_feeds([NORTH, SOUTH], NOW)
    store.register_feeds([replace(NORTH, name="North")], NOW)
    shown = ask(store, folder, "SELECT outlet, health FROM source_health ORDER BY outlet")
    assert shown == [("North", "new"), ("Southern Wire", "removed")]


def test_nothing_to_record_is_no_error(store):
    assert store.record_polls("r1", [], NOW).settled == 0
    assert store.store_outcomes("r1", [], NOW, RETRY).attempted == 0
    assert store.feed_states([]) == {}


def test_a_clock_that_was_ahead_parks_no_entry(store):
    ahead = NOW + timedelta(days=4 * 365)
    store.record_polls("ahead", [poll(A, B, C, at=ahead)], ahead)
    store.store_outcomes("ahead", [failed(A), stored(B)], ahead, RETRY)  # C was seen and not reached
    assert (store.due_entries(ahead), store.count_due(ahead)) == ((C,), 1)

    polled = store.record_polls("now", [poll(A, B, C)], NOW)
    assert (polled.new, polled.due_again, polled.unchanged) == (0, 2, 1)
    again = store.record_polls("now", [poll(A, at=NOW + timedelta(seconds=1))], NOW)
    assert (again.due_again, again.unchanged + again.linked) == (0, 1)  # claimed once
    due = store.due_entries(NOW)
    assert ({one.id for one in due}, store.count_due(NOW)) == ({A.id, C.id}, 2)
    batch = store.store_outcomes("now", [failed(one) for one in due], NOW, RETRY)
    assert batch.attempted == batch.failed == polled.due_again

    # Now the waits count from the clock as it is, though it was ahead when the entries were first seen.
    assert (store.due_entries(NOW), store.count_due(NOW)) == ((), 0)
    assert store.record_polls("next", [poll(A, C, at=NOW + timedelta(seconds=2))], NOW).due_again == 0
    assert store.count_due(NOW + 2 * HOUR) == 2


def test_a_run_repeated_with_the_same_time_keeps_to_the_waits(store):
    store.record_polls("r1", [poll(A)], NOW)
    store.store_outcomes("r1", [failed(A)], NOW + timedelta(minutes=5), RETRY)  # a run takes a while
    assert store.record_polls("r2", [poll(A, at=NOW + timedelta(seconds=1))], NOW).due_again == 0
    assert (store.due_entries(NOW), store.count_due(NOW)) == ((), 0)
