"""What was old when its feed was new is stored and tagged, and no digest alerts on it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from storage_samples import ALERT, HOUR, NORTH, NOW, REVIEW, SOUTH, article, digest, entry, failed_poll, poll, verdict
from storage_samples import stored as stored_as

from spywatch.records import Access, Coverage, Opinion
from storage.applying import digest_payload
from storage.candidates import digest_candidates
from storage.ledger import RetryRule
from storage.published import run_sql
from storage.recording import record_digest
from storage.verdicts import record_verdict

RETRY = RetryRule()
DAY = timedelta(days=1)
AGES = {"old": 8 * DAY, "fresh": 6 * DAY, "undated": None}
OLD, FRESH, UNDATED = (
    entry(f"https://north.example/{name}", published_at=None if age is None else NOW - age)
    for name, age in AGES.items()
)


def run(store, number, *polls):
    at = NOW + number * DAY
    store.record_polls(f"r{number}", [replace(one, polled_at=at) for one in polls], at)
    outcomes = [stored_as(due, ALERT) for due in store.due_entries(at)]
    store.store_outcomes(f"r{number}", outcomes, at, RETRY, 7 * DAY)
    store.publish(at)


def told(folder):
    return sorted(item.url.rsplit("/", 1)[-1] for item in digest_candidates(folder).items)


def test_a_new_feed_alerts_on_what_is_young_or_undated_only(store, folder):
    run(store, 0, poll(OLD, FRESH, UNDATED))
    assert told(folder) == ["fresh", "undated"]
    assert digest_candidates(folder).coverage.backlog == 1
    views = "SELECT url, access, backlog FROM tagged_articles ORDER BY url"
    assert list(run_sql(folder, views).rows()) == [
        (FRESH.url, "full", False),
        (OLD.url, "full", True),
        (UNDATED.url, "full", False),
    ]
    assert list(run_sql(folder, "SELECT count(*) FROM article_list WHERE backlog").rows()) == [(1,)]


def test_missed_days_are_made_up(store, folder):
    run(store, 0, poll(FRESH))
    late = entry("https://north.example/late", published_at=NOW - 10 * DAY)
    run(store, 20, poll(FRESH, OLD, late))  # nobody ran it for twenty days
    assert told(folder) == ["fresh", "late", "old"]


def test_a_feed_that_only_failed_so_far_is_new(store, folder):
    run(store, 0, failed_poll(NORTH))
    run(store, 1, poll(OLD))
    assert told(folder) == []


@pytest.mark.parametrize("first", ["new feed first", "known feed first", "known feed in the next run"])
def test_what_a_known_feed_lists_is_news_there(store, folder, first):
    run(store, 0, poll(FRESH))
    known, new = poll(FRESH, OLD), poll(replace(OLD, feed_url=SOUTH.url), feed=SOUTH)
    if first == "known feed in the next run":
        store.record_polls("killed", [replace(new, polled_at=NOW)], NOW)  # and ends before its attempts
        run(store, 1, known)
    else:
        run(store, 1, *([new, known] if first == "new feed first" else [known, new]))
    assert told(folder) == ["fresh", "old"]


def test_a_new_feed_polled_again_before_its_articles_are_stored_is_new_still(store, folder):
    store.record_polls("killed", [poll(OLD)], NOW)
    run(store, 1, poll(OLD))
    assert told(folder) == []


def test_an_analysts_yes_gives_the_alert(store, folder):
    run(store, 0, poll(OLD, FRESH))
    store.close()
    record_verdict(folder, verdict(article(OLD).id, NOW, expulsion=Opinion.YES), NOW)
    assert told(folder) == ["fresh", "old"]
    assert digest_candidates(folder).coverage.backlog == 0
    record_verdict(folder, verdict(article(OLD).id, NOW + HOUR, expulsion=Opinion.NO), NOW + HOUR)
    assert (told(folder), digest_candidates(folder).coverage.backlog) == (["fresh"], 0)


def test_only_what_came_since_the_last_digest_is_counted(store, folder):
    run(store, 0, poll(OLD, FRESH))
    store.close()
    record_digest(folder, digest(article(FRESH).id, at=NOW + HOUR), NOW + HOUR)
    assert (told(folder), digest_candidates(folder).coverage.backlog) == ([], 0)


def test_the_age_counts_from_when_it_was_first_seen(store, folder):
    store.record_polls("r0", [poll(FRESH)], NOW)
    later = NOW + 30 * DAY  # its page could not be had for a month
    store.store_outcomes("r1", [stored_as(FRESH, ALERT, REVIEW)], later, RETRY, 7 * DAY)
    store.publish(later)
    assert told(folder) == ["fresh"]


def test_a_digest_keeps_what_it_left_out_and_who_was_silent(folder, store):
    store.close()
    made = replace(digest("x"), coverage=Coverage(silent=("Quiet Post",), backlog=3))
    record_digest(folder, made, NOW)
    assert list(run_sql(folder, "SELECT silent, backlog FROM digests").rows()) == [(["Quiet Post"], 3)]


def test_a_digest_record_of_an_earlier_version_is_taken_in(folder, store):
    from storage import journal

    payload = digest_payload(digest("x"))
    del payload["coverage"]["silent"], payload["coverage"]["backlog"]
    journal.write(folder, journal.DIGEST, payload, NOW)
    store.publish(NOW)
    assert list(run_sql(folder, "SELECT silent, backlog FROM digests").rows()) == [([], 0)]


def test_candidates_say_how_much_of_the_article_was_there(store, folder):
    store.record_polls("r0", [poll(FRESH)], NOW)
    outcome = stored_as(FRESH, ALERT)
    (tagged,) = outcome.articles
    walled = replace(tagged, article=replace(tagged.article, access=Access.LOGIN))
    store.store_outcomes("r0", [replace(outcome, articles=(walled,))], NOW, RETRY)
    store.publish(NOW)
    assert [item.access for item in digest_candidates(folder).items] == [Access.LOGIN]


def test_a_feed_whose_first_document_was_empty_is_new_still(store, folder):
    run(store, 0, poll(feed=NORTH))
    run(store, 1, poll(OLD, FRESH))
    assert told(folder) == ["fresh"]
