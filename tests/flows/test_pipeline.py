"""The whole run below Prefect: real newsroom over HTTP, real DuckDB file, real worker processes."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from feeds.registry import RegisterError
from flows.pipeline import run_pipeline
from flows.tell import next_digest
from newsroom.process import NewsroomProcess, running_newsroom
from spywatch.records import RunReport
from spywatch.settings import Settings, load_settings
from storage.lock import FolderLock
from storage.published import run_sql
from storage.recording import Recorded, record_digest
from storage.store import PipelineStore

NOW = datetime(2026, 3, 1, 6, tzinfo=UTC)


@pytest.fixture
def room(tmp_path: Path) -> Iterator[NewsroomProcess]:
    with running_newsroom(tmp_path / "newsroom", now=NOW, slow_seconds=0.2) as room:
        yield room


@pytest.fixture
def settings(tmp_path: Path, room: NewsroomProcess, model_cache: Path) -> Settings:
    return load_settings(
        feeds=room.feeds_file,
        db=tmp_path / "db",
        cache=model_cache,
        allowed_private_hosts=room.allowed_hosts,
        host_delay_seconds=0.0,
        host_delay_max_seconds=0.05,
        host_concurrency=8,
        batch_size=20,
    )


def run(settings: Settings, now: datetime = NOW, *, due_only: bool = False) -> RunReport:
    return asyncio.run(run_pipeline(settings, now=now, due_only=due_only))


def column(settings: Settings, query: str) -> list[object]:
    return [row[0] for row in run_sql(settings.db, query).rows()]


def test_a_command_that_takes_its_verdict_in_is_waited_for(settings: Settings) -> None:
    settings.db.mkdir()
    lock = FolderLock(settings.db)
    lock.acquire()
    done = threading.Timer(0.3, lock.release)
    done.start()
    assert run(settings).balanced
    done.join()


def test_every_entry_of_the_newsroom_ends_as_the_newsroom_says(settings: Settings, room: NewsroomProcess) -> None:
    report = run(settings)
    assert report.balanced
    expected = room.expected
    from_pages, waiting = expected.articles_after(1), expected.waiting_urls(1)
    plain_url = "split_part(url, '?utm_', 1)"
    whole = set(column(settings, f"SELECT {plain_url} FROM articles WHERE text_source = 'page'"))
    from_feed = set(column(settings, f"SELECT {plain_url} FROM articles WHERE text_source <> 'page'"))
    assert whole == from_pages
    # A page that may come back is waited for; one that cannot be had leaves what its feed said.
    assert from_feed == expected.from_feed(1)
    assert set(column(settings, "SELECT url FROM entries WHERE state = 'due'")) == waiting
    assert report.articles == len(from_pages) + len(from_feed)
    assert (report.stored, report.failed) == (len(expected.entry_urls(1)) - len(waiting), len(waiting))
    listed = sum(feed.entries for feed in expected.feeds if feed.first == "parsed")
    assert report.linked == listed - len(expected.entry_urls(1)) > 0
    assert report.dropped == 1
    assert (report.feeds_ok, report.feeds_failed) == (15, 2)
    titles = {article.title for article in expected.articles.values()}
    assert set(column(settings, "SELECT title FROM articles WHERE text_source = 'page'")) <= titles
    for url in waiting | from_feed:
        found = column(settings, f"SELECT reason FROM entries WHERE {plain_url} = '{url}'")
        assert set(found) <= {*expected.reasons(url), *([] if expected.reasons(url) else [None])}
    told = Counter(report.failures)
    assert told.total() == len(column(settings, "SELECT reason FROM failures"))
    assert told["poll/gone"] == told["poll/http_server_error"] == told["parse/malformed_entry"] == 1
    assert told["download/robots_disallowed"] == told["download/bot_challenge"] == told["download/too_large"] == 1
    assert told["download/rate_limited"] == 1
    walls = dict(run_sql(settings.db, f"SELECT {plain_url}, access FROM articles WHERE text_source <> 'page'").rows())
    assert {url: walls[url] for url in expected.walls} == {url: str(said) for url, said in expected.walls.items()}
    parts = column(settings, "SELECT part FROM articles WHERE part IS NOT NULL ORDER BY part")
    assert parts == [1, 2, 3, 4, 5]


def test_a_second_run_stores_nothing_twice_and_has_nothing_to_tell(settings: Settings) -> None:
    run(settings)
    first = next_digest(settings.db, now=NOW)
    assert len(first.items) > 20
    assert all(item.tags and item.tags[0].evidence for item in first.items)
    assert record_digest(settings.db, first, NOW) is Recorded.APPLIED
    before = column(settings, "SELECT article_id FROM articles ORDER BY ALL")
    later = NOW + timedelta(minutes=5)
    report = run(settings, later)
    assert report.balanced
    assert (report.stored, report.linked, report.failed, report.articles) == (0, 0, 0, 0)
    assert report.feeds_not_modified >= 10
    # The feed that is cut off is read again, the item in which it ends is dropped again.
    assert report.dropped == 1
    assert report.unchanged == report.seen - report.dropped > 0
    assert column(settings, "SELECT article_id FROM articles ORDER BY ALL") == before
    assert next_digest(settings.db, now=later).items == ()


def test_what_failed_for_a_time_is_stored_the_next_day(settings: Settings, room: NewsroomProcess) -> None:
    run(settings)
    report = run(settings, NOW + timedelta(days=1))
    assert report.balanced
    stored = set(column(settings, "SELECT url FROM articles"))
    healed = set(room.expected.failing_urls(1)) - set(room.expected.failing_urls(2))
    assert healed
    assert healed <= stored
    assert report.stored == 9


def test_due_polls_only_what_its_schedule_says(settings: Settings) -> None:
    run(settings)
    soon = run(settings, NOW + timedelta(hours=1), due_only=True)
    assert soon.feeds_skipped >= 13
    later = run(settings, NOW + timedelta(hours=7), due_only=True)
    assert later.feeds_skipped <= 1


def test_a_digest_made_while_a_run_holds_the_file_goes_through_the_journal(settings: Settings) -> None:
    run(settings)
    digest = next_digest(settings.db, now=NOW)
    with PipelineStore.open(settings.db, NOW) as store:
        assert record_digest(settings.db, digest, NOW) is Recorded.JOURNALED
        assert next_digest(settings.db, now=NOW).items == ()
        store.publish(NOW)
    assert column(settings, "SELECT count(*) FROM digests") == [1]
    assert next_digest(settings.db, now=NOW).items == ()


def test_a_retired_or_resting_feed_is_polled_when_it_is_named(settings: Settings) -> None:
    run(settings)
    resting = [str(url) for url in column(settings, "SELECT url FROM feeds WHERE consecutive_failures > 0")]
    assert len(resting) == 2
    report = asyncio.run(run_pipeline(settings, now=NOW + timedelta(minutes=5), only=resting))
    assert report.balanced
    assert (report.feeds_ok, report.feeds_failed, report.feeds_skipped) == (1, 1, 15)
    with pytest.raises(RegisterError, match="not in the register"):
        asyncio.run(run_pipeline(settings, now=NOW, only=["https://example.org/unknown.xml"]))
