"""`spywatch retag` on a desk whose corpus has changed."""

from __future__ import annotations

import errno
import json
import sys
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flows.retagging import Change, ChangeKind, change_json
from spywatch.records import Opinion, Verdict
from storage.lock import FolderLock
from storage.verdicts import record_verdict

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "flows"))

from two_tastes import OldDesk, make_old_desk

LATER = datetime(2026, 5, 20, tzinfo=UTC)


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory, model_cache: Path) -> OldDesk:
    return make_old_desk(tmp_path_factory.mktemp("tastes"), model_cache)


@pytest.fixture
def old_desk(made_once: OldDesk, tmp_path: Path) -> OldDesk:
    return made_once.copy(tmp_path)


def retag(inside: Any, old_desk: OldDesk, *more: str | Path) -> Any:
    return inside("retag", "--db", old_desk.db, "--corpus", old_desk.bridge, *more)


def test_first_the_difference_then_yes_then_nothing_to_do(inside: Any, old_desk: OldDesk) -> None:
    assert inside("digest", "--db", old_desk.db).exit_code == 0
    shown = retag(inside, old_desk)
    assert shown.exit_code == 0, shown.stderr
    for words in (
        "Bridge: 2 newly tagged",
        "+ Bridge shut at Dorn",
        "The Northern Post · stored 06 May 2024 · bridge – → 1.00",
        "Cheese: 2 no longer tagged",
        "- Gold for a cheese",
        "told in a digest",
        "digests have told: 2 cheese",
        "spywatch retag --yes",
    ):
        assert words in shown.stdout
    tagged = ("sql", "SELECT DISTINCT category FROM tagged_articles", "--db", old_desk.db, "--format", "json")
    assert json.loads(inside(*tagged).stdout) == [{"category": "cheese"}]
    done = retag(inside, old_desk, "--yes")
    assert "Written and published" in done.stdout
    assert done.stdout.split("Nothing was written")[0].startswith(shown.stdout.split("Nothing was written")[0])
    assert json.loads(inside(*tagged).stdout) == [{"category": "bridge"}]
    late = inside("digest", "--db", old_desk.db).stdout
    assert late.count("late find: stored on 06 May 2024, tagged now") == 2
    assert retag(inside, old_desk).stdout.startswith("nothing to do")
    assert retag(inside, old_desk, "--yes").stdout.startswith("nothing to do")


def test_every_change_in_a_file_and_few_on_the_screen(inside: Any, old_desk: OldDesk, tmp_path: Path) -> None:
    shown = retag(inside, old_desk, "--full", "all.jsonl", "--limit-shown", "1")
    assert "every change is in all.jsonl" in shown.stderr
    assert shown.stdout.count("and 1 more; --full") == 2
    lines = [json.loads(line) for line in (tmp_path / "all.jsonl").read_text().splitlines()]
    assert {(line["kind"], line["category"]) for line in lines} == {
        ("newly_tagged", "bridge"),
        ("no_longer_tagged", "cheese"),
    }
    assert {line["article_id"] for line in lines} == set(old_desk.ids.values()) - {old_desk.ids["match"]}
    none = retag(inside, old_desk, "--limit-shown", "0")
    assert "Bridge shut at Dorn" not in none.stdout
    assert "Newly tagged: 2 bridge." in none.stdout
    for target in (".", "/proc/none.jsonl", "/dev/full"):
        refused = retag(inside, old_desk, "--full", target)
        assert (refused.exit_code, refused.stdout, refused.stderr.count("\n")) == (3, "", 1)


def test_as_json(inside: Any, old_desk: OldDesk) -> None:
    report = json.loads(retag(inside, old_desk, "--json").stdout)
    assert (report["committed"], report["articles"], report["changed"]) == (False, 5, 4)
    assert report["newly_tagged"] == {"bridge": 2}
    assert len(report["changes"]) == 4
    assert set(report["changes"][0]) == {
        *("kind", "category", "article_id", "title", "outlet", "url", "first_seen_at", "old_score", "new_score"),
        *("told", "told_as", "verdict"),
    }
    few = json.loads(retag(inside, old_desk, "--json", "--limit-shown", "0").stdout)
    assert few["changes"] == report["changes"]
    done = json.loads(retag(inside, old_desk, "--json", "--yes").stdout)
    assert done["committed"] is True
    assert done["model"] == report["model"]


class NoRoom:
    """Like `change_json`, until the disk is full."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, room: int) -> None:
        self._left = room
        monkeypatch.setattr("flows.retagging.change_json", self)

    def __call__(self, change: Change) -> dict[str, Any]:
        if not self._left:
            raise OSError(errno.ENOSPC, "No space left on device")
        self._left -= 1
        return change_json(change)


@pytest.mark.parametrize("more", [[], ["--yes"]], ids=["look", "yes"])
@pytest.mark.parametrize("room", [0, 1])
def test_a_full_disk_leaves_the_older_file(
    inside: Any, old_desk: OldDesk, monkeypatch: pytest.MonkeyPatch, more: list[str], room: int
) -> None:
    older, partial = Path("all.jsonl"), Path("all.jsonl.partial")
    older.write_text("older\n")
    with monkeypatch.context() as patch:
        NoRoom(patch, room)
        refused = retag(inside, old_desk, "--full", older, *more)
    assert (refused.exit_code, refused.stdout) == (3, "")
    assert "cannot write all.jsonl: No space left on device" in refused.stderr
    assert ("`spywatch retag --yes` goes on" in refused.stderr) is bool(more)
    assert ("nothing was tagged" in refused.stderr) is not bool(more)
    assert older.read_text() == "older\n"
    assert (str(partial) in refused.stderr, partial.exists()) == (bool(room), bool(room))
    if more:
        assert retag(inside, old_desk, "--full", older, *more).exit_code == 0
        assert len(older.read_text().splitlines()) == 4
        assert not partial.exists()


def test_what_fails_before_the_first_change_leaves_the_older_file(inside: Any, old_desk: OldDesk) -> None:
    older = Path("all.jsonl")
    older.write_text("older\n")
    with FolderLock(old_desk.db):
        assert retag(inside, old_desk, "--full", older, "--yes").exit_code == 4
    assert inside("retag", "--db", "none", "--full", older).exit_code == 3
    assert older.read_text() == "older\n"
    assert list(Path().glob("all*")) == [older]
    older.chmod(0o640)
    assert retag(inside, old_desk, "--full", older).exit_code == 0
    assert older.stat().st_mode & 0o777 == 0o640
    through = Path("through")
    through.symlink_to(older)
    older.write_text("")
    assert retag(inside, old_desk, "--full", through).exit_code == 0
    assert (through.is_symlink(), len(older.read_text().splitlines())) == (True, 4)


def test_an_interruption_leaves_both_files(inside: Any, old_desk: OldDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def interrupted(*_: Any, **__: Any) -> None:
        __["each"](change)
        raise KeyboardInterrupt

    change = Change(
        **{one.name: None for one in fields(Change)}
        | {"kind": ChangeKind.NEWLY_TAGGED, "category": "bridge", "first_seen_at": LATER, "told_as": ()}
    )
    Path("all.jsonl").write_text("older\n")
    monkeypatch.setattr("flows.retagging.retag_articles", interrupted)
    stopped = retag(inside, old_desk, "--full", "all.jsonl", "--yes")
    assert stopped.exit_code == 130
    assert "`spywatch retag --yes` goes on" in stopped.stderr
    assert "1 changes found so far are in" in stopped.stderr
    assert Path("all.jsonl").read_text() == "older\n"
    assert json.loads(Path("all.jsonl.partial").read_text())["category"] == "bridge"


def test_the_filter_learns_from_the_verdicts_of_its_database(inside: Any, old_desk: OldDesk) -> None:
    def version(db: str | Path) -> tuple[str, str]:
        line = ("classify", "-", "--corpus", old_desk.bridge, "--db", db)
        said = json.loads(inside(*line, stdin=b'{"title": "A bridge", "text": "Cracks in the pillar."}').stdout)
        return said["model"], said["corpus"]

    before = version(old_desk.db)
    assert version("none") == before
    judged = Verdict(article_id=old_desk.ids["rind"], opinions={"bridge": Opinion.NO}, author="Ana", at=LATER)
    record_verdict(old_desk.db, judged, LATER)
    model, corpus = version(old_desk.db)
    assert model != before[0]
    assert corpus != before[1]


def test_while_a_run_is_at_work_it_shows_and_does_not_write(
    inside: Any, old_desk: OldDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flows.equipment.PATIENCE", timedelta())
    with FolderLock(old_desk.db):
        assert retag(inside, old_desk).exit_code == 0
        refused = retag(inside, old_desk, "--yes")
    assert (refused.exit_code, refused.stdout) == (4, "")
    assert "is writing to" in refused.stderr


@pytest.mark.parametrize("more", [[], ["--yes"]], ids=["look", "yes"])
def test_before_the_first_run(inside: Any, old_desk: OldDesk, more: list[str]) -> None:
    refused = inside("retag", "--db", "none", "--corpus", old_desk.bridge, *more)
    assert refused.exit_code == 3
    assert "no database in none yet" in refused.stderr
    assert not Path("none").exists()
