"""Runs over the newsroom's worst outlets: what hangs, what bombs, what lies, and what moves."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flows.pipeline import run_pipeline
from flows.tell import next_digest
from newsroom.process import NewsroomProcess, running_newsroom
from spywatch.records import NoticeKind, RunReport
from spywatch.settings import Settings, load_settings
from storage.published import run_sql
from storage.recording import record_digest

NOW = datetime(2026, 3, 1, 6, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NewsroomProcess]:
    folder = tmp_path_factory.mktemp("newsroom")
    with running_newsroom(folder, now=NOW, slow_seconds=0.1, hostile=True, lying=True) as room:
        yield room


@pytest.fixture(scope="module")
def plain_room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NewsroomProcess]:
    with running_newsroom(tmp_path_factory.mktemp("plain"), now=NOW, slow_seconds=0.1) as room:
        yield room


def desk(tmp_path: Path, room: NewsroomProcess, feeds: Path, model_cache: Path, **changes: Any) -> Settings:
    room.reset()
    return load_settings(
        feeds=feeds,
        db=tmp_path / "db",
        cache=model_cache,
        allowed_private_hosts=room.allowed_hosts,
        host_delay_seconds=0.0,
        host_delay_max_seconds=0.05,
        host_concurrency=8,
        **changes,
    )


def run(settings: Settings, now: datetime = NOW) -> RunReport:
    return asyncio.run(run_pipeline(settings, now=now))


def rows(settings: Settings, query: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in run_sql(settings.db, query).rows()]


def test_nothing_that_is_hostile_stops_a_run_and_each_item_is_accounted_for(
    room: NewsroomProcess, tmp_path: Path, model_cache: Path
) -> None:
    limits = {"total_timeout_seconds": 8.0, "max_feed_items": 30, "extract_time_limit_seconds": 6.0}
    settings = desk(tmp_path, room, room.hostile_feeds_file, model_cache, **limits)
    report = run(settings)
    assert report.balanced
    assert not any("internal_error" in name or "worker_died" in name for name in report.failures)
    known = {url: (state, reason) for url, state, reason in rows(settings, "SELECT url, state, reason FROM entries")}
    for url, item in room.expected.hostile.items():
        state, reason = known[url]
        end = item.end(1)
        assert (state == "due") == (end == "waiting"), (item.name, reason)
        assert state in {"stored", "due"}, item.name
        assert reason is None or not item.reasons or reason in item.reasons, item.name
        if end == "page":
            assert rows(settings, f"SELECT text_source FROM articles WHERE url = '{url}'") == [("page",)], item.name
    # The crowd of 20,000 items is read as far as the limit goes, and the rest is told of.
    assert rows(settings, "SELECT reason FROM failures WHERE reason = 'too_many_items'") == [("too_many_items",)]
    assert rows(settings, "SELECT count(*) FROM articles WHERE text LIKE '%root:%'") == [(0,)]


def test_servers_that_lie_are_found_out_and_flood_nobody(
    room: NewsroomProcess, tmp_path: Path, model_cache: Path
) -> None:
    settings = desk(tmp_path, room, room.lying_feeds_file, model_cache)
    assert run(settings).balanced
    first = rows(settings, "SELECT url, title, published_at FROM articles ORDER BY ALL")
    room.publish()
    later = []
    for day in (1, 2, 8):
        room.set_clock(NOW + day * DAY)
        later.append(run(settings, NOW + day * DAY))
        assert later[-1].balanced
    # The added item is found by the weekly full answer, and nothing else is new in all these days.
    assert [report.articles for report in later] == [0, 0, 1]
    others = "SELECT url, title, published_at FROM articles WHERE url NOT LIKE '%/told/5' ORDER BY ALL"
    assert rows(settings, others) == first
    misled = "SELECT habit, split_part(url, '/', -1) FROM feed_habits JOIN feeds USING (feed_id)"
    habits = dict(rows(settings, f"{misled} WHERE url NOT LIKE '%ticker%'"))
    assert habits == {
        "false_not_modified": "liar.xml",
        "changing_guids": "guids.xml",
        "rewritten_titles": "titles.xml",
        "drifting_dates": "now.xml",
    }
    found = {notice.kind for report in later for notice in report.notices}
    assert NoticeKind.HABIT_FOUND in found
    # From now on the liar is asked without validators.
    before = len(room.requests())
    room.publish()
    room.set_clock(NOW + 9 * DAY)
    assert run(settings, NOW + 9 * DAY).articles == 1
    asked = [line for line in room.requests()[before:] if str(line["path"]).endswith("liar.xml")]
    assert [line["conditional"] for line in asked] == [False]


def test_a_move_that_lasts_is_adopted(plain_room: NewsroomProcess, tmp_path: Path, model_cache: Path) -> None:
    settings = desk(tmp_path, plain_room, plain_room.feeds_file, model_cache, robots=False)
    told = []
    for day in (0, 1, 2, 8):  # a 304 counts as a day and never adopts: the weekly full answer does
        report = run(settings, NOW + day * DAY)
        told.append([notice.kind for notice in report.notices].count(NoticeKind.MOVED))
    assert told == [0, 0, 0, 1]
    [(adopted,)] = rows(settings, "SELECT adopted_url FROM feeds WHERE adopted_url IS NOT NULL")
    assert adopted.endswith("/feeds/essays.xml")
    before = len(plain_room.requests())
    run(settings, NOW + 9 * DAY)
    asked = [line["path"] for line in plain_room.requests()[before:] if line["outlet"] == "farsight"]
    assert "/feeds/essays.xml" in asked
    assert "/rss" not in asked
    assert {kind for (kind,) in rows(settings, "SELECT kind FROM notices")} >= {"retired", "failing", "recovered"}


def test_what_is_old_when_its_feed_is_new_is_stored_and_not_told_and_missed_days_are_made_up(
    plain_room: NewsroomProcess, tmp_path: Path, model_cache: Path
) -> None:
    settings = desk(tmp_path, plain_room, plain_room.feeds_file, model_cache)
    run(settings)
    run(settings, NOW + DAY)
    later = NOW + 4 * DAY  # nobody made a digest for days
    digest = next_digest(settings.db, now=later)
    told = {item.url.partition("?utm_")[0] for item in digest.items}
    [old] = plain_room.expected.backlog
    assert rows(settings, f"SELECT backlog FROM articles WHERE url = '{old}'") == [(True,)]
    assert rows(settings, f"SELECT count(*) > 0 FROM tagged_articles WHERE url = '{old}'") == [(True,)]
    assert old not in told
    assert digest.coverage.backlog == 1
    assert len(told) == len(digest.items) > 30
    record_digest(settings.db, digest, later)
    assert next_digest(settings.db, now=later + DAY).items == ()
