"""An analyst's word wins over the model, at once, also while a run holds the folder."""

import itertools
import json
from collections import Counter
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta

import pytest
from storage_samples import (
    ALERT,
    HOUR,
    NOW,
    REVIEW,
    article,
    classified,
    digest,
    entry,
    poll,
    stored,
    verdict,
)
from test_processes import ask, program

from spywatch.records import Decision, Disposition, EntryOutcome, JudgedArticle, Opinion, Tag, TaggedArticle
from storage import journal
from storage.applying import verdict_payload
from storage.candidates import digest_candidates
from storage.connection import open_to_write
from storage.errors import NewerSchema, NotPublishedYet, StorageError, UnknownArticle, VerdictAhead
from storage.layout import Layout
from storage.ledger import RetryRule
from storage.migrations import migrate, migrations
from storage.published import run_sql
from storage.recording import Recorded, record_digest
from storage.status import status
from storage.store import PipelineStore
from storage.verdicts import find_articles, journal_verdict, judged_articles, record_verdict, review_items, standing
from storage.whereabouts import where

YES, NO, WITHDRAWN = Opinion.YES, Opinion.NO, Opinion.WITHDRAWN
A, B, C = (entry(f"https://north.example/{name}") for name in "abc")
ALERTED, GREY, PLAIN = article(A).id, article(B).id, article(C).id


@pytest.fixture
def filled(folder, store):
    """Three articles: one alerted for expulsion, one in review for recruitment, one with neither. Nobody writes."""
    store.record_polls("r1", [poll(A, B, C)], NOW)
    store.store_outcomes("r1", [stored(A, ALERT), stored(B, REVIEW), stored(C)], NOW, RetryRule())
    store.publish(NOW)
    store.close()
    return folder


@pytest.fixture
def held(filled):
    """The same while a run holds the folder: what is recorded stays in the journal."""
    with PipelineStore.open(filled, NOW):
        yield filled


def alerts(folder):
    """What the next digest would tell: categories by article."""
    return {item.article_id: [tag.category for tag in item.tags] for item in digest_candidates(folder).items}


def in_view(folder):
    found = Counter(run_sql(folder, "SELECT article_id, category FROM tagged_articles").rows())
    assert all(count == 1 for count in found.values())
    return set(found)


def effective(folder, article_id):
    return [(tag.category, tag.decision) for tag in standing(folder, article_id).effective]


def test_without_verdicts_the_model_decides(filled):
    judged = standing(filled, ALERTED)
    assert (judged.tags, judged.effective, judged.verdicts, judged.judged_by) == ((ALERT,), (ALERT,), (), {})
    assert judged.scores == {"expulsion": 0.97, "recruitment": 0.02}
    assert (judged.article.url, judged.article.title, judged.article.language) == (A.url, A.title, "en")
    assert alerts(filled) == {ALERTED: ["expulsion"]}


def test_a_yes_makes_an_alert_of_nothing(filled):
    assert record_verdict(filled, verdict(PLAIN, recruitment=YES, note="read it"), NOW) is Recorded.APPLIED
    given = Tag(category="recruitment", score=0.02, decision=Decision.ALERT)  # the model's score, none of its reasons
    judged = standing(filled, PLAIN)
    assert (judged.tags, judged.effective, judged.judged_by) == ((), (given,), {"recruitment": "ana"})
    item = next(item for item in digest_candidates(filled).items if item.article_id == PLAIN)
    assert (item.tags, item.judged_by, item.retroactive) == ((given,), {"recruitment": "ana"}, False)
    query = "SELECT score, decided_by, judged_by, note, evidence FROM tagged_articles WHERE article_id = $id"
    assert list(run_sql(filled, query, {"id": PLAIN}).rows()) == [(0.02, "analyst", "ana", "read it", "")]
    lists = run_sql(filled, "SELECT alerts FROM article_list WHERE article_id = $id", {"id": PLAIN})
    assert list(lists.rows()) == [(["recruitment"],)]


def test_a_yes_in_a_category_that_the_model_does_not_know(filled):
    record_verdict(filled, verdict(PLAIN, police_infiltration=YES), NOW)
    item = next(item for item in digest_candidates(filled).items if item.article_id == PLAIN)
    assert item.tags == (Tag(category="police-infiltration", score=0.0, decision=Decision.ALERT),)
    assert list(run_sql(filled, "SELECT score FROM tagged_articles WHERE score IS NULL").rows()) == [(None,)]
    record_digest(filled, replace(digest(), items=(item,)), NOW)  # a digest can tell it
    assert alerts(filled) == {ALERTED: ["expulsion"]}


def test_a_yes_to_an_alert_keeps_the_models_reasons(filled):
    record_verdict(filled, verdict(ALERTED, expulsion=YES), NOW)
    (item,) = digest_candidates(filled).items
    assert (item.tags, item.judged_by) == ((ALERT,), {"expulsion": "ana"})


def test_a_no_takes_an_alert_away_and_a_withdrawal_gives_it_back(filled):
    record_verdict(filled, verdict(ALERTED, NOW, expulsion=NO), NOW)
    assert (alerts(filled), in_view(filled), effective(filled, ALERTED)) == ({}, set(), [])
    assert standing(filled, ALERTED).tags == (ALERT,)  # the model's word is kept beside it
    sources = "SELECT sum(alert_articles) FROM source_health"
    assert list(run_sql(filled, sources).rows()) == [(0,)]
    record_verdict(filled, verdict(ALERTED, NOW + HOUR, expulsion=WITHDRAWN), NOW)
    assert (alerts(filled), in_view(filled)) == ({ALERTED: ["expulsion"]}, {(ALERTED, "expulsion")})
    assert list(run_sql(filled, sources).rows()) == [(1,)]
    assert [given.opinion for given in standing(filled, ALERTED).verdicts] == [NO, WITHDRAWN]


def test_the_latest_verdict_holds_in_whatever_order_they_arrive(filled):
    for hours, author, opinion in ((2, "eve", YES), (0, "ana", NO), (1, "bob", NO)):
        said = verdict(GREY, NOW + hours * HOUR, author, recruitment=opinion)
        journal.write(filled, journal.VERDICT, verdict_payload(said), NOW)
    with PipelineStore.open(filled, NOW) as store:
        store.publish(NOW)
    judged = standing(filled, GREY)
    assert [(given.author, given.at) for given in judged.verdicts] == [
        ("ana", NOW),
        ("bob", NOW + HOUR),
        ("eve", NOW + 2 * HOUR),
    ]
    assert (effective(filled, GREY), judged.judged_by) == ([("recruitment", Decision.ALERT)], {"recruitment": "eve"})
    log = "SELECT author, latest, model_decision, model_score FROM verdict_log"
    assert list(run_sql(filled, log).rows()) == [
        ("eve", True, "review", 0.4),
        ("bob", False, "review", 0.4),
        ("ana", False, "review", 0.4),
    ]


def test_of_verdicts_at_one_moment_the_one_recorded_later_holds(filled, held):
    for seconds, opinion in enumerate((YES, NO)):
        record_verdict(
            held, verdict(ALERTED, author=f"a{seconds}", expulsion=opinion), NOW + timedelta(seconds=seconds)
        )
    assert alerts(held) == {}


@pytest.mark.parametrize("pending", [False, True], ids=["published", "in the journal"])
def test_what_is_said_last_holds_whatever_the_clocks_say(filled, pending):
    """The first word came from a machine whose clock was hours ahead."""
    with PipelineStore.open(filled, NOW) if pending else nullcontext():
        ahead = NOW + 20 * HOUR
        record_verdict(filled, verdict(ALERTED, ahead, "ana", expulsion=NO, tech_transfer=NO), NOW)
        record_verdict(filled, verdict(ALERTED, NOW, "bob", expulsion=YES, recruitment=YES), NOW)
        said = standing(filled, ALERTED)
        tick = timedelta(microseconds=1)
        assert [(given.author, given.category, given.at) for given in said.verdicts[2:]] == [
            ("bob", "expulsion", ahead + tick),
            ("bob", "recruitment", ahead + tick),
        ]
        assert said.judged_by == {"expulsion": "bob", "recruitment": "bob"}
        # The same word again is no new one; another one is, and other categories have their own time.
        again = journal_verdict(filled, verdict(ALERTED, NOW, "bob", expulsion=YES, recruitment=YES), NOW)
        assert again.at == ahead + tick
        assert len(standing(filled, ALERTED).verdicts) == 4
        back = journal_verdict(filled, verdict(ALERTED, NOW, "ana", expulsion=NO), NOW)
        assert back.at == ahead + 2 * tick
        other = verdict(ALERTED, NOW, "ana", police_infiltration=NO)
        assert journal_verdict(filled, other, NOW) == other
        assert set(standing(filled, ALERTED).judged_by) == {"recruitment"}


def test_a_verdict_from_tomorrow_is_refused(filled):
    late = timedelta(days=1)
    with pytest.raises(VerdictAhead, match=r"2024-05-07 07:00 .* is 2024-05-06 07:00 now") as caught:
        record_verdict(filled, verdict(ALERTED, NOW + late + timedelta(seconds=1), expulsion=NO), NOW)
    assert isinstance(caught.value, StorageError)
    with pytest.raises(VerdictAhead):
        journal_verdict(filled, verdict(ALERTED, NOW + 365 * late, expulsion=NO), NOW)
    assert journal.pending(filled) == ()
    record_verdict(filled, verdict(ALERTED, NOW + late, expulsion=NO), NOW)
    assert alerts(filled) == {}


def test_a_journaled_verdict_counts_and_is_left_there(filled):
    said = verdict(ALERTED, expulsion=NO)
    assert journal_verdict(filled, said, NOW) == said
    assert (alerts(filled), in_view(filled)) == ({}, {(ALERTED, "expulsion")})
    assert len(journal.pending(filled)) == 1
    with pytest.raises(UnknownArticle):
        journal_verdict(filled, verdict("nonsense", expulsion=NO), NOW)
    with pytest.raises(ValueError, match="without an opinion"):
        journal_verdict(filled, verdict(ALERTED), NOW)
    assert len(journal.pending(filled)) == 1


def test_a_verdict_speaks_of_its_own_categories_only(filled):
    record_verdict(filled, verdict(GREY, NOW, expulsion=YES), NOW)
    record_verdict(filled, verdict(GREY, NOW + HOUR, tech_transfer=NO), NOW)
    assert effective(filled, GREY) == [("recruitment", Decision.REVIEW), ("expulsion", Decision.ALERT)]


def test_recording_a_verdict_twice_is_harmless(filled):
    given = verdict(ALERTED, expulsion=NO)
    for _ in range(2):
        record_verdict(filled, given, NOW)
    assert len(standing(filled, ALERTED).verdicts) == 1
    with PipelineStore.open(filled, NOW):
        record_verdict(filled, given, NOW)
        record_verdict(filled, verdict(ALERTED, NOW + HOUR, expulsion=WITHDRAWN), NOW)
        record_verdict(filled, verdict(ALERTED, NOW + HOUR, expulsion=WITHDRAWN), NOW)
        assert len(standing(filled, ALERTED).verdicts) == 2


def test_a_verdict_in_the_journal_counts_at_once(filled, held):
    assert record_verdict(held, verdict(ALERTED, expulsion=NO), NOW) is Recorded.JOURNALED
    assert record_verdict(held, verdict(PLAIN, recruitment=YES), NOW) is Recorded.JOURNALED
    assert record_verdict(held, verdict(GREY, recruitment=NO, author="bob"), NOW) is Recorded.JOURNALED
    assert alerts(held) == {PLAIN: ["recruitment"]}
    assert review_items(held) == ()
    assert digest_candidates(held).coverage.awaiting_review == 0
    found = status(held)
    assert (found.verdicts, found.awaiting_review, found.alerts) == (3, 0, {"recruitment": 1})
    assert standing(held, GREY).verdicts[0].author == "bob"
    assert {judged.article_id for judged in judged_articles(held)} == {ALERTED, GREY, PLAIN}
    assert [given.author for given in where(held, B.url).articles[0].verdicts] == ["bob"]
    assert in_view(held) == {(ALERTED, "expulsion")}  # plain SQL asks the published copy as it is


def test_the_run_takes_verdicts_in_and_publishes_them(filled):
    with program("holder.py", filled) as holder:
        record_verdict(filled, verdict(ALERTED, expulsion=NO), NOW)
        record_verdict(filled, verdict(PLAIN, recruitment=YES), NOW)
        assert alerts(filled) == {PLAIN: ["recruitment"]}
        assert ask(holder) == 2
        assert journal.pending(filled) == ()
        assert (alerts(filled), in_view(filled)) == ({PLAIN: ["recruitment"]}, {(PLAIN, "recruitment")})


def test_a_verdict_taken_in_and_not_yet_published_still_counts(filled):
    with PipelineStore.open(filled, NOW):
        record_verdict(filled, verdict(ALERTED, expulsion=NO), NOW)
    PipelineStore.open(filled, NOW).close()  # takes it in and ends without publishing
    assert (alerts(filled), in_view(filled)) == ({}, {(ALERTED, "expulsion")})
    with PipelineStore.open(filled, NOW) as store:
        assert store.publish(NOW).journal_records == 1
    assert (alerts(filled), in_view(filled)) == ({}, set())
    assert len(standing(filled, ALERTED).verdicts) == 1


def test_views_and_readers_agree_on_every_combination(filled):
    """The view of the published copy says the same as the readers that look into the journal too."""
    moment = NOW
    for history in itertools.product([YES, NO, WITHDRAWN], repeat=2):
        with PipelineStore.open(filled, NOW) as store:
            for opinion in history:
                moment += HOUR
                for article_id in (ALERTED, GREY, PLAIN):
                    said = verdict(article_id, moment, expulsion=opinion, recruitment=opinion)
                    journal.write(filled, journal.VERDICT, verdict_payload(said), moment)
            pending = {article_id: effective(filled, article_id) for article_id in (ALERTED, GREY, PLAIN)}
            store.publish(NOW)
        query = "SELECT category, decision FROM effective_tags WHERE article_id = $id ORDER BY score DESC, category"
        for article_id, tags in pending.items():
            assert [*run_sql(filled, query, {"id": article_id}).rows()] == tags
            both = {"expulsion", "recruitment"}
            wanted = {YES: both, NO: set(), WITHDRAWN: {"expulsion"} if article_id == ALERTED else set()}[history[-1]]
            assert {category for category, decision in tags if decision is Decision.ALERT} == wanted


def test_an_article_that_is_nowhere_is_refused(filled):
    with pytest.raises(UnknownArticle, match=r"no article 'nonsense'.*spywatch where"):
        record_verdict(filled, verdict("nonsense", expulsion=YES), NOW)
    assert journal.pending(filled) == ()
    with pytest.raises(UnknownArticle):
        standing(filled, "nonsense")
    with pytest.raises(ValueError, match="without an opinion"):
        record_verdict(filled, verdict(PLAIN), NOW)
    with pytest.raises(ValueError, match="without a zone"):
        record_verdict(filled, verdict(PLAIN, NOW.replace(tzinfo=None), expulsion=YES), NOW)
    assert not list(Layout(filled).journal.glob("*"))


def test_nothing_is_published_yet(folder):
    assert judged_articles(folder) == ()
    with pytest.raises(NotPublishedYet):
        record_verdict(folder, verdict(PLAIN, expulsion=YES), NOW)


def test_a_verdict_on_an_article_that_is_not_there_yet_does_no_harm(filled):
    late = entry("https://north.example/late")
    journal.write(filled, journal.VERDICT, verdict_payload(verdict(article(late).id, expulsion=YES)), NOW)
    assert alerts(filled) == {ALERTED: ["expulsion"]}
    assert judged_articles(filled) == ()
    with PipelineStore.open(filled, NOW) as store:
        store.publish(NOW)
        assert alerts(filled) == {ALERTED: ["expulsion"]}
        assert list(run_sql(filled, "SELECT count(*) FROM effective_tags WHERE decided_by = 'analyst'").rows()) == [
            (0,)
        ]
        store.record_polls("r2", [poll(late, at=NOW + HOUR)], NOW + HOUR)
        store.store_outcomes("r2", [stored(late)], NOW + HOUR, RetryRule())
        store.publish(NOW)
    assert alerts(filled) == {ALERTED: ["expulsion"], article(late).id: ["expulsion"]}


@pytest.mark.parametrize(
    "wrong",
    [
        {"opinions": {"expulsion": "perhaps"}},
        {"opinions": {}},
        {"opinions": ["expulsion"]},
        {"opinions": {"": "yes"}},
        {"article_id": ""},
        {"article_id": 7},
        {"at": "2024-05-06T07:00:00"},
        {"at": None},
        {"note": None},
    ],
    ids=lambda wrong: json.dumps(wrong),
)
def test_a_journal_record_that_is_no_verdict_is_set_aside(filled, wrong):
    journal.write(filled, journal.VERDICT, {**verdict_payload(verdict(ALERTED, expulsion=NO)), **wrong}, NOW)
    assert alerts(filled) == {ALERTED: ["expulsion"]}
    with PipelineStore.open(filled, NOW) as store:
        store.publish(NOW)
    assert len(list(Layout(filled).journal.glob("*.refused"))) == 1
    assert alerts(filled) == {ALERTED: ["expulsion"]}
    assert list(run_sql(filled, "SELECT count(*) FROM verdicts").rows()) == [(0,)]


def test_a_digest_told_is_not_told_again_for_a_verdict(filled):
    record_digest(filled, digest(ALERTED), NOW)
    record_verdict(filled, verdict(ALERTED, recruitment=YES), NOW)
    assert alerts(filled) == {}


# the grey zone


@pytest.fixture
def doubtful(folder, store):
    """Review tags at different distances from one half, one of them beside an alert."""
    scores = {"a": 0.4, "b": 0.58, "c": 0.2, "d": 0.51}
    entries = {name: entry(f"https://north.example/{name}") for name in scores}
    store.record_polls("r1", [poll(*entries.values())], NOW)
    outcomes = []
    for name, listed in entries.items():
        tags = [replace(REVIEW, score=scores[name])]
        if name == "b":
            tags += [ALERT, replace(REVIEW, category="tech-transfer", score=0.9)]
        tagged = TaggedArticle(article=article(listed), classification=classified(*tags))
        outcomes.append(EntryOutcome(entry=listed, disposition=Disposition.STORED, articles=(tagged,)))
    store.store_outcomes("r1", outcomes, NOW, RetryRule())
    store.publish(NOW)
    store.close()
    return folder


def queue(folder, **wanted):
    return [(item.url[-1], item.category, round(item.doubt, 2)) for item in review_items(folder, **wanted)]


def test_the_worst_doubt_comes_first(doubtful):
    everything = [
        ("d", "recruitment", 0.98),
        ("b", "recruitment", 0.84),
        ("a", "recruitment", 0.8),
        ("c", "recruitment", 0.4),
        ("b", "tech-transfer", 0.2),
    ]
    assert queue(doubtful) == everything
    assert queue(doubtful, limit=2) == everything[:2]
    assert queue(doubtful, category="tech-transfer") == everything[4:]
    assert queue(doubtful, category="nonsense") == []
    view = run_sql(doubtful, "SELECT url, category, doubt FROM review_queue")
    assert [(url[-1], category, round(doubt, 2)) for url, category, doubt in view.rows()] == everything


def test_a_review_item_is_all_that_a_person_needs(doubtful):
    item = next(item for item in review_items(doubtful, category="recruitment") if item.url.endswith("/b"))
    told = article(entry("https://north.example/b"))
    assert (item.article_id, item.title, item.text, item.language) == (told.id, told.title, told.text, "en")
    assert (item.outlet, item.published_at, item.score) == ("The Northern Post", told.published_at, 0.58)
    assert item.tag == replace(REVIEW, score=0.58)
    assert item.other_tags == (ALERT, replace(REVIEW, category="tech-transfer", score=0.9))


@pytest.mark.parametrize("opinion", [YES, NO])
def test_what_is_judged_leaves_the_queue_and_comes_back_when_withdrawn(doubtful, opinion):
    of = article(entry("https://north.example/d")).id
    record_verdict(doubtful, verdict(of, NOW, recruitment=opinion), NOW)
    assert len(queue(doubtful)) == 4
    assert len(run_sql(doubtful, "SELECT * FROM review_queue")) == 4
    record_verdict(doubtful, verdict(of, NOW + HOUR, recruitment=WITHDRAWN), NOW)
    assert queue(doubtful)[0] == ("d", "recruitment", 0.98)


# finding


def test_articles_are_found_by_id_prefix_and_address(filled):
    for key in (ALERTED, ALERTED[:6], ALERTED[:9].upper(), A.url, "http://north.example/a/?utm_source=x#top"):
        (found,) = find_articles(filled, key)
        assert (found.article_id, found.url, found.outlet) == (ALERTED, A.url, "The Northern Post")
    for key in (ALERTED[:5], "", "x" * 9999, "https://nowhere.example/", "'; DROP TABLE articles; --", "%%%%%%%"):
        assert find_articles(filled, key) == ()


def test_a_key_that_does_not_decide_gives_all(folder, store):
    listed, elsewhere = entry("https://north.example/ticker"), entry("https://north.example/short")
    store.record_polls("r1", [poll(listed, elsewhere)], NOW)
    parts = tuple(
        TaggedArticle(article=article(listed, id=f"abcdef{n}", part=n), classification=classified(ALERT))
        for n in (1, 2, 11)
    )
    final = article(elsewhere, "https://north.example/the-long-address")
    outcomes = [
        EntryOutcome(entry=listed, disposition=Disposition.STORED, articles=parts),
        stored(elsewhere, url=final.url),
    ]
    store.store_outcomes("r1", outcomes, NOW, RetryRule())
    store.publish(NOW)
    assert {found.article_id for found in find_articles(folder, "abcdef")} == {"abcdef1", "abcdef2", "abcdef11"}
    assert [found.article_id for found in find_articles(folder, "abcdef1")] == ["abcdef1"]  # an id, not a prefix
    assert len(find_articles(folder, listed.url)) == 3
    for address in (elsewhere.url, final.url):
        assert [found.article_id for found in find_articles(folder, address)] == [final.id]


# what the model learns from


def test_judged_articles_are_what_stands(filled):
    assert judged_articles(filled) == ()
    record_verdict(filled, verdict(ALERTED, NOW, expulsion=NO, recruitment=YES, tech_transfer=YES), NOW)
    record_verdict(filled, verdict(ALERTED, NOW + HOUR, tech_transfer=WITHDRAWN), NOW)
    record_verdict(filled, verdict(GREY, NOW, recruitment=YES), NOW)
    record_verdict(filled, verdict(GREY, NOW + HOUR, recruitment=WITHDRAWN), NOW)
    told = article(A)
    learned = JudgedArticle(
        article_id=ALERTED, title=told.title, text=told.text, language="en", yes=("recruitment",), no=("expulsion",)
    )
    assert judged_articles(filled) == (learned,)


def test_a_copy_from_before_there_were_verdicts_has_none(tmp_path):
    """A run fits its model before it brings the schema up to date; that must not stop it."""
    published = Layout(tmp_path).published
    with open_to_write(published) as connection:
        migrate(connection, published, NOW, migrations()[:2])
    assert judged_articles(tmp_path) == ()
    with open_to_write(published) as connection:
        migrate(connection, published, NOW)
        connection.execute("INSERT INTO migrations VALUES (99, 'from the future', ?)", [NOW])
    with pytest.raises(NewerSchema):
        judged_articles(tmp_path)
