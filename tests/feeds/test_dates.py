from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.dates import believable, entry_date, read_date
from spywatch.records import DateSource

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


def test_published_is_preferred_and_updated_has_its_own_source() -> None:
    published, updated = ("2026-05-19T08:00:00Z",), ("2026-05-20T08:00:00Z",)
    assert entry_date(published, updated, now=NOW) == (
        datetime(2026, 5, 19, 8, tzinfo=UTC),
        DateSource.FEED_PUBLISHED,
    )
    assert entry_date((), updated, now=NOW) == (datetime(2026, 5, 20, 8, tzinfo=UTC), DateSource.FEED_UPDATED)
    assert entry_date(("yesterday",), updated, now=NOW)[1] is DateSource.FEED_UPDATED
    assert entry_date(("yesterday",), (), now=NOW) == (None, DateSource.NONE)


def test_dates_outside_the_limits_are_rejected() -> None:
    assert entry_date(("1989-12-31",), (), now=NOW) == (None, DateSource.NONE)
    assert entry_date(("Thu, 01 Jan 1970 00:00:00 GMT",), (), now=NOW) == (None, DateSource.NONE)
    assert entry_date(("2026-05-21T11:59:00Z",), (), now=NOW)[0] is not None
    assert entry_date(("2026-05-21T12:01:00Z",), (), now=NOW) == (None, DateSource.NONE)
    assert entry_date(("2031-01-01",), (), now=None)[1] is DateSource.FEED_PUBLISHED
    assert not believable(datetime(2150, 1, 1, tzinfo=UTC), None)


def test_a_false_future_date_gives_way_to_the_update() -> None:
    found, source = entry_date(("2099-01-01",), ("2026-05-18",), now=NOW)
    assert (found, source) == (datetime(2026, 5, 18, tzinfo=UTC), DateSource.FEED_UPDATED)
