"""Silence, drift and yield, from histories of sightings and articles in a real database."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import duckdb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from storage_samples import NOW

from spywatch.records import NoticeKind
from storage.connection import Row, open_to_write
from storage.health import note_health, standing
from storage.migrations import migrate
from storage.queries import ready_query

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MONDAY = datetime(2024, 3, 4, tzinfo=UTC)


class History:
    """A database that is filled with what runs would have written; every change is taken back after the test."""

    def __init__(self, database: duckdb.DuckDBPyConnection) -> None:
        self.database = database

    def insert(self, table: str, rows: list[Row]) -> None:
        arrow = pa.Table.from_pylist(rows)
        self.database.register("new_rows", arrow)
        self.database.execute(f"INSERT INTO {table} BY NAME SELECT * FROM new_rows")
        self.database.unregister("new_rows")

    def feed(self, name: str, *, answered: datetime | None = NOW, **fields: object) -> None:
        values: Row = {
            "feed_id": name,
            "url": f"https://{name}.example/feed",
            "outlet": name.title(),
            "name": "",
            "language": "en",
            "country": "",
            "kind": "other",
            "verified": True,
            "registered": True,
            "added_at": MONDAY,
            "consecutive_failures": 0,
            "last_success_at": answered,
            "retired": False,
        }
        self.database.execute("DELETE FROM feeds WHERE feed_id = ?", [name])
        self.insert("feeds", [{**values, **fields}])

    def poll(self, name: str, at: datetime, items: int = 20, outcome: str = "read") -> None:
        counts = dict.fromkeys(
            ("bytes_read", "seconds", "new_entries", "due_again", "unchanged", "linked", "dropped"), 0
        )
        row = {"poll_id": f"{name} {at}", "run_id": "r", "feed_id": name, "polled_at": at, "outcome": outcome}
        self.insert("polls", [{**row, **counts, "entries": items}])

    def news(self, name: str, *times: datetime) -> None:
        self.insert(
            "sightings",
            [{"entry_id": f"{name} {at}", "feed_id": name, "seen_at": at, "run_id": "r"} for at in times],
        )

    def articles(self, name: str, at: datetime, lengths: Sequence[int], *, days: int = 1, **fields: object) -> None:
        """So many articles on each day, one for each length."""
        values: Row = {
            "feed_id": name,
            "canonical_url": "",
            "title": "Title",
            "authors": [""],
            "date_source": "none",
            "access": "full",
            "text_source": "page",
            "feed_text": "",
            "published_at": at,
            "model": "m",
            "run_id": "r",
        }
        rows = []
        for day in range(days):
            when = at + day * DAY
            for number, length in enumerate(lengths):
                ids = dict.fromkeys(("article_id", "entry_id", "url"), f"{name} {when} {number}")
                rows.append(
                    {**values, **ids, "text": "x" * length, "first_seen_at": when, "fetched_at": when, **fields}
                )
        self.insert("articles", rows)

    def ask(self, query: str) -> list[tuple[object, ...]]:
        return self.database.execute(query).fetchall()

    def silent(self, name: str) -> bool | None:
        ((found,),) = self.ask(f"SELECT silent FROM source_silence WHERE feed_id = '{name}'")
        return found

    def drift(self, name: str) -> tuple[bool | None, str | None]:
        ((found, detail),) = self.ask(f"SELECT drift, detail FROM source_drift WHERE feed_id = '{name}'")
        return found, detail

    def notices(self) -> list[tuple[object, ...]]:
        return self.ask("SELECT feed_id, kind, detail FROM notices ORDER BY rowid")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    path = tmp_path_factory.mktemp("health") / "x.duckdb"
    with open_to_write(path) as database:
        migrate(database, path, NOW)
        yield database


@pytest.fixture
def history(filled: duckdb.DuckDBPyConnection) -> Iterator[History]:
    filled.begin()
    yield History(filled)
    filled.rollback()


def daily(days: int, *, at: int = 7, start: datetime = MONDAY) -> list[datetime]:
    return [start + day * DAY + at * HOUR for day in range(days)]


# silence


@pytest.mark.parametrize(
    ("quiet", "silent"), [(2 * DAY, False), (3 * DAY, False), (73 * HOUR, True), (4 * DAY, True), (400 * DAY, True)]
)
def test_a_daily_source_is_silent_after_three_days(history, quiet, silent):
    times = daily(40)
    history.feed("daily", answered=times[-1] + quiet)
    history.news("daily", *times)
    assert history.silent("daily") is silent


@pytest.mark.parametrize(("quiet", "silent"), [(6 * DAY, False), (14 * DAY, False), (22 * DAY, True)])
def test_a_weekly_source_may_be_quiet_for_three_weeks(history, quiet, silent):
    times = [MONDAY + week * 7 * DAY + 9 * HOUR for week in range(6)]
    history.feed("weekly", answered=times[-1] + quiet)
    history.news("weekly", *times)
    assert history.silent("weekly") is silent


@pytest.mark.parametrize("weeks", [2, 3, 6, 20])
@pytest.mark.parametrize("hours", [range(8, 19), (7,)], ids=["polled-hourly", "polled-daily"])
def test_a_source_that_rests_on_weekends_is_not_silent_on_monday(history, hours, weeks):
    days = [MONDAY + day * DAY for day in range(7 * weeks) if day % 7 < 5]
    times = [day + hour * HOUR for day in days for hour in hours]
    monday = MONDAY + 7 * weeks * DAY + 7 * HOUR
    history.feed("office", answered=monday)
    history.news("office", *times)
    assert history.silent("office") is not True
    history.feed("office", answered=times[-1] + 10 * DAY)
    assert history.silent("office") is True


@given(
    days=st.sets(st.integers(0, 6), min_size=1),
    hours=st.sets(st.integers(0, 23), min_size=1, max_size=6),
    every=st.sampled_from([1, 3, 6, 12, 24]),
    offset=st.integers(0, 23),
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_weekly_rhythm_is_called_silent_before_its_next_news_and_each_is_when_it_dies(
    filled, days, hours, every, offset
):
    def seen(week: int) -> set[datetime]:
        """The polls, every so many hours from the offset on, that meet what was published since the poll before."""
        told = set()
        for day in days:
            for hour in hours:
                published = week * 168 + day * 24 + hour
                told.add(published + (offset - published) % every)
        return {MONDAY + at * HOUR for at in told}

    times = sorted(at for week in range(7) for at in seen(week))
    upcoming = next(at for at in sorted(seen(7) | seen(8)) if at > times[-1])
    filled.begin()
    try:
        history = History(filled)
        history.news("any", *times)
        history.feed("any", answered=upcoming - every * HOUR)
        assert history.silent("any") is False
        history.feed("any", answered=times[-1] + 22 * DAY)
        assert history.silent("any") is True
    finally:
        filled.rollback()


def test_too_little_history_and_sources_that_do_not_answer_are_not_judged(history):
    times = daily(40)
    later = times[-1] + 30 * DAY
    history.feed("never", answered=later)
    history.feed("young", answered=later)
    history.news("young", *[MONDAY + hour * HOUR for hour in range(24)])  # a morning of news tells no rhythm
    history.feed("rare", answered=later)
    history.news("rare", *times[::9])  # four gaps
    for name, fields in {
        "failing": {"consecutive_failures": 2},
        "retired": {"retired": True},
        "removed": {"registered": False},
        "unread": {"last_success_at": None},
    }.items():
        history.feed(name, answered=later, **fields)
        history.news(name, *times)
    assert {name for (name,) in history.ask("SELECT feed_id FROM source_silence WHERE silent IS NOT NULL")} == set()


def test_time_in_which_nobody_asked_is_no_silence(history):
    times = daily(40)
    history.news("daily", *times)
    history.feed("daily", answered=times[-1] + DAY)
    history.feed("other", answered=times[-1] + 60 * DAY)
    history.poll("other", times[-1] + 60 * DAY)
    assert history.silent("daily") is False


def test_one_long_outage_does_not_stretch_what_is_usual(history):
    before = daily(40)
    after = daily(20, start=before[-1] + 25 * DAY)
    history.news("daily", *before, *after)
    history.feed("daily", answered=after[-1] + 4 * DAY)
    assert history.silent("daily") is True


@pytest.mark.parametrize("later", [0, 400])
def test_a_list_that_is_suddenly_empty_is_a_silence_at_once(history, later):
    times = daily(3)
    history.news("emptied", *times)
    for at in times:
        history.poll("emptied", at)
    empty = times[-1] + DAY
    history.poll("emptied", empty, items=0)
    history.poll("emptied", empty + later * DAY, items=0, outcome="not_modified")
    history.feed("emptied", answered=empty + later * DAY)
    ((silent, emptied, detail),) = history.ask("SELECT silent, emptied, detail FROM source_silence")
    assert (silent, emptied) == (True, True)
    assert detail.startswith("it answers, but its list is empty; the last new item came ")


def test_a_list_that_is_empty_now_and_then_is_not(history):
    times = daily(10)
    history.news("bulletin", *times)
    for at in times:
        history.poll("bulletin", at)
    history.poll("bulletin", times[4] + HOUR, items=0)
    history.poll("bulletin", times[-1] + HOUR, items=0)
    history.feed("bulletin", answered=times[-1] + HOUR)
    assert history.silent("bulletin") is False
    history.feed("always", answered=times[-1])  # never held anything
    history.poll("always", times[-1], items=0)
    assert history.silent("always") is None


def test_the_rhythm_is_told_in_figures_and_in_words(history):
    times = [MONDAY + number * 14 * HOUR for number in range(60)]
    history.news("often", *times)
    history.feed("often", answered=times[-1] + 6 * DAY)
    ((gaps, median, p90, quiet),) = history.ask(
        "SELECT gaps, median_gap_hours, p90_gap_hours, p90_quiet_days FROM source_rhythm"
    )
    assert (gaps, median, p90, quiet) == (59, 14, 14, 0)
    (trouble,) = standing(history.database)
    assert trouble.detail == "nothing new for 6 days; usually every 14 hours"
    assert (trouble.outlet, trouble.kind, trouble.noticed_at) == ("Often", NoticeKind.SILENT, None)
    assert history.ask("SELECT health, silent_detail FROM source_health") == [("silent", trouble.detail)]


# notices


def test_a_silence_is_noticed_once_and_its_end_once(history):
    times = daily(40)
    history.news("daily", *times)
    for quiet in (1, 4, 5, 6):
        now = times[-1] + quiet * DAY
        history.feed("daily", answered=now)
        for _ in range(2):  # a run that is repeated
            note_health(history.database, f"r{quiet}", now)
    assert history.notices() == [("daily", "silent", "nothing new for 4 days; usually every 24 hours")]
    now = times[-1] + 7 * DAY
    history.feed("daily", answered=now, consecutive_failures=3)
    note_health(history.database, "failed", now)  # it does not answer: neither silent nor heard again
    assert len(history.notices()) == 1
    now += DAY
    history.feed("daily", answered=now)
    history.news("daily", now)
    note_health(history.database, "heard", now)
    note_health(history.database, "later", now + DAY)
    assert history.notices()[1:] == [("daily", "heard_again", "something new after 8 days")]
    assert standing(history.database) == ()
    assert history.ask("SELECT last_notice, last_notice_at FROM source_health") == [("heard_again", now)]


def test_a_clock_that_goes_back_does_not_repeat_a_notice(history):
    times = daily(40)
    history.news("daily", *times)
    history.feed("daily", answered=times[-1] + 5 * DAY)
    note_health(history.database, "silent", times[-1] + 900 * DAY)  # a clock that is far ahead
    back = times[-1] + 6 * DAY
    history.news("daily", back)
    history.feed("daily", answered=back)
    for number in range(3):
        note_health(history.database, f"back {number}", back + number * HOUR)
    assert [kind for _, kind, _ in history.notices()] == ["silent", "heard_again"]


def test_a_list_that_fills_again_is_noticed(history):
    times = daily(10)
    history.news("emptied", *times)
    for at in times:
        history.poll("emptied", at)
    history.poll("emptied", times[-1] + HOUR, items=0)
    history.feed("emptied", answered=times[-1] + HOUR)
    note_health(history.database, "r1", times[-1] + HOUR)
    history.poll("emptied", times[-1] + 2 * HOUR)
    history.feed("emptied", answered=times[-1] + 2 * HOUR)
    note_health(history.database, "r2", times[-1] + 2 * HOUR)
    assert history.notices() == [
        ("emptied", "silent", "it answers, but its list is empty; the last new item came 1 hour ago"),
        ("emptied", "heard_again", "its list is no longer empty"),
    ]


# drift


def told_daily(history: History, name: str, days: int, length: int, *, start: datetime = MONDAY, **fields: object):
    """Ten articles a day, the median 180 characters longer than the shortest."""
    history.articles(name, start, [length + 40 * number for number in range(10)], days=days, **fields)
    history.feed(name, answered=start + (days - 1) * DAY)
    history.poll(name, start + (days - 1) * DAY)


@pytest.mark.parametrize(
    ("length", "fields", "drift", "words"),
    [
        (3000, {}, False, None),
        (1800, {}, False, None),
        (300, {}, True, "texts of 480 characters instead of 3180"),
        (9000, {}, True, "texts of 9180 characters instead of 3180"),
        (3000, {"text_source": "title"}, True, "100 % without any text instead of 0 %"),
        (3000, {"text_source": "feed_full"}, True, "100 % without the text of the page instead of 0 %"),
        (3000, {"published_at": None, "access": "teaser"}, False, None),
    ],
)
def test_articles_that_change_their_nature_are_noticed(history, length, fields, drift, words):
    told_daily(history, "paper", 30, 3000)
    told_daily(history, "paper", 3, length, start=MONDAY + 30 * DAY, **fields)
    assert history.drift("paper") == (drift, words)
    now = MONDAY + 33 * DAY
    note_health(history.database, "r1", now)
    assert history.notices() == ([("paper", "drift", words)] if drift else [])
    assert history.ask("SELECT health FROM source_health") == [("drifting" if drift else "ok",)]
    assert [one.kind for one in standing(history.database)] == ([NoticeKind.DRIFT] if drift else [])


def test_the_end_of_a_drift_is_noticed_once_it_is_well_over(history):
    told_daily(history, "paper", 30, 3000)
    told_daily(history, "paper", 3, 300, start=MONDAY + 30 * DAY)
    note_health(history.database, "r1", MONDAY + 33 * DAY)
    told_daily(history, "paper", 4, 1500, start=MONDAY + 33 * DAY)  # a ratio between one half and two thirds
    assert history.drift("paper") == (False, None)
    note_health(history.database, "r2", MONDAY + 37 * DAY)
    assert len(history.notices()) == 1
    told_daily(history, "paper", 4, 3000, start=MONDAY + 37 * DAY)
    for number in range(2):
        note_health(history.database, f"over {number}", MONDAY + 41 * DAY)
    over = ("paper", "drift_over", "its last articles are like those of the 30 days before: 3180 characters")
    assert history.notices()[1:] == [over]


def test_drift_shows_its_figures(history):
    told_daily(history, "paper", 10, 3000, access="teaser")
    told_daily(history, "paper", 3, 3000, start=MONDAY + 10 * DAY, published_at=None)
    ((figures),) = history.ask(
        """SELECT recent_articles, baseline_articles, length_ratio, recent_not_in_full, baseline_not_in_full,
            recent_without_date, baseline_without_date FROM source_drift"""
    )
    assert figures == (30, 100, 1, 0, 1, 1, 0)


def test_a_slow_source_is_judged_by_its_last_twenty_articles(history):
    history.articles("slow", MONDAY, [3000], days=40)
    history.articles("slow", MONDAY + 40 * DAY, [300], days=20)
    history.feed("slow")
    history.poll("slow", MONDAY + 60 * DAY)
    assert history.drift("slow") == (True, "texts of 300 characters instead of 3000")


@pytest.mark.parametrize(("before", "after"), [(29, 20), (30, 19)], ids=["short-baseline", "few-recent"])
def test_too_few_articles_are_not_judged(history, before, after):
    history.articles("small", MONDAY, [3000] * before)
    history.articles("small", MONDAY + 20 * DAY, [10] * after)
    history.feed("small")
    history.poll("small", MONDAY + 20 * DAY)
    assert history.drift("small") == (None, None)


def test_a_source_that_brought_nothing_for_long_has_no_drift(history):
    told_daily(history, "paper", 30, 3000)
    told_daily(history, "paper", 3, 300, start=MONDAY + 30 * DAY)
    history.poll("paper", MONDAY + 70 * DAY)
    assert history.drift("paper") == (None, None)


# yield, walls, robots.txt


def page(history: History, name: str, *feeds: tuple[str, datetime], alert: bool = False, opinion: str = "") -> None:
    first = min(at for _, at in feeds)
    owner = next(feed for feed, at in feeds if at == first)
    history.insert(
        "entries",
        [
            {
                **dict.fromkeys(("canonical_url", "title", "guid", "language"), ""),
                "entry_id": name,
                "feed_id": owner,
                "url": f"https://Pages.example/{name}",
                "authors": [""],
                "link_shared": False,
                "date_source": "none",
                "first_seen_at": first,
                "first_run_id": "r",
                "state": "stored",
                "attempts": 1,
            }
        ],
    )
    sightings = [{"entry_id": name, "feed_id": feed, "seen_at": at, "run_id": "r"} for feed, at in feeds]
    history.insert("sightings", sightings)
    history.articles(owner, first, [100], article_id=name, entry_id=name)
    if alert:
        history.database.execute(
            "INSERT INTO tags VALUES (?, 'expulsion', 0.9, 'alert', 'm', ?, [], [], [], '', false)", [name, first]
        )
    if opinion:
        history.database.execute(
            "INSERT INTO verdicts VALUES (?, ?, 'expulsion', ?, 'ana', ?, '', '')", [name, name, opinion, first]
        )


def test_yield_says_what_a_source_is_good_for(history):
    old, now = MONDAY, MONDAY + 200 * DAY
    for name in ("agency", "copycat"):
        history.feed(name, answered=now)
        history.poll(name, now)
    page(history, "a", ("agency", now - DAY), ("copycat", now), alert=True, opinion="yes")
    page(history, "b", ("agency", now - DAY), ("copycat", now), alert=True, opinion="no")
    page(history, "c", ("agency", now - DAY), ("copycat", now - DAY), alert=True)
    page(history, "d", ("agency", now - DAY))
    page(history, "e", ("copycat", old), opinion="yes")
    found = history.ask(
        """SELECT feed_id, period, shown, stored, tagged, shared, first, confirmed, denied
        FROM source_yield ORDER BY feed_id, period"""
    )
    assert found == [
        ("agency", "90 days", 4, 4, 2, 3, 3, 1, 1),  # what was said no to is no alert
        ("agency", "all", 4, 4, 2, 3, 3, 1, 1),
        ("copycat", "90 days", 3, 3, 2, 3, 1, 1, 1),
        ("copycat", "all", 4, 4, 3, 3, 1, 2, 1),
    ]
    shares = history.ask("SELECT tagged_share, first_share, confirmed_share FROM source_health ORDER BY feed_id")
    assert shares == [(0.5, 1, 0.5), (pytest.approx(2 / 3), pytest.approx(1 / 3), 0.5)]


def test_a_copy_under_another_address_is_the_same_page(history):
    history.feed("agency")
    history.feed("copycat")
    history.poll("agency", NOW)
    page(history, "a", ("agency", NOW - DAY), alert=True)
    page(history, "b", ("copycat", NOW))
    history.database.execute("UPDATE entries SET state = 'linked', linked_to_article_id = 'a' WHERE entry_id = 'b'")
    history.database.execute("DELETE FROM articles WHERE article_id = 'b'")
    found = history.ask(
        "SELECT feed_id, shown, tagged, shared, first FROM source_yield WHERE period = 'all' ORDER BY 1"
    )
    assert found == [("agency", 1, 1, 1, 1), ("copycat", 1, 1, 1, 0)]


def test_walls_are_counted(history):
    history.feed("walled")
    history.poll("walled", NOW)
    history.articles("walled", NOW, [100])
    history.articles("walled", NOW - DAY, [50, 50], access="login")
    history.articles("walled", NOW - 2 * DAY, [50], access="teaser")
    history.articles("walled", NOW - 40 * DAY, [50] * 5, access="consent")
    found = history.ask("SELECT access, articles, share, last_seen_at FROM source_access ORDER BY access")
    assert found == [
        ("consent", 0, 0, NOW - 40 * DAY),
        ("full", 1, 0.25, NOW),
        ("login", 2, 0.5, NOW - DAY),
        ("teaser", 1, 0.25, NOW - 2 * DAY),
    ]
    assert history.ask("SELECT teaser_share, blocked_share FROM source_health") == [(0.25, 0.5)]
    (row,) = history.ask(ready_query("walls_by_source").sql)
    assert row[:7] == ("Walled", 4, 25, 25, 0, 0, 50)


def test_what_robots_txt_keeps_unread_is_counted(history):
    history.feed("agency")
    for name, reason in (("a", "robots_disallowed"), ("b", "robots_disallowed"), ("c", None)):
        page(history, name, ("agency", NOW))
        history.database.execute("UPDATE entries SET reason = ? WHERE entry_id = ?", [reason, name])
        failure = [
            {
                "failure_id": f"{name} {attempt}",
                "run_id": "r",
                "happened_at": NOW,
                "stage": "download",
                "subject": f"https://Pages.example/{name}?x=1",
                "reason": "robots_disallowed",
                "detail": "",
                "retryable": False,
                "entry_id": name,
            }
            for attempt in range(2)
        ]
        history.insert("failures", failure)  # the last one was read in the end
    robots = [("https://pages.example", "found", "User-agent: *"), ("https://quiet.example", "absent", "")]
    for origin, state, body in robots:
        row = {"origin": origin, "state": state, "fetched_at": NOW, "body": body, "detail": ""}
        history.insert("robots", [row])
    found = history.ask("SELECT origin, state, characters, entries_unread FROM robots_log ORDER BY origin")
    assert found == [("https://pages.example", "found", 13, 2), ("https://quiet.example", "absent", 0, 0)]
    query = ready_query("robots_disallowed")
    assert [row[:3] for row in history.ask(query.sql)] == [("https://pages.example", "found", 2)]


# the ready queries


def test_the_ready_queries_on_sources_answer(history):
    times = daily(40)
    history.news("daily", *times)
    told_daily(history, "paper", 30, 3000)
    told_daily(history, "paper", 3, 300, start=MONDAY + 30 * DAY)
    history.feed("daily", answered=times[-1] + 5 * DAY)
    note_health(history.database, "r", times[-1] + 5 * DAY)
    habit = {"feed_id": "daily", "habit": "changing_guids", "found_at": NOW, "last_seen_at": NOW, "detail": "3 of 4"}
    history.insert("feed_habits", [habit])

    def first(name: str, **given: str) -> Row:
        query = ready_query(name)
        values = {key: value for key, value in query.values(given).items() if f"${key}" in query.sql}
        result = history.database.execute(query.sql, values or None)
        return dict(zip([column[0] for column in result.description], result.fetchall()[0], strict=True))

    assert first("silent_sources")["outlet"] == "Daily"
    assert first("drifting_sources")["characters"] == 480
    assert first("misleading_sources")["habit"] == "changing_guids"
    assert first("source_history", outlet="paper")["kind"] == "drift"
    assert first("source_history", outlet="DAILY")["kind"] == "silent"
    assert history.ask("SELECT habits FROM source_health WHERE feed_id = 'daily'") == [(["changing_guids"],)]
