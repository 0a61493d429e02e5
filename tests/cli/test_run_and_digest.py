"""`run` and `digest` on the sample newsroom, and what a second call does."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from storage.lock import FolderLock

NOW = datetime.fromisoformat("2026-05-20T12:00:00+00:00")
LATER = (NOW + timedelta(minutes=30)).isoformat()
REPORT_KEYS = {
    *("run_id", "started_at", "finished_at", "seen", "stored", "unchanged", "linked", "failed", "dropped"),
    *("articles", "not_classified", "not_covered", "balanced", "feeds", "failures", "tags", "notices"),
}


def balanced(report: dict[str, Any]) -> bool:
    parts = ("stored", "unchanged", "linked", "failed", "dropped")
    return bool(report["balanced"]) and report["seen"] == sum(report[part] for part in parts)


def digest_json(inside: Any, db: Path, *more: str) -> dict[str, Any]:
    done = inside("digest", "--db", db, "--format", "json", *more)
    assert done.exit_code == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_the_report_of_the_first_run(desk: Any) -> None:
    report = desk.report
    assert set(report) == REPORT_KEYS
    assert balanced(report)
    assert report["started_at"] == NOW.isoformat()
    feeds = report["feeds"]
    assert set(feeds) == {"registered", "ok", "not_modified", "failed", "skipped"}
    assert feeds["registered"] == len(desk.room.expected.feeds)
    assert feeds["failed"] == sum(feed.first == "failed" for feed in desk.room.expected.feeds)
    assert feeds["registered"] == feeds["ok"] + feeds["failed"]
    assert report["stored"] > 60
    assert report["articles"] > report["stored"], "a page of several posts gives several articles"
    assert report["linked"] > 0, "two feeds list the same page"
    assert report["failures"]["download/private_address"] == 2
    assert report["failures"]["download/too_large"] == 1
    assert sum(count for name, count in report["failures"].items() if name.startswith("poll/")) == feeds["failed"]
    assert len(report["tags"]) == 4
    assert sum(report["not_covered"].values()) <= report["not_classified"]


def test_a_second_run_stores_nothing_and_a_second_digest_tells_nothing(
    inside: Any, desk: Any, tmp_path: Path
) -> None:
    db = desk.copy(tmp_path)
    run = ("run", "--feeds", desk.room.feeds_file, "--db", db)
    first = digest_json(inside, db, "--now", LATER)
    assert len(first["items"]) > 10
    again = inside(*run, "--json", "--now", LATER)
    assert again.exit_code == 0
    report = json.loads(again.stdout)
    assert balanced(report)
    assert (report["stored"], report["articles"], report["tags"]) == (0, 0, {})
    assert report["feeds"]["not_modified"] > 0
    assert report["feeds"]["skipped"] == desk.report["feeds"]["failed"], "those rest after their failure"
    second = digest_json(inside, db, "--now", LATER)
    assert second["items"] == []
    assert second["since"] == LATER
    due = inside(*run, "--due", "--now", LATER)
    assert due.exit_code == 0
    assert f"0 read, 0 unchanged, 0 failed, {report['feeds']['registered']} resting or not due" in due.stdout
    count = inside("sql", "SELECT count(*) AS n FROM articles", "--db", db, "--format", "json")
    assert json.loads(count.stdout) == [{"n": desk.report["articles"]}]


def test_run_for_a_person(inside: Any, desk: Any, tmp_path: Path) -> None:
    silent = tmp_path / "silent.toml"
    silent.write_text('[[feeds]]\nurl = "http://127.0.0.1:9/feed"\nname = "Silent"\n')
    done = inside("run", "--feeds", silent, "--db", "data")
    assert done.exit_code == 0, "a dead feed is a row, not an error"
    assert "1 failed" in done.stdout
    assert "connect" in done.stdout
    health = json.loads(inside("status", "--db", "data", "--json").stdout)
    assert health["failing"] == ["Silent"]
    table = inside("status", "--db", "data").stdout
    assert "connect" in table
    assert "Silent" in table


def test_a_digest_as_json(inside: Any, desk: Any) -> None:
    told = digest_json(inside, desk.db, "--peek", "--now", LATER)
    assert set(told) == {"id", "made_at", "since", "items", "coverage"}
    assert (told["made_at"], told["since"]) == (LATER, None)
    item = told["items"][0]
    assert set(item) >= {"article_id", "url", "title", "outlet", "published_at", "first_seen_at", "tags"}
    assert all(set(tag) >= {"category", "score", "evidence"} for item in told["items"] for tag in item["tags"])
    assert all(tag["evidence"] for item in told["items"] for tag in item["tags"])
    for tag in (tag for item in told["items"] for tag in item["tags"]):
        assert set(tag) == {"category", "score", "evidence", "terms", "nearest", "judged_by"}
        assert tag["terms"]
        assert tag["nearest"]
        assert tag["judged_by"] is None
    assert not any(item["retroactive"] for item in told["items"])


def test_peek_records_nothing(inside: Any, desk: Any) -> None:
    first = inside("digest", "--db", desk.db, "--peek", "--format", "json", "--now", LATER)
    second = inside("digest", "--db", desk.db, "--peek", "--format", "json", "--now", LATER)
    assert "not recorded" in first.stderr
    assert first.stdout == second.stdout
    assert json.loads(second.stdout)["items"]


def test_a_digest_for_a_person(inside: Any, desk: Any) -> None:
    told = digest_json(inside, desk.db, "--peek", "--now", LATER)
    shown = inside("digest", "--db", desk.db, "--peek", "--now", LATER).stdout
    markdown = inside("digest", "--db", desk.db, "--peek", "--now", LATER, "--format", "markdown").stdout
    for item in told["items"]:
        assert item["title"].split()[0] in shown
        assert item["url"] in markdown
        first = item["tags"][0]
        assert f"words: {first['terms'][0]['text']}" in " ".join(shown.split())
        assert f"like “{first['nearest'][0]['title'][:20]}" in " ".join(shown.split())
    assert markdown.startswith("# spywatch digest, 20 May 2026, 12:30 UTC")


def test_a_digest_into_a_file(inside: Any, desk: Any, tmp_path: Path) -> None:
    db = desk.copy(tmp_path)
    for target in ("/proc/none.md", "."):
        refused = inside("digest", "--db", db, "--out", target, "--now", LATER)
        assert refused.exit_code == 3
    done = inside("digest", "--db", db, "--out", "new/today.md", "--now", LATER)
    assert (done.exit_code, done.stdout) == (0, "")
    assert Path("new/today.md").read_text().startswith("# spywatch digest"), "a refused file recorded nothing"
    assert "http://127.0.0.1" in Path("new/today.md").read_text()
    assert inside("digest", "--db", db, "--out", "next.json", "--format", "json", "--now", LATER).exit_code == 0
    assert json.loads(Path("next.json").read_text())["items"] == []


def test_a_digest_while_a_run_is_at_work_waits_in_the_journal(inside: Any, desk: Any, tmp_path: Path) -> None:
    db = desk.copy(tmp_path)
    with FolderLock(db):
        told = inside("digest", "--db", db, "--format", "json", "--now", LATER)
        assert told.exit_code == 0
        assert json.loads(told.stdout)["items"]
        assert "journal" in told.stderr
        assert digest_json(inside, db, "--peek", "--now", LATER)["items"] == [], "it counts from now on"
        standing = json.loads(inside("status", "--db", db, "--json").stdout)
        assert standing["journal_records"] == 1
    after = inside("digest", "--db", db, "--format", "json", "--now", LATER)
    assert json.loads(after.stdout)["items"] == []
    standing = json.loads(inside("status", "--db", db, "--json").stdout)
    assert (standing["journal_records"], standing["digests"]) == (0, 2)


def test_a_feed_with_a_token_is_never_shown(
    inside: Any, desk: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = desk.room.base_urls["meridian"].removeprefix("http://")
    secret = f"http://reader:s3kr1tT0ken@{host}/nothing-here?token=s3kr1tT0ken"
    (tmp_path / "own.toml").write_text(f'[[feeds]]\nurl = "{secret}"\n')
    said = [
        inside("run", "--feeds", "own.toml", "--db", "data", "--json"),
        inside("run", "--feeds", "own.toml", "--db", "data"),
        inside("status", "--db", "data"),
        inside("status", "--db", "data", "--json"),
        inside("where", secret, "--db", "data"),
        inside("where", secret, "--db", "data", "--json"),
        inside("where", secret + "x", "--db", "data"),
        inside("sql", "FROM source_health", "--db", "data", "--format", "json"),
        inside("digest", "--db", "data", "--format", "json"),
    ]
    assert [result.exit_code for result in said] == [0, 0, 0, 0, 0, 0, 1, 0, 0]
    for result in said:
        assert "s3kr1tT0ken" not in result.output
    assert b"s3kr1tT0ken" not in Path("data/spywatch.duckdb").read_bytes()


def test_the_demo(spywatch: Any, tmp_path: Path) -> None:
    shown = spywatch("demo", cwd=tmp_path)
    assert shown.code == 0, shown.err
    assert "digest   0 new" in shown.text
    assert "0 stored" in shown.text
    assert list((tmp_path / "demo-output" / "digests").glob("*.md"))
    assert (tmp_path / "demo-output" / "spywatch.duckdb").is_file()
