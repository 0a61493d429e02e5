"""`replay`: what was set aside is shown, and only `--yes` makes it due again."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from troubled import GONE, LOGIN, NOW, OLD, SLOW

from spywatch.records import Reason
from storage.lock import FolderLock
from storage.store import PipelineStore

ALL = {"time_limit", "login_required", "internal_error"}


@pytest.fixture
def db(troubled: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(troubled, tmp_path / "db"))


def told(inside: Any, db: Path, *more: str, code: int = 0) -> dict[str, Any]:
    done = inside("replay", "--db", db, "--json", *more)
    assert done.exit_code == code, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def due(db: Path) -> set[str]:
    with PipelineStore.open(db, NOW) as store:
        return {entry.url for entry in store.due_entries(NOW)}


def test_without_yes_it_shows_and_changes_nothing(inside: Any, db: Path) -> None:
    shown = inside("replay", "--db", db)
    assert (shown.exit_code, shown.stderr) == (0, "")
    for words in (*ALL, "The Quay", "feed's text", "3 set aside", "--yes", "Nothing was changed"):
        assert words in shown.stdout
    assert max(map(len, shown.stdout.splitlines())) <= 110
    answer = told(inside, db)
    assert (answer["count"], answer["replayed"], answer["recorded"]) == (3, False, None)
    assert {one["reason"] for one in answer["items"]} == ALL
    stored = {one["url"]: one["state"] for one in answer["items"]}
    assert stored == {SLOW: "failed", GONE: "failed", LOGIN: "stored"}
    assert due(db) == set()


def test_with_yes_they_are_due(inside: Any, db: Path) -> None:
    done = inside("replay", "--db", db, "--yes", "--now", NOW.isoformat())
    assert (done.exit_code, done.stderr) == (0, "in the database\n")
    assert "Due again" in done.stdout
    assert due(db) == {SLOW, GONE, LOGIN}
    assert told(inside, db)["count"] == 0, "what is due is not set aside"
    assert "nothing of that kind is set aside" in inside("replay", "--db", db).stdout


@pytest.mark.parametrize(
    ("options", "urls"),
    [
        (["--reason", "time_limit"], {SLOW}),
        (["--reason", "time_limit", "--reason", " Internal_Error "], {SLOW, GONE}),
        (["--source", "the quay"], {SLOW, GONE, LOGIN}),
        (["--source", "Nobody"], set()),
        (["--since", "2026-03-02"], {SLOW, GONE, LOGIN}),
        (["--since", "2026-03-03"], set()),
        ([SLOW, LOGIN], {SLOW, LOGIN}),
        ([SLOW, SLOW, "--reason", "time_limit"], {SLOW}),
    ],
    ids=["reason", "reasons", "source", "no source", "since", "later", "addresses", "address and reason"],
)
def test_what_is_chosen(inside: Any, db: Path, options: list[str], urls: set[str]) -> None:
    answer = told(inside, db, *options, "--yes", "--now", NOW.isoformat())
    assert {one["url"] for one in answer["items"]} == urls
    assert answer["recorded"] == ("applied" if urls else None)
    assert due(db) == urls


def test_an_id_as_where_shows_it(inside: Any, db: Path) -> None:
    identity = told(inside, db, LOGIN)["items"][0]["entry_id"]
    shown = " ".join(inside("where", LOGIN, "--db", db).stdout.split())  # a narrow terminal breaks the line
    assert f"spywatch replay {identity} --yes" in shown
    assert told(inside, db, identity)["items"][0]["url"] == LOGIN


def test_what_is_not_set_aside_is_said_and_the_rest_is_done(inside: Any, db: Path) -> None:
    done = inside(
        "replay",
        OLD,
        "https://u:hush@none.example/?token=hush99",
        SLOW,
        "--db",
        db,
        "--yes",
        "--now",
        NOW.isoformat(),
    )
    assert done.exit_code == 1
    assert f"{OLD} is not set aside" in done.stderr
    assert "none.example" in done.stderr
    assert "hush" not in done.output
    assert due(db) == {SLOW}


def test_while_a_run_is_at_work_it_waits_in_the_journal(inside: Any, db: Path) -> None:
    with FolderLock(db):
        done = inside("replay", SLOW, "--db", db, "--yes", "--now", NOW.isoformat())
        assert done.exit_code == 0
        assert "journal" in done.stderr
        assert told(inside, db)["count"] == 2, "it counts from now on"
    assert due(db) == {SLOW}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--reason", "timelimit"], "did you mean time_limit?"),
        (["--reason", "nonsense"], "The reasons are bad_encoding"),
        ([""], "asks for an address or an id"),
        (["--since", "yesterday"], "ISO 8601"),
    ],
    ids=["near", "far", "blank", "since"],
)
def test_wrong_usage(inside: Any, db: Path, arguments: list[str], words: str) -> None:
    done = inside("replay", *arguments, "--db", db)
    assert (done.exit_code, done.stdout) == (2, "")
    assert words in done.stderr
    if "reason" in arguments[0]:
        assert all(str(reason) in done.stderr for reason in Reason)


def test_before_the_first_run(inside: Any) -> None:
    done = inside("replay", "--db", "none")
    assert done.exit_code == 3
    assert "no database in none yet" in done.stderr


def test_no_more_are_listed_than_asked_for(inside: Any, db: Path) -> None:
    shown = inside("replay", "--db", db, "--limit-shown", "1").stdout
    assert "and 2 more" in shown
    assert "3 set aside" in shown
