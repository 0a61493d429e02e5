"""How the desk stands, after sixteen days of runs through the store."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from storage_samples import ALERT, HOUR, NORTH, SOUTH, article, classified, entry, failed_poll, poll, verdict

from spywatch.records import (
    Access,
    DateCandidate,
    DateFault,
    DateSource,
    Disposition,
    Entry,
    EntryOutcome,
    Failure,
    Notice,
    NoticeKind,
    Opinion,
    Reason,
    RobotsFile,
    RobotsState,
    RunReport,
    Stage,
    TaggedArticle,
    TextSource,
)
from storage.health import source_troubles
from storage.ledger import RetryRule
from storage.published import run_sql
from storage.queries import ready_query
from storage.status import SourceStatus, status
from storage.store import PipelineStore
from storage.verdicts import record_verdict

DAY = timedelta(days=1)
START = datetime(2024, 3, 4, 7, tzinfo=UTC)
RETRY = RetryRule(base=HOUR)
EAST = replace(NORTH, url="https://east.example/atom", name="Eastern Herald")
GONE = replace(NORTH, url="https://gone.example/rss", name="Gone Gazette")
LAST_NEWS = START + 9 * DAY
NOW = START + 15 * DAY


def item(feed: str, day: int) -> Entry:
    return entry(f"https://{feed}.example/{day}", published_at=START + day * DAY - 2 * HOUR)


def outcome(of: Entry, *tags: object, **fields: object) -> EntryOutcome:
    told = TaggedArticle(article=article(of, **fields), classification=classified(*tags))
    return EntryOutcome(entry=of, disposition=Disposition.STORED, articles=(told,))


def no_page(of: Entry, reason: Reason, **fields: object) -> EntryOutcome:
    failure = Failure(stage=Stage.DOWNLOAD, subject=of.url, reason=reason, detail="Not for programs.")
    told = outcome(of, **fields).articles if fields else ()
    return EntryOutcome(entry=of, disposition=Disposition.FAILED, articles=told, failure=failure)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A source that goes on as ever, one that falls silent on day 9, one that fails and one that is gone."""
    folder = tmp_path_factory.mktemp("desk")
    with PipelineStore.open(folder, START) as store:
        store.register_feeds([NORTH, SOUTH, EAST, GONE], START)
        for day in range(16):
            now, run = START + day * DAY, f"r{day}"
            quiet = now > LAST_NEWS
            north = [item("north", one) for one in range(max(0, day - 3), day + 1)]
            south = [item("south", one) for one in (range(6, 10) if quiet else range(max(0, day - 3), day + 1))]
            polls = [poll(*north, at=now), poll(*south, feed=SOUTH, at=now)]
            if day in {0, 15}:
                gone = failed_poll(GONE, Reason.GONE, now)
                polls += [failed_poll(EAST, at=now), replace(gone, state=replace(gone.state, retired=True))]
            store.record_polls(run, polls, now)
            if day >= 12:
                store.notice_health(run, now)
            if day == 14:
                first = north[-1]
                refused = DateCandidate(source=DateSource.META, text="01/02/03", fault=DateFault.UNREADABLE)
                old = outcome(item("south", 0), ALERT)
                store.store_outcomes(
                    run,
                    [
                        outcome(first, ALERT, dates=(refused,)),
                        outcome(item("north", 13), access=Access.TEASER),
                        no_page(
                            item("north", 12),
                            Reason.ROBOTS_DISALLOWED,
                            access=Access.ROBOTS,
                            text_source=TextSource.FEED_SUMMARY,
                        ),
                        no_page(item("north", 11), Reason.NOT_FOUND),
                        old,
                    ],
                    now,
                    RETRY,
                    timedelta(hours=1),
                )
        robots = RobotsFile(
            origin="https://north.example", state=RobotsState.FOUND, fetched_at=NOW, body="User-agent: *"
        )
        store.record_robots([robots], NOW)
        moved = Notice(kind=NoticeKind.MOVED, feed_url=NORTH.url, detail="asked elsewhere from now on", at=NOW)
        store.record_notices("r15", [moved], NOW)
        store.record_run(RunReport(run_id="r15", started_at=NOW, finished_at=NOW + HOUR))
        store.publish(NOW)
    record_verdict(folder, verdict(article(item("north", 14)).id, NOW, expulsion=Opinion.YES), NOW)
    return folder


def source(folder: Path, outlet: str) -> SourceStatus:
    (found,) = (one for one in status(folder).sources if one.outlet == outlet)
    return found


def test_status_names_what_is_not_well(desk: Path) -> None:
    found = status(desk)
    assert (found.failing, found.retired) == (("Eastern Herald",), ("Gone Gazette",))
    assert (found.silent, found.drifting) == (("Southern Wire",), ())
    assert found.set_aside == 2
    assert (found.feeds, found.feeds_retired, found.verdicts) == (4, 1, 1)


def test_each_source_says_how_it_does(desk: Path) -> None:
    assert {one.outlet: one.health for one in status(desk).sources} == {
        "Eastern Herald": "failing",
        "Gone Gazette": "retired",
        "Southern Wire": "silent",
        "The Northern Post": "ok",
    }
    silent = source(desk, "Southern Wire")
    assert (silent.silent, silent.silent_for_hours, silent.usual_gap_hours) == (True, 6 * 24, 24)
    assert silent.silent_detail == "nothing new for 6 days; usually every 24 hours"
    assert (silent.last_success_at, silent.feed_url) == (NOW, "https://south.example/rss?token=REDACTED")
    north = source(desk, "The Northern Post")
    assert (north.silent, north.drift, north.habits) == (False, None, ())
    assert north.access == {Access.FULL: 1, Access.ROBOTS: 1, Access.TEASER: 1}
    assert (north.articles, north.alert_articles, north.tagged_share) == (3, 1, pytest.approx(1 / 3))
    assert (north.last_notice, north.last_notice_at) == (NoticeKind.MOVED, NOW)
    failing = source(desk, "Eastern Herald")
    assert (failing.last_reason, failing.next_attempt_at, failing.silent) == (Reason.TIMEOUT, NOW + HOUR, None)


def test_a_silence_is_told_in_the_run_that_notices_it_and_stands_until_it_ends(desk: Path) -> None:
    (told,) = run_sql(desk, "SELECT run_id, outlet, detail FROM source_notices WHERE kind = 'silent'").rows()
    assert told == ("r13", "Southern Wire", "nothing new for 4 days; usually every 24 hours")
    (trouble,) = source_troubles(desk)
    assert (trouble.outlet, trouble.kind) == ("Southern Wire", NoticeKind.SILENT)
    assert trouble.detail == "nothing new for 6 days; usually every 24 hours"
    assert trouble.noticed_at == START + 13 * DAY


def test_the_last_report_has_what_its_run_noticed(desk: Path) -> None:
    last = status(desk).last_run
    assert last is not None
    assert [(one.kind, one.outlet) for one in last.notices] == [(NoticeKind.MOVED, "The Northern Post")]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("silent_sources", {"outlet": "Southern Wire", "usual_gap_hours": 24.0, "allowed_hours": 72.0}),
        ("source_history", {"outlet": "The Northern Post", "kind": "moved"}),
        ("walls_by_source", {"outlet": "The Northern Post", "articles": 3, "teaser": 33.3, "robots": 33.3}),
        ("robots_disallowed", {"origin": "https://north.example", "state": "found", "entries_unread": 1}),
        ("set_aside", {"outlet": "The Northern Post", "entries": 1}),
        ("dates_refused", {"stood_in": "meta", "date_text": "01/02/03", "fault": "unreadable"}),
        ("backlog_alerts", {"outlet": "Southern Wire", "category": "expulsion"}),
    ],
)
def test_the_ready_queries_on_sources(desk: Path, name: str, expected: dict[str, object]) -> None:
    query = ready_query(name)
    result = run_sql(desk, query.sql, query.values())
    assert expected.items() <= dict(zip(result.columns, next(result.rows()), strict=True)).items()
