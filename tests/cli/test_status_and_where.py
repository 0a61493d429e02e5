from __future__ import annotations

import json
from typing import Any

import pytest

from storage.lock import FolderLock


def test_status(inside: Any, desk: Any) -> None:
    standing = json.loads(inside("status", "--db", desk.db, "--json").stdout)
    assert standing["articles"] == desk.report["articles"]
    assert standing["alerts"] == desk.report["tags"]
    assert standing["running"] is None
    assert (standing["digests"], standing["last_digest_at"]) == (0, None)
    assert standing["last_run"]["run_id"] == desk.report["run_id"]
    assert len(standing["sources"]) == desk.report["feeds"]["registered"]
    health = [source["health"] for source in standing["sources"]]
    assert len(health) - health.count("ok") == desk.report["feeds"]["failed"]


def test_status_for_a_person(inside: Any, desk: Any) -> None:
    shown = inside("status", "--db", desk.db)
    assert (shown.exit_code, shown.stderr) == (0, "")
    assert desk.report["run_id"] in shown.stdout
    assert "digests  none made yet" in shown.stdout
    assert "│ Meridian Wire" in shown.stdout
    assert max(map(len, shown.stdout.splitlines())) <= 110


def test_status_says_that_a_run_is_at_work(inside: Any, desk: Any) -> None:
    with FolderLock(desk.db):
        assert "a run is at work" in inside("status", "--db", desk.db).stdout
    assert "a run is at work" not in inside("status", "--db", desk.db).stdout


@pytest.fixture
def where(inside: Any, desk: Any) -> Any:
    def ask(url: str) -> tuple[dict[str, Any], str]:
        told = inside("where", url, "--db", desk.db, "--json")
        shown = inside("where", url, "--db", desk.db)
        assert told.exit_code == shown.exit_code == 0
        return json.loads(told.stdout), shown.stdout

    return ask


def test_where_for_what_was_stored(where: Any, desk: Any) -> None:
    url = next(url for url, labels in desk.room.expected.labels.items() if "/story/" in url and labels)
    told, shown = where(url)
    assert told["asked"] == url
    [entry], [article] = told["entries"], told["articles"]
    assert entry["state"] == "stored"
    assert article["title"] == desk.room.expected.articles[url].title
    assert article["tags"] or article["scores"]
    assert "stored, 1 attempts" in shown
    assert "Meridian Wire" in shown


def test_where_for_what_failed(where: Any) -> None:
    told, shown = where("http://10.20.30.40/intranet/minutes.html")
    [entry] = told["entries"]
    assert entry["reason"] == "private_address"
    assert [failure["stage"] for failure in entry["failures"]] == ["download"]
    assert "private_address" in shown


def test_where_for_a_page_of_several_posts(where: Any, desk: Any) -> None:
    told, shown = where(desk.room.base_urls["envoy"] + "/tag/expulsions/")
    assert [article["part"] for article in told["articles"]] == [1, 2, 3, 4, 5]
    assert shown.count("article: ") == 5


def test_where_for_a_feed_and_for_an_id(where: Any, desk: Any) -> None:
    told, shown = where(desk.room.base_urls["meridian"] + "/rss/all.xml")
    assert told["feeds"][0]["outlet"] == "Meridian Wire"
    assert "feed: Meridian Wire" in shown
    identity = where(next(url for url in desk.room.expected.labels if "/story/" in url))[0]["entries"][0]["entry_id"]
    assert where(identity)[0]["entries"][0]["entry_id"] == identity


def test_where_for_what_nobody_has_seen(inside: Any, desk: Any) -> None:
    shown = inside("where", "https://u:hush@quay.example/?token=hush99", "--db", desk.db)
    assert (shown.exit_code, shown.stdout) == (1, "")
    assert "was never seen" in shown.stderr
    assert "hush" not in shown.stderr
    told = inside("where", "https://quay.example/", "--db", desk.db, "--json")
    assert told.exit_code == 1
    assert json.loads(told.stdout)["entries"] == []
    for blank in ("", "  "):
        assert inside("where", blank, "--db", desk.db).exit_code == 2
