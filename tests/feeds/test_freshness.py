from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.freshness import LONGEST_FRESH, fresh_until

NOW = datetime(2026, 5, 20, 6, 0, tzinfo=UTC)
DATE = "Wed, 20 May 2026 05:59:00 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"cache-control": "max-age=600"}, 600),
        ({"cache-control": 'Public, MAX-AGE="600"'}, 600),
        ({"cache-control": "max-age = 600"}, 600),
        ({"cache-control": "max-age=600, max-age=7"}, 600),
        ({"cache-control": "max-age=600", "age": "250"}, 350),
        ({"cache-control": "max-age=600", "age": "600"}, None),
        ({"cache-control": "max-age=600", "age": "soon"}, 600),
        ({"cache-control": "max-age=0"}, None),
        ({"cache-control": "max-age=-5"}, None),
        ({"cache-control": "max-age=soon", "expires": "Wed, 20 May 2026 07:00:00 GMT"}, None),
        ({"cache-control": "s-maxage=600"}, None),
        ({"cache-control": "s-maxage=9, max-age=600"}, 600),
        ({"cache-control": "no-cache, max-age=600"}, None),
        ({"cache-control": 'no-cache="set-cookie, max-age=1", max-age=600'}, None),
        ({"cache-control": 'private="max-age=5"'}, None),
        ({"cache-control": "no-store", "expires": "Wed, 20 May 2026 07:00:00 GMT"}, None),
        ({"cache-control": "max-age=31536000"}, 86_400),
        ({"expires": "Wed, 20 May 2026 07:00:00 GMT"}, 3600),
        ({"expires": "Wed, 20 May 2026 07:00:00 GMT", "date": DATE}, 3660),
        ({"expires": "Wed, 20 May 2026 07:00:00 GMT", "date": "no date", "age": "60"}, 3540),
        ({"expires": "Wed, 20 May 2026 07:00:00 GMT", "cache-control": "max-age=60"}, 60),
        ({"expires": "0"}, None),
        ({"expires": "-1"}, None),
        ({"expires": "Wed, 20 May 2020 07:00:00 GMT", "date": DATE}, None),
        ({"expires": "Fri, 20 May 2120 07:00:00 GMT"}, 86_400),
    ],
)
def test_how_long_an_answer_is_good(headers: dict[str, str], seconds: int | None) -> None:
    assert fresh_until(headers, NOW) == (None if seconds is None else NOW + timedelta(seconds=seconds))


@given(
    st.dictionaries(
        st.sampled_from(["cache-control", "expires", "date", "age"]),
        st.one_of(
            st.text(max_size=60),
            st.text(alphabet='max-age=0123456789,"\\ s', max_size=60),
            st.sampled_from([DATE, "Wed, 31 Feb 9999 99:99:99 +9999", "max-age=" + "9" * 50]),
        ),
    )
)
def test_no_header_raises_or_promises_more_than_a_day(headers: dict[str, str]) -> None:
    found = fresh_until(headers, NOW)
    assert found is None or NOW < found <= NOW + LONGEST_FRESH
