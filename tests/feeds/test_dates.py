from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.dates import entry_date, read_date
from spywatch.records import DateCandidate, DateFault, DateSource

NOW = datetime(2026, 5, 20, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Wed, 29 Jun 2016 15:07:41 +0200", "2016-06-29T13:07:41"),
        ("Wed, 29 Jun 2016 15:07:41 CEST", "2016-06-29T13:07:41"),
        ("Wed, 29 Jun 2016 15:07:41 MSK", "2016-06-29T12:07:41"),
        ("Wed, 29 Jun 2016 15:07:41 EDT", "2016-06-29T19:07:41"),
        ("Wed, 29 Jun 2016 15:07:41 PST", "2016-06-29T23:07:41"),
        ("Wed, 29 Jun 2016 15:07:41 JST", "2016-06-29T06:07:41"),
        ("Wed, 29 Jun 2016 15:07:41 GMT", "2016-06-29T15:07:41"),
        ("Wed, 29 Jun 2016 15:07:41 GMT+0300", "2016-06-29T12:07:41"),
        ("Wed, 29 Jun 2016 15:07:41 +0200 (CEST)", "2016-06-29T13:07:41"),
        ("Wed, 29 Jun 16 15:07 EDT", "2016-06-29T19:07:00"),
        ("29 Jun 2016 23:59:60 GMT", "2016-06-29T23:59:59"),
        ("29 Jun 2016 24:00:00 GMT", "2016-06-30T00:00:00"),
        ("29 Jun 2016", "2016-06-29T00:00:00"),
        ("2016-06-29T15:07:41Z", "2016-06-29T15:07:41"),
        ("2016-06-29T15:07:41.250+02:00", "2016-06-29T13:07:41"),
        ("2016-06-29 15:07:41 -0500", "2016-06-29T20:07:41"),
        ("2016-06-29T15:07:41", "2016-06-29T15:07:41"),
        ("2016-06-29", "2016-06-29T00:00:00"),
        ("20160629T150741Z", "2016-06-29T15:07:41"),
        ("2016-181", "2016-06-29T00:00:00"),
        ("2016-W26-3", "2016-06-29T00:00:00"),
        ("1467212861", "2016-06-29T15:07:41"),
        ("1467212861000", "2016-06-29T15:07:41"),
        ("2016/6/29 15:07:41", "2016-06-29T15:07:41"),
        ("29/06/2016 15:07", "2016-06-29T15:07:00"),
        ("6/29/2016 3:07 PM", "2016-06-29T15:07:00"),
        ("05.06.2016", "2016-06-05T00:00:00"),
        ("2016年6月29日 15:07", "2016-06-29T15:07:00"),
        ("2016년 6월 29일 오후 3:07", "2016-06-29T15:07:00"),
        ("June 29, 2016 at 3:07 pm", "2016-06-29T15:07:00"),
        ("Wed Jun 29 15:07:41 2016", "2016-06-29T15:07:41"),
        ("Mi, 29. Juni 2016, 15:07 Uhr", "2016-06-29T15:07:00"),
        ("5 März 2018", "2018-03-05T00:00:00"),
        ("mercredi 29 juin 2016 à 15h07", "2016-06-29T15:07:00"),
        ("1er août 2016", "2016-08-01T00:00:00"),
        ("miércoles, 29 de junio de 2016", "2016-06-29T00:00:00"),
        ("Ср, 29 июн 2016 15:07:41 +0300", "2016-06-29T12:07:41"),
        ("29 июня 2016 г., 15:07", "2016-06-29T15:07:00"),
        ("29 giugno 2016", "2016-06-29T00:00:00"),
        ("29 czerwca 2016 r., 15:07", "2016-06-29T15:07:00"),
        ("29. června 2016 15:07", "2016-06-29T15:07:00"),
        ("29. července 2016", "2016-07-29T00:00:00"),
        ("29 de junho de 2016 às 15:07", "2016-06-29T15:07:00"),
        ("29 maart 2016", "2016-03-29T00:00:00"),
    ],
)
def test_reads(text: str, expected: str) -> None:
    assert read_date(text) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "", "yesterday", "today", "now", "3 hours ago", "Wed", "2016", "2016-06", "June 2016", "05/06/2016",
        "5-6-2016", "0000-00-00T00:00:00Z", "2016-02-31", "31 Feb 2016", "29 Jun 2016 25:10", "29 Smarch 2016",
        "2016-06-29T15:07:41+99:00", "2016-366T00:00:00 nonsense here", "2015-366", "x" * 5000, "99999999999999999",
        "29 Jun 2016 and some more words",
    ],
)  # fmt: skip
def test_has_no_single_meaning(text: str) -> None:
    assert read_date(text) is None


@given(st.text(max_size=120))
def test_any_text_gives_a_utc_date_or_none(text: str) -> None:
    found = read_date(text)
    assert found is None or found.utcoffset() == timedelta(0)


@given(st.text(alphabet="0123456789 :/.-+TZ,JunMarPMGT年月日", max_size=40))
def test_date_like_text_never_raises(text: str) -> None:
    found = read_date(text)
    assert found is None or found.utcoffset() == timedelta(0)


@given(st.datetimes(datetime(1990, 1, 2), datetime(2099, 12, 30), timezones=st.just(UTC)))  # noqa: DTZ001
def test_what_python_writes_is_read_back(when: datetime) -> None:
    when = when.replace(microsecond=0)
    assert read_date(when.strftime("%Y-%m-%dT%H:%M:%SZ")) == when
    assert read_date(when.strftime("%a, %d %b %Y %H:%M:%S +0000")) == when
    assert read_date(str(int(when.timestamp()))) in {when, None if when.timestamp() < 10**8 else when}


def chosen(published: tuple[str, ...], updated: tuple[str, ...], now: datetime | None = NOW) -> tuple[object, object]:
    return entry_date(published, updated, now=now)[:2]


def test_published_is_preferred_and_updated_has_its_own_source() -> None:
    published, updated = ("2026-05-19T08:00:00Z",), ("2026-05-20T08:00:00Z",)
    assert chosen(published, updated) == (datetime(2026, 5, 19, 8, tzinfo=UTC), DateSource.FEED_PUBLISHED)
    assert chosen((), updated) == (datetime(2026, 5, 20, 8, tzinfo=UTC), DateSource.FEED_UPDATED)
    assert chosen(("yesterday",), updated)[1] is DateSource.FEED_UPDATED
    assert chosen(("yesterday",), ()) == (None, DateSource.NONE)


@pytest.mark.parametrize(
    ("text", "now", "fault"),
    [
        ("1989-12-31", NOW, DateFault.TOO_EARLY),
        ("Thu, 01 Jan 1970 00:00:00 GMT", NOW, DateFault.TOO_EARLY),
        ("1758-09-18", NOW, DateFault.TOO_EARLY),
        ("2026-05-21T11:59:00Z", NOW, None),
        ("2026-05-21T12:01:00Z", NOW, DateFault.FUTURE),
        ("2031-01-01", None, None),
        ("2150-01-01", None, DateFault.FUTURE),
        ("05/06/2016", NOW, DateFault.UNREADABLE),
        ("", NOW, DateFault.UNREADABLE),
    ],
)
def test_why_a_date_is_not_believed(text: str, now: datetime | None, fault: DateFault | None) -> None:
    at, source, (candidate,) = entry_date((text,), (), now=now)
    assert candidate == DateCandidate(source=DateSource.FEED_PUBLISHED, text=text, at=read_date(text), fault=fault)
    assert (at, source) == ((candidate.at, candidate.source) if fault is None else (None, DateSource.NONE))


def test_every_text_is_kept_with_the_chosen_one_first() -> None:
    at, source, candidates = entry_date(("2099-01-01", "05/06/2026"), ("2026-05-18", "x" * 500), now=NOW)
    assert (at, source) == (datetime(2026, 5, 18, tzinfo=UTC), DateSource.FEED_UPDATED)
    assert [(one.text, one.source, one.fault) for one in candidates] == [
        ("2026-05-18", DateSource.FEED_UPDATED, None),
        ("2099-01-01", DateSource.FEED_PUBLISHED, DateFault.FUTURE),
        ("05/06/2026", DateSource.FEED_PUBLISHED, DateFault.UNREADABLE),
        ("x" * 100, DateSource.FEED_UPDATED, DateFault.UNREADABLE),
    ]
    assert candidates[1].at == datetime(2099, 1, 1, tzinfo=UTC)


def test_the_day_of_the_run_never_completes_a_date() -> None:
    for now in (NOW, datetime(2026, 11, 1, tzinfo=UTC)):
        assert chosen(("2016/6/29 15:07:41",), (), now)[0] == datetime(2016, 6, 29, 15, 7, 41, tzinfo=UTC)
        assert chosen(("15:07",), ("today",), now) == (None, DateSource.NONE)


@given(
    st.lists(st.sampled_from(["2026-05-18", "2099-01-01", "1970-01-01", "05/06/2026", "19 May 2026"]), max_size=4),
    st.lists(st.sampled_from(["2026-05-17", "2098-01-01", "never"]), max_size=4),
)
def test_the_date_is_the_first_candidate_that_has_no_fault(published: list[str], updated: list[str]) -> None:
    at, source, candidates = entry_date(published, updated, now=NOW)
    believed = [one for one in candidates if one.fault is None]
    assert (at, source) == ((believed[0].at, believed[0].source) if believed else (None, DateSource.NONE))
    assert list(candidates[: len(believed)]) == believed
    assert {one.text for one in candidates} == {*published, *updated}
