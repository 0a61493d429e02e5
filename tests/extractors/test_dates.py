from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.dates import page_date, parse_date, post_line, sane
from extractors.markup import Document, read_page
from spywatch.records import DateSource
from tests.extractors.conftest import BODY, NOW, html_page


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2030-03-27", datetime(2030, 3, 27, tzinfo=UTC)),
        ("2030-03-27T10:00:00+02:00", datetime(2030, 3, 27, 8, tzinfo=UTC)),
        ("2030-03-27T10:00:00.123Z", datetime(2030, 3, 27, 10, tzinfo=UTC)),
        ("2030-03-27 10:00", datetime(2030, 3, 27, 10, tzinfo=UTC)),
        ("20300327", datetime(2030, 3, 27, tzinfo=UTC)),
        ("Wed, 27 Mar 2030 10:00:00 +0100", datetime(2030, 3, 27, 9, tzinfo=UTC)),
        ("1585303200", datetime(2020, 3, 27, 10, tzinfo=UTC)),
        ("27 March 2030", datetime(2030, 3, 27, tzinfo=UTC)),
        ("March 27th, 2030", datetime(2030, 3, 27, tzinfo=UTC)),
        ("27. März 2030", datetime(2030, 3, 27, tzinfo=UTC)),
        ("27 de marzo de 2030", datetime(2030, 3, 27, tzinfo=UTC)),
        ("le 1er février 2031", datetime(2031, 2, 1, tzinfo=UTC)),
        ("27 марта 2030", datetime(2030, 3, 27, tzinfo=UTC)),
        ("2030年3月27日", datetime(2030, 3, 27, tzinfo=UTC)),
        ("31.12.2030", datetime(2030, 12, 31, tzinfo=UTC)),
        ("2030/03/27", datetime(2030, 3, 27, tzinfo=UTC)),
    ],
)
def test_written_dates(text: str, expected: datetime) -> None:
    assert parse_date(text) == expected


@pytest.mark.parametrize(
    "text", ["", "yesterday", "03/04/2030", "2030-13-45", "0001-01-01T00:00:00+10:00", "March", "12"]
)
def test_what_cannot_be_read_for_sure_is_not_read(text: str) -> None:
    assert parse_date(text) is None


@given(st.text(max_size=60))
def test_any_text_is_a_date_or_not(text: str) -> None:
    moment = parse_date(text)
    assert moment is None or moment.tzinfo is UTC


@given(st.integers(min_value=0, max_value=3_700_000_000))
def test_iso_times_come_back(seconds: int) -> None:
    moment = datetime.fromtimestamp(seconds, tz=UTC)
    assert parse_date(moment.isoformat()) == moment


def test_sanity_limits() -> None:
    assert sane(NOW + timedelta(hours=23), NOW)
    assert not sane(NOW + timedelta(hours=25), NOW)
    assert not sane(datetime(1989, 12, 31, tzinfo=UTC), NOW)
    assert sane(NOW + timedelta(days=9000), None)
    assert not sane(None, NOW)


def document(body: str, head: str = "") -> Document:
    found = read_page(html_page(body, head))
    assert isinstance(found, Document)
    return found


JSON_LD = '<script type="application/ld+json">{"@type":"NewsArticle","datePublished":"2031-05-01T08:00:00Z"}</script>'
META = '<meta property="article:published_time" content="2031-05-02">'
TIME = '<article><time datetime="2031-05-03">3 May</time></article>'
LINE = "<p>Author: Ada Quill | Date: 4 May 2031 | Permalink</p>"


@pytest.mark.parametrize(
    ("body", "head", "day", "source"),
    [
        (TIME + LINE, META + JSON_LD, 1, DateSource.JSON_LD),
        (TIME + LINE, META, 2, DateSource.META),
        (TIME + LINE, META.replace("2031", "2091"), 3, DateSource.TIME_ELEMENT),
        (TIME + LINE, "", 3, DateSource.TIME_ELEMENT),
        (LINE, "", 4, DateSource.POST_LINE),
        ('<div class="info">Published: 2031-05-05</div>', '<meta name="x" content="y">', 5, DateSource.PAGE),
    ],
)
def test_best_source_wins(body: str, head: str, day: int, source: DateSource) -> None:
    moment, found = page_date(document(body + BODY, head), now=NOW)
    assert found is source
    assert moment is not None
    assert (moment.month, moment.day) == (5, day)


def test_dates_of_other_articles_are_not_this_ones() -> None:
    aside = '<aside><time datetime="2031-05-03">3 May</time></aside>'
    related = '<div class="related"><time datetime="2031-05-04">4 May</time></div>'
    assert page_date(document(BODY + aside + related), now=NOW, page_guess=False) == (None, DateSource.NONE)


@pytest.mark.parametrize(
    "line", ["Home | News | Contact", "By Ada Quill", "4 May 2031", "Sport | 4 May 2031", "a | b" * 90]
)
def test_what_is_no_post_line(line: str) -> None:
    assert post_line(line) is None


def test_post_line_with_extra_fields() -> None:
    found = post_line("Author: Ada Quill | Date: 9 October 2029 | Research credit: S.F. | Permalink")
    assert found is not None
    assert (found.author, found.written, found.permalink) == ("Ada Quill", "9 October 2029", True)
