"""Feeds that change ids, titles or dates of what they have told are found out, and let off again."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from storage_samples import HOUR, NORTH, NOW, SOUTH, entry, poll

from spywatch.records import DateSource, FeedHabit, Notice, NoticeKind, RunReport
from storage.candidates import digest_candidates
from storage.habits import CLEAN_POLLS, Changes, Telling, compare, habits_in
from storage.published import run_sql

ENTRIES = [entry(f"https://north.example/{n}", guid=f"guid-{n}") for n in range(4)]
FIRST = Telling(guid="g", title="A title", published_at=NOW, date_source=DateSource.FEED_PUBLISHED)


def test_what_counts_as_a_change():
    def changes(**fields):
        found = compare([(FIRST, replace(FIRST, **fields))])
        return found.guids, found.titles, found.dates

    assert changes() == (0, 0, 0)
    assert changes(guid="h", title="Another", published_at=NOW + HOUR) == (1, 1, 1)
    assert changes(title=" A  title\n") == (0, 0, 0)
    assert changes(published_at=NOW - timedelta(seconds=60)) == (0, 0, 0)
    assert changes(published_at=NOW - timedelta(seconds=61)) == (0, 0, 1)
    assert changes(guid="", title="", published_at=None) == (0, 0, 0)
    assert changes(published_at=NOW + HOUR, date_source=DateSource.FEED_UPDATED) == (0, 0, 0)


@given(st.integers(0, 30), st.integers(0, 30))
def test_a_habit_takes_three_items_and_its_share(changed, others):
    among = changed + others
    counts = {"guids": changed, "titles": changed, "dates": changed}
    found = habits_in(Changes(compared=among, with_guid=among, with_title=among, with_date=among, **counts))
    assert (FeedHabit.CHANGING_GUIDS in found) == (changed >= 3 and changed * 2 >= among)
    assert (FeedHabit.DRIFTING_DATES in found) == (changed >= 3 and changed * 2 >= among)
    assert (FeedHabit.REWRITTEN_TITLES in found) == (changed >= 3 and changed * 5 >= among)
    assert FeedHabit.FALSE_NOT_MODIFIED not in found


def polled(store, number, *entries, feed=NORTH, **state):
    at = NOW + number * HOUR
    one = poll(*entries, feed=feed, at=at)
    store.record_polls(f"r{number}", [replace(one, state=replace(one.state, **state))], at)
    return [(notice.kind, notice.outlet, notice.detail) for notice in store.notices(f"r{number}")]


def told_again(**changes):
    return [replace(one, **{name: change(one) for name, change in changes.items()}) for one in ENTRIES]


def test_a_habit_is_noticed_once_and_ends_after_clean_polls(store, folder):
    assert polled(store, 0, *ENTRIES) == []
    moved = told_again(guid=lambda one: one.guid + "-new", published_at=lambda one: one.published_at + HOUR)
    ids = "4 of 4 items known before have another id than at first."
    dates = "4 of 4 items known before have another date than at first."
    found = [(NoticeKind.HABIT_FOUND, NORTH.name, detail) for detail in (ids, dates)]
    assert sorted(polled(store, 1, *moved)) == sorted(found)
    assert polled(store, 2, *moved) == []  # it is known
    for number in range(3, 2 + CLEAN_POLLS):
        assert polled(store, number, *ENTRIES) == []
    assert polled(store, 7, *ENTRIES[:2]) == []  # too few to say anything
    assert polled(store, 8, *moved[:1], *ENTRIES[1:]) == []  # no habit by itself, and no clean poll
    for number in range(9, 8 + CLEAN_POLLS):
        assert polled(store, number, *ENTRIES) == []
    gone = polled(store, 8 + CLEAN_POLLS, *ENTRIES)
    assert [kind for kind, _, _ in gone] == [NoticeKind.HABIT_GONE] * 2
    store.publish(NOW)
    assert list(run_sql(folder, "SELECT count(*) FROM feed_habits").rows()) == [(0,)]
    counts = "SELECT changed_guids, changed_titles, changed_dates, compared FROM polls ORDER BY polled_at LIMIT 2"
    assert list(run_sql(folder, counts).rows()) == [(0, 0, 0, 0), (4, 0, 4, 4)]
    kept = "SELECT count(*) FROM entries WHERE guid LIKE '%-new' OR published_at > $first"
    assert list(run_sql(folder, kept, {"first": ENTRIES[0].published_at}).rows()) == [(0,)]  # the first stays


def test_another_feeds_wording_is_no_rewriting(store):
    polled(store, 0, *ENTRIES)
    reworded = [replace(one, title=f"{one.title}, elsewhere", feed_url=SOUTH.url) for one in ENTRIES]
    assert polled(store, 1, *reworded, feed=SOUTH) == []
    assert polled(store, 2, *reworded, feed=SOUTH) == []
    assert polled(store, 3, *told_again(title=lambda one: "Rewritten"))[0][2].startswith("4 of 4 items")


def test_a_server_that_lies_is_marked_as_long_as_its_state_says_so(store, folder):
    assert polled(store, 0, validators_lie=False) == []
    ((kind, _, detail),) = polled(store, 1, validators_lie=True)
    assert (kind, "not modified" in detail) == (NoticeKind.HABIT_FOUND, True)
    assert polled(store, 2, validators_lie=True) == []
    store.publish(NOW)
    assert list(run_sql(folder, "SELECT habit FROM feed_habits").rows()) == [("false_not_modified",)]
    assert [kind for kind, _, _ in polled(store, 3, validators_lie=False)] == [NoticeKind.HABIT_GONE]
    assert polled(store, 4, validators_lie=False) == []


def test_a_poll_that_tells_of_its_lie_itself_is_not_told_twice(store):
    at = NOW
    notice = Notice(kind=NoticeKind.HABIT_FOUND, feed_url=NORTH.url, detail="It lied.", at=at)
    one = poll(at=at)
    lying = replace(one, state=replace(one.state, validators_lie=True), notices=(notice,))
    store.record_polls("r1", [lying], at)
    assert [found.detail for found in store.notices("r1")] == ["It lied."]


def test_a_source_that_falls_silent_is_noticed_and_told_in_the_digest(store, folder):
    for day in range(10):
        polled(store, 24 * day, entry(f"https://north.example/day-{day}"))
        store.notice_health(f"r{24 * day}", NOW + 24 * day * HOUR)
        assert store.notices(f"r{24 * day}") == ()
    polled(store, 24 * 40)
    for _ in range(2):
        store.notice_health("r960", NOW + 960 * HOUR)
    (notice,) = store.notices("r960")
    assert (notice.kind, notice.outlet) == (NoticeKind.SILENT, NORTH.name)
    store.publish(NOW)
    assert digest_candidates(folder).coverage.silent == (NORTH.name,)


def test_notices_come_back_with_the_outlets_name_and_without_secrets(store, folder):
    moved = Notice(kind=NoticeKind.MOVED, feed_url=SOUTH.url, detail="It has moved.", at=NOW)
    store.record_polls("r1", [replace(poll(feed=SOUTH), notices=(moved,))], NOW)
    ahead = replace(moved, kind=NoticeKind.FAILING, at=NOW + 99 * HOUR)
    for _ in range(2):
        store.record_notices("r1", [ahead], NOW + HOUR)
        store.record_polls("r1", [replace(poll(feed=SOUTH), notices=(moved,))], NOW)
    shown = {"outlet": SOUTH.name, "feed_url": "https://south.example/rss?token=REDACTED"}
    assert store.notices("r1") == (replace(moved, **shown), replace(ahead, **shown, at=NOW + HOUR))
    assert store.notices("r2") == ()
    store.publish(NOW)
    assert list(run_sql(folder, "SELECT count(*) FROM notices").rows()) == [(2,)]


def test_what_a_killed_run_noticed_stands_in_the_report_of_the_next(store):
    retired = Notice(kind=NoticeKind.RETIRED, feed_url=SOUTH.url, detail="It is gone.", at=NOW)
    store.record_run(RunReport(run_id="first", started_at=NOW - HOUR, finished_at=NOW - HOUR))
    store.record_polls("killed", [replace(poll(feed=SOUTH), notices=(retired,))], NOW)
    assert [notice.kind for notice in store.notices("next")] == [NoticeKind.RETIRED]
    store.record_run(RunReport(run_id="next", started_at=NOW + HOUR, finished_at=NOW + HOUR))
    assert store.notices("after") == ()
