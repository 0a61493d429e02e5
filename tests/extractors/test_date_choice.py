from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from extractors.article import articles_from_page
from extractors.date_choice import MOST, page_or_feed_date
from extractors.dates import AHEAD, OLDEST, judged
from extractors.markup import Document, read_page
from spywatch.records import DateCandidate, DateFault, DateSource, Entry, Failure, Page
from tests.extractors.conftest import BODY, NOW, html_page

MakePage = Callable[..., Page]
MakeEntry = Callable[..., Entry]
DAY = datetime(2031, 5, 1, tzinfo=UTC)
LINKED = '<script type="application/ld+json">{"@type":"NewsArticle","datePublished":"%s"}</script>'
MOMENTS = st.none() | st.integers(-25_000, 25_000).map(lambda days: NOW + timedelta(days=days))
META = '<meta property="article:published_time" content="%s">'


def document(body: str = BODY, head: str = "") -> Document:
    found = read_page(html_page(body, head), url="https://gazette.example/a")
    assert isinstance(found, Document)
    return found


def feed_date(source: DateSource, at: datetime | None, fault: DateFault | None = None) -> DateCandidate:
    return DateCandidate(source=source, text="as written", at=at, fault=fault)


def test_every_date_is_kept_best_first_with_what_is_wrong_with_it(make_page: MakePage, make_entry: MakeEntry) -> None:
    published = feed_date(DateSource.FEED_PUBLISHED, DAY)
    updated = feed_date(DateSource.FEED_UPDATED, DAY + timedelta(days=2))
    entry = make_entry(
        published_at=DAY, date_source=DateSource.FEED_PUBLISHED, dates=(published, updated), summary_html="x"
    )
    head = LINKED % "03/04/2031" + META % "2035-01-01T00:00:00Z"
    page = make_page(f'<article><h1>Attaches</h1><time datetime="2031-05-03">3 May</time>{BODY}</article>', head)
    found = articles_from_page(page, entry, now=NOW)
    assert not isinstance(found, Failure)
    assert (found[0].published_at, found[0].date_source) == (DAY, DateSource.FEED_PUBLISHED)
    assert [(one.source, one.fault) for one in found[0].dates] == [
        (DateSource.JSON_LD, DateFault.UNREADABLE),
        (DateSource.META, DateFault.FUTURE),
        (DateSource.FEED_PUBLISHED, None),
        (DateSource.TIME_ELEMENT, None),
        (DateSource.FEED_UPDATED, None),
    ]
    assert found[0].dates[0].text == "03/04/2031"
    assert found[0].dates[1].at == datetime(2035, 1, 1, tzinfo=UTC)


def test_where_nothing_is_believable_there_is_no_date() -> None:
    chosen = page_or_feed_date(document(head=META % "1970-01-01"), None, now=NOW)
    assert (chosen.at, chosen.source) == (None, DateSource.NONE)
    assert [one.fault for one in chosen.candidates] == [DateFault.TOO_EARLY]


def test_guess_is_made_only_where_nothing_is_stated() -> None:
    body = f"<h1>Attaches sent home</h1><p>3 May 2031</p>{BODY}"
    guessed = page_or_feed_date(document(body), None, now=NOW, title="Attaches sent home")
    assert (guessed.at, guessed.source) == (datetime(2031, 5, 3, tzinfo=UTC), DateSource.PAGE)
    stated = page_or_feed_date(document(body, META % "2031-05-02"), None, now=NOW, title="Attaches sent home")
    assert [one.source for one in stated.candidates] == [DateSource.META]


def test_what_the_feeds_reader_did_not_believe_stays_unbelieved(make_entry: MakeEntry) -> None:
    doubted = feed_date(DateSource.FEED_PUBLISHED, DAY, DateFault.FUTURE)
    chosen = page_or_feed_date(None, make_entry(dates=(doubted,)), now=NOW)
    assert (chosen.at, chosen.candidates) == (None, (doubted,))


def test_feed_date_that_lies_ahead_of_a_clock_that_went_back_is_not_believed(make_entry: MakeEntry) -> None:
    entry = make_entry(published_at=NOW, date_source=DateSource.FEED_UPDATED)
    chosen = page_or_feed_date(None, entry, now=NOW - timedelta(days=3))
    assert (chosen.at, [one.fault for one in chosen.candidates]) == (None, [DateFault.FUTURE])


def test_number_and_length_of_candidates_are_bounded() -> None:
    head = "".join(LINKED % f"2031-04-{day:02}" for day in range(1, 31)) + META % ("x" * 5_000)
    chosen = page_or_feed_date(document(head=head), None, now=NOW)
    assert len(chosen.candidates) == MOST
    assert all(len(one.text) <= 100 for one in chosen.candidates)


@given(MOMENTS, st.booleans())
def test_a_date_without_fault_is_between_the_bounds(at: datetime | None, clock: bool) -> None:
    now = NOW if clock else None
    fault = judged(DateSource.META, "text", at, now).fault
    believable = at is not None and at >= OLDEST and (now is None or at <= now + AHEAD)
    assert (fault is None) == believable


@given(
    st.lists(
        st.tuples(
            st.sampled_from([DateSource.FEED_PUBLISHED, DateSource.FEED_UPDATED]),
            MOMENTS,
        ),
        max_size=4,
    )
)
def test_the_chosen_date_is_the_first_without_a_fault_and_never_invented(
    dates: list[tuple[DateSource, datetime | None]],
) -> None:
    entry = Entry(
        id="e", feed_url="", url="", title="t", dates=tuple(judged(source, "w", at, NOW) for source, at in dates)
    )
    chosen = page_or_feed_date(None, entry, now=NOW)
    sound = [one for one in chosen.candidates if one.fault is None]
    assert (chosen.at, chosen.source) == ((sound[0].at, sound[0].source) if sound else (None, DateSource.NONE))
    assert chosen.at is None or chosen.at in [at for _, at in dates]
