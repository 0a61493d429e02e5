from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.dateline import date_in_address, dateline, is_date
from extractors.dates import page_date
from extractors.markup import Document, read_page
from spywatch.records import DateSource
from tests.extractors.conftest import BODY, NOW, PARAGRAPHS, html_page

TITLE = "Two attaches leave the harbour town"
DAY = datetime(2031, 5, 14, tzinfo=UTC)


def document(body: str, url: str = "https://gazette.example/a") -> Document:
    found = read_page(html_page(body), url=url)
    assert isinstance(found, Document)
    return found


def read(body: str) -> datetime | None:
    return dateline(document(body), title=TITLE, now=NOW)


@pytest.mark.parametrize(
    "line",
    [
        "14.05.2031",
        "(14. 5. 2031)",
        "Datum: 14.05.2031",
        "Pressemitteilung vom 14.05.2031",
        "Veröffentlicht am 14. Mai 2031 um 10:15 Uhr",
        "Mittwoch, 14. Mai 2031",
        "Ostport, 14. Mai 2031",
        "Bad Ostport, den 14. Mai 2031",
        "14. Mai 2031 | Schiffe, Hafen",
        "Aktuell | 14.05.2031, 10.15 Uhr",
        "May 14, 2031 at 8:45 AM",
        "by Ada Quill on May 14, 2031",
        "par Ada Quill, le 14 mai 2031",
        "14 de mayo de 2031",
        "14 мая 2031",
        "2031年5月14日",
    ],
)
@pytest.mark.parametrize(
    "order", ["{title}{line}{body}", "{line}{title}{body}", "{title}<p>Subtitle</p>{line}{body}"]
)
def test_line_beside_the_title(line: str, order: str) -> None:
    page = order.format(title=f"<h1>{TITLE}</h1>", line=f"<div>{line}</div>", body=BODY)
    assert read(page) == DAY


@pytest.mark.parametrize(
    "line",
    [
        "04/05/2031",
        "5/14/2031",
        "The trial begins on 14 May 2031 in the capital.",
        "Admission until 14.05.2031",
        "10.05.2031 - 14.05.2031",
        "14.05.2039",
        "14.05.1931",
        "14 Monday 2031",
    ],
)
def test_what_is_no_dateline(line: str) -> None:
    assert read(f"<h1>{TITLE}</h1><div>{line}</div>{BODY}") is None


def test_press_release_opens_or_ends_with_place_and_date() -> None:
    opening = f"<p>Ostport, (14.05.2031). {PARAGRAPHS[0]}</p>"
    assert read(f"<h1>{TITLE}</h1>{opening}{BODY}") == DAY
    assert read(f"<h1>{TITLE}</h1>{BODY}<p>Ostport, den 14. Mai 2031</p>") == DAY


def test_date_within_running_text_is_not_read() -> None:
    inside = f"<p>{PARAGRAPHS[1]} That was on 14.05.2031. {PARAGRAPHS[2]}</p>"
    assert read(f"<h1>{TITLE}</h1>{inside}{BODY}") is None


@pytest.mark.parametrize(
    "around",
    [
        "<nav><p>14.05.2031</p></nav><h1>{title}</h1>{body}",
        '<p class="current-date">14.05.2031</p><h1>{title}</h1>{body}',
        "<header><p>14.05.2031</p></header><h1>{title}</h1>{body}",
        '<h1>{title}</h1><div class="related"><p>14.05.2031</p></div>{body}',
        "<h1>{title}</h1>{body}<h2>Another report</h2><p>14.05.2031</p>",
    ],
)
def test_dates_of_other_things(around: str) -> None:
    assert read(around.format(title=TITLE, body=BODY)) is None


def test_nearest_line_wins_and_the_one_after_the_title_first() -> None:
    page = f"<p>12.05.2031</p><h1>{TITLE}</h1><p>14.05.2031</p><p>13.05.2031</p>{BODY}"
    assert read(page) == DAY


def test_without_the_title_on_the_page_its_one_heading_is_taken() -> None:
    page = document(f"<h1>Another wording of it</h1><p>14.05.2031</p>{BODY}")
    assert dateline(page, title=TITLE, now=NOW) == DAY


def test_dateline_is_the_pages_own_guess() -> None:
    page = document(f"<h1>{TITLE}</h1><p>Ostport, 14. Mai 2031</p>{BODY}")
    assert page_date(page, now=NOW, title=TITLE) == (DAY, DateSource.PAGE)
    assert page_date(page, now=NOW, title=TITLE, page_guess=False) == (None, DateSource.NONE)


@pytest.mark.parametrize(
    ("path", "expected"),
    [("/news/14-05-2031", DAY), ("/14.05.2031/x", DAY), ("/04-05-2031", None), ("/114-05-2031", None), ("/a", None)],
)
def test_day_first_date_in_the_address(path: str, expected: datetime | None) -> None:
    assert date_in_address(f"https://gazette.example{path}", now=NOW) == expected
    assert date_in_address(f"https://gazette.example{path}", now=DAY - timedelta(days=9)) is None


def test_is_date() -> None:
    assert is_date("14.05.2031, 10.19 Uhr")
    assert not is_date("Year 2031")


@given(st.text(alphabet="ab ,./|-:0123456789", max_size=150))
def test_any_line_is_read_or_not(line: str) -> None:
    moment = read(f"<h1>{TITLE}</h1><div>{line}</div>")
    assert moment is None or moment.tzinfo is UTC
