"""What was given up on is tried again when an operator asks for it, and nothing that is stored gets worse by it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from storage_samples import (
    ALERT,
    HOUR,
    NORTH,
    NOW,
    REVIEW,
    SOUTH,
    article,
    classified,
    digest,
    entry,
    failed,
    poll,
    stored,
    verdict,
)

from spywatch.records import (
    Access,
    Disposition,
    EntryOutcome,
    Failure,
    Opinion,
    Reason,
    Stage,
    TaggedArticle,
    TextSource,
)
from storage import journal
from storage.applying import replay_payload
from storage.candidates import digest_candidates
from storage.ledger import EntryState, RetryRule
from storage.published import run_sql
from storage.recording import Recorded, record_digest
from storage.replay import MENDABLE, record_replay, set_aside
from storage.settling import KeptArticle, says_more, settle
from storage.store import PipelineStore
from storage.verdicts import record_verdict
from storage.whereabouts import where

RETRY = RetryRule(base=HOUR, attempts=3)
DAY = timedelta(days=1)
A, B, C, D = (entry(f"https://north.example/{name}") for name in "abcd")
SLOW = Failure(stage=Stage.EXTRACT, subject=A.url, reason=Reason.TIME_LIMIT, detail="It took more than 20 s.")
WALL = Failure(stage=Stage.DOWNLOAD, subject=B.url, reason=Reason.BOT_CHALLENGE, detail="A test for robots.")
GONE = Failure(stage=Stage.DOWNLOAD, subject=C.url, reason=Reason.NOT_FOUND, detail="404")


def from_feed(of, failure, *tags, **fields):
    """A final failure with what the feed itself says."""
    values = {"text": "In short.", "text_source": TextSource.FEED_SUMMARY, "access": Access.BLOCKED, **fields}
    told = TaggedArticle(article=article(of, **values), classification=classified(*tags))
    return EntryOutcome(entry=of, disposition=Disposition.FAILED, articles=(told,), failure=failure)


def given_up(of, failure):
    return EntryOutcome(entry=of, disposition=Disposition.FAILED, failure=failure)


@pytest.fixture
def desk(folder):
    """A could not be extracted, B stands behind a wall, C is gone; D is stored as it should be."""
    with PipelineStore.open(folder, NOW) as store:
        store.record_polls("r1", [poll(A, B, C, D)], NOW)
        outcomes = [given_up(A, SLOW), from_feed(B, WALL, ALERT), given_up(C, GONE), stored(D)]
        store.store_outcomes("r1", outcomes, NOW, RETRY)
        store.publish(NOW)
    return folder


def ids(found):
    return {one.entry_id for one in found}


def replay(folder, *entries, at=NOW + DAY):
    return record_replay(folder, [one.id for one in entries], at, at)


def attempt(folder, outcome, run_id="r2", at=NOW + DAY):
    with PipelineStore.open(folder, at) as store:
        assert outcome.entry.id in {due.id for due in store.due_entries(at)}
        batch = store.store_outcomes(run_id, [outcome], at, RETRY)
        assert store.store_outcomes(run_id, [outcome], at, RETRY) == batch
        store.publish(at)
    return batch


def test_what_is_set_aside_says_why(desk):
    found = {one.entry_id: one for one in set_aside(desk)}
    assert found.keys() == {A.id, B.id, C.id}
    slow, wall = found[A.id], found[B.id]
    assert (slow.state, slow.stage, slow.reason, slow.detail, slow.access) == (
        EntryState.FAILED,
        Stage.EXTRACT,
        Reason.TIME_LIMIT,
        SLOW.detail,
        None,
    )
    assert (wall.state, wall.reason, wall.access) == (EntryState.STORED, Reason.BOT_CHALLENGE, Access.BLOCKED)
    assert (wall.url, wall.title, wall.outlet, wall.finished_at) == (B.url, B.title, NORTH.name, NOW)


def test_what_is_set_aside_can_be_chosen(desk):
    assert ids(set_aside(desk, reasons=MENDABLE)) == {A.id, B.id}
    assert ids(set_aside(desk, reasons=[Reason.NOT_FOUND])) == {C.id}
    assert ids(set_aside(desk, keys=[A.id])) == ids(set_aside(desk, keys=[A.id[:8].upper()])) == {A.id}
    assert ids(set_aside(desk, keys=["http://north.example/b?utm_source=x#y"])) == {B.id}
    assert ids(set_aside(desk, keys=[article(B).id, C.url])) == {B.id, C.id}
    for nothing in (D.id, "", A.id[:5], "https://north.example/", "'; DROP TABLE entries; --"):
        assert set_aside(desk, keys=[nothing]) == ()
    assert ids(set_aside(desk, outlet=NORTH.name.upper())) == {A.id, B.id, C.id}
    assert set_aside(desk, outlet=SOUTH.name) == ()
    assert (len(set_aside(desk, since=NOW)), set_aside(desk, since=NOW + HOUR)) == (3, ())


def test_a_wall_where_nothing_failed_is_set_aside_too(folder, store):
    store.record_polls("r1", [poll(A, B)], NOW)
    (tagged,) = from_feed(A, WALL).articles
    consent = replace(tagged, article=replace(tagged.article, access=Access.CONSENT))
    teaser = TaggedArticle(article=article(B, access=Access.TEASER), classification=classified())
    outcomes = [
        EntryOutcome(entry=one, disposition=Disposition.STORED, articles=(told,))
        for one, told in ((A, consent), (B, teaser))
    ]
    store.store_outcomes("r1", outcomes, NOW, RETRY)
    store.publish(NOW)
    (found,) = set_aside(folder)
    assert (found.entry_id, found.reason, found.stage, found.access) == (A.id, None, None, Access.CONSENT)


def test_a_replayed_entry_is_due_at_once_with_all_its_attempts(desk):
    assert replay(desk, A, B, D) is Recorded.APPLIED
    assert ids(set_aside(desk)) == {C.id}
    with PipelineStore.open(desk, NOW + DAY) as store:
        assert {due.id for due in store.due_entries(NOW)} == {A.id, B.id}  # and not D, which is well
        assert store.record_polls("r2", [poll(A, at=NOW + DAY)], NOW + DAY).due_again == 1
    (trace,) = where(desk, A.url).entries
    assert (trace.state, trace.attempts, trace.replayed_at) == (EntryState.DUE, 0, NOW + DAY)


def test_a_replay_waits_in_the_journal_while_a_run_writes(desk):
    with PipelineStore.open(desk, NOW) as store:
        assert replay(desk, A) is Recorded.JOURNALED
        assert ids(set_aside(desk)) == {B.id, C.id}  # it waits to be tried again
        assert store.due_entries(NOW + 2 * DAY) == ()
    assert len(journal.pending(desk)) == 1
    with PipelineStore.open(desk, NOW + 2 * DAY) as store:  # the next run takes it in when it begins
        assert [due.id for due in store.due_entries(NOW + 2 * DAY)] == [A.id]
        assert store.due_entries(NOW + 2 * DAY)[0].content_html == A.content_html
        store.publish(NOW + 2 * DAY)
    assert journal.pending(desk) == ()
    attempt(desk, given_up(A, SLOW), at=NOW + 2 * DAY)
    assert A.id in ids(set_aside(desk))


def test_asking_for_nothing_or_at_no_clear_time_is_refused(desk):
    with pytest.raises(ValueError, match="without an entry"):
        record_replay(desk, [], NOW, NOW)
    with pytest.raises(ValueError, match="zone"):
        record_replay(desk, [A.id], NOW.replace(tzinfo=None), NOW)
    assert journal.pending(desk) == ()
    assert replay(desk, entry("https://north.example/unknown")) is Recorded.APPLIED  # harmless


@pytest.mark.parametrize("ids_given", ["abc", None, [1], [], [None]])
def test_a_record_that_is_no_replay_is_set_aside(desk, ids_given):
    journal.write(desk, journal.REPLAY, {**replay_payload(["x"], NOW), "entry_ids": ids_given}, NOW)
    with PipelineStore.open(desk, NOW):
        assert journal.pending(desk) == ()


def test_the_pages_text_takes_the_place_of_the_feeds(desk):
    told = digest(article(B).id, at=NOW + HOUR)
    record_digest(desk, told, NOW + HOUR)
    record_verdict(desk, verdict(article(B).id, NOW + HOUR, recruitment=Opinion.NO), NOW + HOUR)
    replay(desk, B)
    # Reached through a redirect, which alone would give it another id.
    page = article(B, "https://north.example/final", text="A diplomat was told to leave. " * 9, feed_text="")
    tagged = TaggedArticle(article=page, classification=classified(REVIEW, model="linear-0002"))
    batch = attempt(desk, EntryOutcome(entry=B, disposition=Disposition.STORED, articles=(tagged,)))
    assert (batch.stored, batch.articles, batch.tags) == (1, 1, {})
    query = """SELECT article_id, url, text = $text, feed_text, text_source, access, first_seen_at, fetched_at, model
        FROM articles WHERE entry_id = $entry"""
    assert list(run_sql(desk, query, {"entry": B.id, "text": page.text}).rows()) == [
        (article(B).id, page.url, True, "In short.", "page", "full", NOW, NOW + DAY, "linear-0002")
    ]
    tags = "SELECT category, decision FROM tags WHERE article_id = $id"
    assert list(run_sql(desk, tags, {"id": article(B).id}).rows()) == [("recruitment", "review")]
    (found,) = where(desk, B.url).articles
    assert [one.digest_id for one in found.digests] == [told.id]
    assert [one.opinion for one in found.verdicts] == [Opinion.NO]
    assert digest_candidates(desk).items == ()
    (trace,) = where(desk, B.url).entries
    assert (trace.state, trace.reason) == (EntryState.STORED, None)
    assert B.id not in ids(set_aside(desk))


def whole(folder):
    query = "SELECT * FROM articles ORDER BY article_id"
    return list(run_sql(folder, query).rows()), list(run_sql(folder, "SELECT * FROM tags").rows())


EMPTY = {"text": "", "text_source": TextSource.TITLE}


@pytest.mark.parametrize(
    "outcome",
    [
        given_up(B, replace(WALL, reason=Reason.FORBIDDEN)),
        from_feed(B, WALL, **EMPTY),  # the feed's text was let go of when the entry was stored
        EntryOutcome(entry=B, disposition=Disposition.DROPPED, failure=WALL),
        stored(B, ALERT, url=D.url),  # which is another entry's
        EntryOutcome(
            entry=B,
            disposition=Disposition.STORED,
            articles=(TaggedArticle(article=article(B, **EMPTY), classification=classified()),),
        ),
        EntryOutcome(
            entry=B,
            disposition=Disposition.STORED,
            articles=(
                TaggedArticle(article=article(B, text="In sh", access=Access.TEASER), classification=classified()),
            ),
        ),
    ],
    ids=["refused again", "empty fallback", "dropped", "another's page", "wall again", "shorter teaser"],
)
def test_what_is_stored_stays_unless_something_better_comes(desk, outcome):
    replay(desk, B)
    before = whole(desk)
    batch = attempt(desk, outcome)
    assert (batch.stored, batch.attempted, batch.articles) == (1, 1, 0)
    assert whole(desk) == before
    (trace,) = where(desk, B.url).entries
    assert (trace.state, trace.reason) == (EntryState.STORED, outcome.failure.reason if outcome.failure else None)
    assert B.id in ids(set_aside(desk))  # it may be asked for once more


def test_a_page_that_may_come_back_is_waited_for_with_the_article_in_place(desk):
    replay(desk, B)
    before = whole(desk)
    batch = attempt(desk, failed(B))
    assert (batch.failed, batch.retrying) == (1, 1)
    assert whole(desk) == before
    attempt(desk, stored(B, ALERT), "r3", NOW + 2 * DAY)
    assert list(run_sql(desk, "SELECT text_source FROM articles WHERE entry_id = $id", {"id": B.id}).rows()) == [
        ("page",)
    ]


def test_a_page_of_posts_is_told_beside_what_is_stored(desk):
    replay(desk, B)
    parts = tuple(
        TaggedArticle(article=article(B, id=f"part-{n}", part=n), classification=classified()) for n in (1, 2)
    )
    attempt(desk, EntryOutcome(entry=B, disposition=Disposition.STORED, articles=parts))
    (trace,) = where(desk, B.url).entries
    assert set(trace.article_ids) == {article(B).id, "part-1", "part-2"}
    assert B.id not in ids(set_aside(desk))


def test_a_replay_by_a_clock_that_is_ahead_parks_nothing(desk):
    record_replay(desk, [A.id], NOW + 1000 * DAY, NOW + 1000 * DAY)
    with PipelineStore.open(desk, NOW + DAY) as store:
        assert [due.id for due in store.due_entries(NOW + DAY)] == [A.id]
        store.store_outcomes(
            "r2", [given_up(A, replace(SLOW, reason=Reason.HOST_RESTING, retryable=True))], NOW, RETRY
        )
        assert store.count_due(NOW + 2 * DAY) == 1


KEPT = st.builds(
    KeptArticle,
    article_id=st.sampled_from(["k", "l"]),
    part=st.just(None),
    text_source=st.sampled_from([TextSource.FEED_FULL, TextSource.FEED_SUMMARY, TextSource.TITLE]),
    characters=st.integers(0, 100),
)


@settings(deadline=None)
@given(
    kept=KEPT,
    length=st.integers(0, 100),
    source=st.sampled_from(TextSource),
    access=st.sampled_from(Access),
    owner=st.sampled_from([None, A.id, B.id]),
)
def test_a_stored_article_never_gives_way_to_less(kept, length, source, access, owner):
    new = article(A, id="new", text="x" * length, text_source=source, access=access)
    outcome = EntryOutcome(
        entry=A,
        disposition=Disposition.STORED,
        articles=(TaggedArticle(article=new, classification=classified()),),
    )
    owners = {} if owner is None else {"new": owner}
    end = settle(outcome, attempts=0, owners=owners, now=NOW, retry=RETRY, since=NOW, kept=[kept])
    assert (end.state, end.disposition) == (EntryState.STORED, Disposition.STORED)
    assert (end.in_place_of == kept.article_id) == (end.stored == (0,)) == (owner != B.id and says_more(new, kept))
    if end.stored:
        assert source is TextSource.PAGE
        assert length > kept.characters or access is Access.FULL


def test_what_the_feed_said_stays_with_what_is_set_aside(folder):
    said = entry("https://north.example/said", summary_html="<p>The envoy has to go, and so has his driver.</p>")
    wall = replace(WALL, subject=said.url)
    with PipelineStore.open(folder, NOW) as store:
        store.record_polls("r1", [poll(said)], NOW)
        store.store_outcomes("r1", [from_feed(said, wall)], NOW, RETRY)
        store.publish(NOW)
    record_replay(folder, [said.id], NOW + DAY, NOW + DAY)
    with PipelineStore.open(folder, NOW + DAY) as store:
        (due,) = store.due_entries(NOW + DAY)
    assert due.summary_html == said.summary_html


def test_a_page_that_took_the_place_of_another_is_not_told_again_under_another_link(folder):
    one, two = entry("https://t.example/a1"), entry("https://t.example/b1")
    page = "https://site.example/y"

    def read(of):
        told = TaggedArticle(article=article(of, page), classification=classified(ALERT))
        return EntryOutcome(entry=of, disposition=Disposition.STORED, articles=(told,))

    with PipelineStore.open(folder, NOW) as store:
        store.record_polls("r1", [poll(one)], NOW)
        store.store_outcomes("r1", [from_feed(one, replace(WALL, subject=one.url), ALERT)], NOW, RETRY)
        store.publish(NOW)
    record_replay(folder, [one.id], NOW + DAY, NOW + DAY)
    with PipelineStore.open(folder, NOW + DAY) as store:
        assert store.store_outcomes("r2", [read(one)], NOW + DAY, RETRY).stored == 1
        later = NOW + 2 * DAY
        store.record_polls("r3", [poll(two, at=later)], later)
        batch = store.store_outcomes("r3", [read(two)], later, RETRY)
        store.publish(later)
    assert (batch.stored, batch.linked) == (0, 1)
    assert len(digest_candidates(folder).items) == 1
