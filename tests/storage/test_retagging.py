"""Stored articles are streamed and tagged again; a kill anywhere is continued, and nothing stale stays behind."""

import signal
import tracemalloc
from dataclasses import replace

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

from spywatch.records import Disposition, EntryOutcome, Opinion, TaggedArticle
from spywatch.urls import digest_of
from storage.candidates import digest_candidates
from storage.errors import NotPublishedYet, UnknownArticle
from storage.layout import Layout
from storage.ledger import RetryRule
from storage.published import run_sql
from storage.recording import record_digest
from storage.retagging import Retag, count_stored, stored_articles
from storage.store import PipelineStore
from storage.verdicts import record_verdict

OLD, NEW = "linear-0001", "linear-0002"
A, B, C = (entry(f"https://north.example/{name}") for name in "abc")
ALERTED, GREY, PLAIN = article(A).id, article(B).id, article(C).id
LATER = NOW + 24 * HOUR
TRANSFER = replace(ALERT, category="tech-transfer", score=0.9)


@pytest.fixture
def filled(folder, store):
    """Three articles: one alerted for expulsion, one in review for recruitment, one with neither."""
    store.record_polls("r1", [poll(A, B, C)], NOW)
    store.store_outcomes("r1", [stored(A, ALERT), stored(B, REVIEW), stored(C)], NOW, RetryRule())
    store.publish(NOW)
    return store


def fill_many(store, count, text="word " * 10, at_once=100):
    """So many articles in an order that is not that of their ids; `at_once` of them are posts of one page."""
    for start in range(0, count, at_once):
        at = NOW + start * HOUR
        page = entry(f"https://north.example/{start}")
        posts = tuple(
            TaggedArticle(
                article=article(page, id=digest_of(str(number)), part=number, text=text),
                classification=classified(ALERT),
            )
            for number in range(start, min(start + at_once, count))
        )
        store.record_polls(f"r{start}", [poll(page, at=at)], at)
        outcome = EntryOutcome(entry=page, disposition=Disposition.STORED, articles=posts)
        store.store_outcomes(f"r{start}", [outcome], at, RetryRule())


def retag(article_id, *tags, **fields):
    return Retag(article_id=article_id, classification=classified(*tags, **{"model": NEW, "corpus": "c-2", **fields}))


def tags_of(store, folder):
    store.publish(LATER)
    query = "SELECT article_id, category, decision, retroactive, model, corpus FROM tags ORDER BY ALL"
    return list(run_sql(folder, query).rows())


def row(article_id, category="expulsion", decision="alert", retroactive=False, model=NEW, corpus="c-2"):
    return (article_id, category, decision, retroactive, model, corpus)


def test_the_stream_gives_what_is_stored(filled, folder):
    filled.close()
    record_digest(folder, digest(ALERTED), NOW)
    record_verdict(folder, verdict(GREY, NOW, recruitment=Opinion.YES, expulsion=Opinion.NO), NOW)
    record_verdict(folder, verdict(GREY, NOW + HOUR, expulsion=Opinion.WITHDRAWN), NOW)
    (batch,) = stored_articles(folder, 10)
    by_id = {found.article_id: found for found in batch}
    told, original = by_id[ALERTED], article(A)
    assert (told.url, told.title, told.text, told.outlet) == (
        original.url,
        original.title,
        original.text,
        "The Northern Post",
    )
    assert (told.first_seen_at, told.language, told.model, told.not_classified) == (NOW, "en", OLD, None)
    assert (told.tags, told.told, told.verdicts) == ((ALERT,), frozenset({"expulsion"}), {})
    assert (by_id[GREY].tags, by_id[GREY].told) == ((REVIEW,), frozenset())
    assert by_id[GREY].verdicts == {"recruitment": Opinion.YES}
    with PipelineStore.open(folder, NOW) as store:
        assert list(store.outdated(NEW, 10)) == [batch]
        assert list(store.outdated(OLD, 10)) == []
    assert count_stored(folder) == count_stored(folder, NEW) == 3
    assert (count_stored(folder, OLD), list(stored_articles(folder, 10, OLD))) == (0, [])


def test_the_journal_counts_in_the_stream(filled, folder):
    record_digest(folder, digest(ALERTED), NOW)
    record_verdict(folder, verdict(ALERTED, expulsion=Opinion.NO), NOW)
    for stream in (stored_articles(folder, 10), filled.outdated(NEW, 10)):
        found = {one.article_id: one for batch in stream for one in batch}
        assert found[ALERTED].verdicts == {"expulsion": Opinion.NO}
    told = {one.article_id: one.told for batch in stored_articles(folder, 10) for one in batch}
    assert told == {ALERTED: {"expulsion"}, GREY: set(), PLAIN: set()}


def test_a_folder_without_database_has_no_stream(tmp_path):
    with pytest.raises(NotPublishedYet):
        next(stored_articles(tmp_path, 10))
    with pytest.raises(NotPublishedYet):
        count_stored(tmp_path)


@pytest.mark.parametrize("batch", [7, 50, 150, 1000])
def test_every_article_comes_once_in_batches_of_the_size(store, folder, batch):
    fill_many(store, 150, at_once=30)
    store.publish(NOW)
    for stream in (stored_articles(folder, batch), store.outdated(NEW, batch)):
        sizes, ids, times = [], [], []
        for page in stream:
            sizes.append(len(page))
            ids += [one.article_id for one in page]
            times += [one.first_seen_at for one in page]
        assert sizes == [batch] * (150 // batch) + ([150 % batch] if 150 % batch else [])
        assert len(set(ids)) == 150
        assert times == sorted(times)


def test_a_batch_of_nothing_is_refused(store):
    with pytest.raises(ValueError, match="one article at least"):
        next(store.outdated(NEW, 0))


def test_memory_holds_a_batch_and_no_more(store, folder):
    count, text, batch = 2000, 5_000, 100
    fill_many(store, count, text="word " * (text // 5))
    store.publish(NOW)
    for stream in (stored_articles(folder, batch), store.outdated(NEW, batch)):
        tracemalloc.start()
        try:
            assert sum(len(one.text) for page in stream for one in page) == count * text
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert batch * text < peak < count * text / 4


def test_the_published_stream_keeps_to_its_copy(store, folder):
    fill_many(store, 300)
    store.publish(NOW)
    stream = stored_articles(folder, 100)
    first = next(stream)
    store.store_retags([retag(one.article_id) for page in store.outdated(NEW, 100) for one in page], LATER)
    store.publish(LATER)
    rest = [one for page in stream for one in page]
    assert len(first) + len(rest) == 300
    assert {one.model for one in rest} == {OLD}
    assert {one.model for page in stored_articles(folder, 100) for one in page} == {NEW}


def test_new_tags_take_the_place_of_the_old(filled, folder):
    counts = filled.store_retags([retag(ALERTED, REVIEW), retag(GREY, ALERT, REVIEW), retag(PLAIN)], LATER)
    assert (counts.articles, counts.found, counts.lost, counts.not_classified) == (
        3,
        {"expulsion": 1},
        {"expulsion": 1},
        0,
    )
    assert tags_of(filled, folder) == sorted(
        [
            row(ALERTED, "recruitment", "review"),
            row(GREY, retroactive=True),
            row(GREY, "recruitment", "review"),
        ]
    )
    scores = "SELECT article_id, category, score, model FROM scores ORDER BY ALL"
    assert list(run_sql(folder, scores).rows()) == sorted(
        (article_id, category, score, NEW)
        for article_id, expulsion, recruitment in ((ALERTED, 0.01, 0.4), (GREY, 0.97, 0.4), (PLAIN, 0.01, 0.02))
        for category, score in (("expulsion", expulsion), ("recruitment", recruitment))
    )
    articles = "SELECT DISTINCT model, corpus, classified_at, fetched_at FROM articles"
    assert list(run_sql(folder, articles).rows()) == [(NEW, "c-2", LATER, NOW)]
    (page,) = stored_articles(folder, 10)
    assert next(one for one in page if one.article_id == GREY).tags == (ALERT, REVIEW)


def test_an_article_that_is_no_longer_classified_loses_tags_and_scores(filled, folder):
    gone = retag(ALERTED, scores={}, not_classified="language_not_covered", language="cs")
    counts = filled.store_retags([gone, retag(GREY, scores={}, not_classified="empty", language="")], LATER)
    assert (counts.lost, counts.not_classified, counts.not_covered) == ({"expulsion": 1}, 2, {"cs": 1})
    assert tags_of(filled, folder) == []
    query = """SELECT not_classified, language, classified_at IS NULL, model FROM articles ORDER BY url"""
    assert list(run_sql(folder, query).rows()) == [
        ("language_not_covered", "cs", True, NEW),
        ("empty", "en", True, NEW),
        (None, "en", False, OLD),
    ]
    assert list(run_sql(folder, "SELECT DISTINCT article_id FROM scores").rows()) == [(PLAIN,)]
    back = filled.store_retags([retag(ALERTED, ALERT, model="linear-0003")], LATER)
    assert (back.found, back.not_classified) == ({"expulsion": 1}, 0)
    assert tags_of(filled, folder) == [row(ALERTED, retroactive=True, model="linear-0003")]


def test_late_finds_are_marked_and_keep_their_mark(filled, folder):
    filled.store_retags([retag(ALERTED, ALERT, TRANSFER), retag(GREY, ALERT), retag(PLAIN, REVIEW)], LATER)
    expected = [
        row(ALERTED),
        row(ALERTED, "tech-transfer", retroactive=True),
        row(GREY, retroactive=True),
        row(PLAIN, "recruitment", "review"),
    ]
    assert tags_of(filled, folder) == sorted(expected)
    # An article that is new by itself is no late find, whatever was found beside.
    assert {item.article_id: item.retroactive for item in digest_candidates(folder).items} == {
        ALERTED: False,
        GREY: True,
    }
    again = filled.store_retags(
        [retag(ALERTED, ALERT, TRANSFER, model="m3"), retag(GREY, ALERT, model="m3")], LATER + HOUR
    )
    assert (again.found, again.lost) == ({}, {})
    expected = [(*one[:4], "m3", one[5]) if one[0] != PLAIN else one for one in expected]
    assert tags_of(filled, folder) == sorted(expected)
    late = "SELECT article_id, category FROM tagged_articles WHERE retroactive ORDER BY ALL"
    assert list(run_sql(folder, late).rows()) == sorted([(ALERTED, "tech-transfer"), (GREY, "expulsion")])


def test_what_a_digest_told_in_time_is_no_late_find_when_it_comes_back(filled, folder):
    filled.store_retags([retag(GREY, ALERT)], LATER)
    filled.close()
    record_digest(folder, digest(ALERTED), NOW)  # tells its expulsion
    with PipelineStore.open(folder, LATER) as store:
        store.store_retags([retag(ALERTED), retag(GREY)], LATER)
        back = [retag(ALERTED, ALERT, TRANSFER, model="m3"), retag(GREY, ALERT, model="m3")]
        assert store.store_retags(back, LATER).found == {"expulsion": 2, "tech-transfer": 1}
        expected = [
            row(ALERTED, model="m3"),
            row(ALERTED, "tech-transfer", retroactive=True, model="m3"),
            row(GREY, retroactive=True, model="m3"),
        ]
        assert tags_of(store, folder) == sorted(expected)
    late = next(item for item in digest_candidates(folder).items if item.article_id == GREY)
    record_digest(folder, replace(digest(), items=(late,)), LATER)
    with PipelineStore.open(folder, LATER) as store:  # told as a late find, it keeps the mark
        store.store_retags([retag(GREY, ALERT, model="m4")], LATER)
        assert row(GREY, retroactive=True, model="m4") in tags_of(store, folder)


def test_a_late_find_that_an_analyst_confirms_stays_one(filled, folder):
    filled.store_retags([retag(GREY, ALERT)], LATER)
    filled.publish(LATER)
    record_verdict(folder, verdict(GREY, LATER, expulsion=Opinion.YES, recruitment=Opinion.YES), LATER)
    item = next(item for item in digest_candidates(folder).items if item.article_id == GREY)
    assert (item.retroactive, set(item.judged_by)) == (True, {"expulsion", "recruitment"})


def test_verdicts_outlive_tagging_again(filled, folder):
    filled.publish(NOW)
    record_verdict(folder, verdict(ALERTED, expulsion=Opinion.NO), NOW)
    filled.apply_journal(NOW)
    filled.store_retags([retag(ALERTED, ALERT)], LATER)
    filled.publish(LATER)
    assert digest_candidates(folder).items == ()


def test_storing_a_batch_again_changes_nothing(filled, folder):
    batch = [retag(ALERTED, TRANSFER), retag(GREY, ALERT), retag(PLAIN)]
    first = filled.store_retags(batch, LATER)
    before = tags_of(filled, folder)
    again = filled.store_retags(batch, LATER)
    assert first.found == {"expulsion": 1, "tech-transfer": 1}
    assert (again.articles, again.found, again.lost) == (3, {}, {})
    assert tags_of(filled, folder) == before
    assert list(run_sql(folder, "SELECT count(*) FROM scores").rows()) == [(6,)]


def test_a_retag_that_was_cut_off_goes_on_where_it_was(store, folder):
    fill_many(store, 300)
    stream = store.outdated(NEW, 100)
    store.store_retags([retag(one.article_id, ALERT) for one in next(stream)], LATER)
    assert store.count_outdated(NEW) == 200
    store.close()  # nothing was published; what is stored is stored
    with PipelineStore.open(folder, LATER) as again:
        sizes = []
        for page in again.outdated(NEW, 150):
            sizes.append(len(page))
            assert {one.model for one in page} == {OLD}
            again.store_retags([retag(one.article_id, ALERT) for one in page], LATER)
            again.publish(LATER)  # closes and opens the file between two pages
        assert (sizes, again.count_outdated(NEW), list(again.outdated(NEW, 10))) == ([150, 50], 0, [])
    counts = """SELECT count(*), count(DISTINCT article_id), count(DISTINCT model), bool_or(retroactive) FROM tags"""
    assert list(run_sql(folder, counts).rows()) == [(300, 300, 1, False)]
    assert list(run_sql(folder, "SELECT count(*), count(DISTINCT model) FROM scores").rows()) == [(600, 1)]


def test_a_retag_that_was_killed_goes_on_where_it_was(store, folder):
    fill_many(store, 300)
    store.close()
    with program("retagger.py", folder) as retagger:
        assert [ask(retagger) for _ in range(2)] == [30, 60]
        retagger.stdin.write("\n")  # whatever it is doing now
        retagger.send_signal(signal.SIGKILL)
        retagger.wait()
    with PipelineStore.open(folder, LATER) as again:
        left = again.count_outdated(NEW)
        assert left in {210, 240}
        for page in again.outdated(NEW, 100):
            again.store_retags([retag(one.article_id, ALERT) for one in page], LATER)
        again.publish(LATER)
    counts = "SELECT count(*), count(DISTINCT article_id), min(model), max(model) FROM "
    assert list(run_sql(folder, counts + "tags").rows()) == [(300, 300, NEW, NEW)]
    assert list(run_sql(folder, counts + "scores").rows()) == [(600, 300, NEW, NEW)]


def test_what_readers_have_not_seen_is_known(store, folder):
    fill_many(store, 300)
    store.publish(NOW)
    kept = {one.article_id: one for page in stored_articles(folder, 300) for one in page}
    assert list(store.unpublished(NEW, 70)) == []
    done = [one.article_id for one in next(store.outdated(NEW, 100))]
    store.store_retags([retag(done[0], REVIEW), *(retag(one) for one in done[1:])], LATER)
    pages = list(store.unpublished(NEW, 70))
    assert [len(page) for page in pages] == [70, 30]
    found = [one for page in pages for one in page]
    assert [one.article for one in found] == [kept[article_id] for article_id in done]
    first = found[0].classification
    assert first == classified(REVIEW, model=NEW, corpus="c-2")
    assert all(one.classification.tags == () for one in found[1:])
    # Tagged by one model that was cut off, then by the next: readers still know the first.
    (page,) = store.outdated("linear-0003", 1000)
    assert [one.model for one in page].count(NEW) == 100
    assert store.shown_before(page) == tuple(kept[one.article_id] for one in page)
    assert list(store.unpublished("linear-0003", 70)) == []
    store.publish(LATER)
    assert list(store.unpublished(NEW, 70)) == []
    (page,) = store.outdated("linear-0003", 1000)
    assert store.shown_before(page) == page


def test_an_article_that_readers_do_not_have_is_given_as_it_is(filled):
    late = entry("https://north.example/late")
    filled.record_polls("r2", [poll(late, at=LATER)], LATER)
    filled.store_outcomes("r2", [stored(late, ALERT)], LATER, RetryRule())
    (page,) = filled.outdated(NEW, 10)
    assert len(page) == 4
    assert filled.shown_before(page) == page


@pytest.mark.parametrize(("characters", "sizes"), [(450, [4, 4, 2]), (99, [1] * 10), (1000, [10])])
def test_a_page_is_bounded_by_its_characters(store, folder, characters, sizes):
    fill_many(store, 10, text="x" * 100, at_once=3)
    store.publish(NOW)
    for stream in (stored_articles(folder, 10, None, characters), store.outdated(NEW, 10, characters)):
        pages = list(stream)
        assert [len(page) for page in pages] == sizes
        assert len({one.article_id for page in pages for one in page}) == 10


def test_a_wrong_batch_writes_nothing(filled, folder):
    before = tags_of(filled, folder)
    with pytest.raises(UnknownArticle, match="nonsense"):
        filled.store_retags([retag(ALERTED, TRANSFER), retag("nonsense", ALERT)], LATER)
    with pytest.raises(ValueError, match="two classifications"):
        filled.store_retags([retag(ALERTED, TRANSFER), retag(ALERTED)], LATER)
    with pytest.raises(ValueError, match="without a zone"):
        filled.store_retags([retag(ALERTED, TRANSFER)], LATER.replace(tzinfo=None))
    assert filled.store_retags([], LATER).articles == 0
    assert tags_of(filled, folder) == before


def test_tagging_everything_again_and_again_does_not_blow_up_the_file(store, folder):
    fill_many(store, 600, text="word " * 200)
    store.publish(NOW)
    size = Layout(folder).published.stat().st_size
    for number in range(3):
        model = f"linear-{number + 10}"
        for page in store.outdated(model, 200):
            store.store_retags([retag(one.article_id, ALERT, REVIEW, model=model) for one in page], LATER)
        store.publish(LATER)
    assert Layout(folder).published.stat().st_size < 3 * size
    assert list(run_sql(folder, "SELECT count(*) FROM tags").rows()) == [(1200,)]
