"""A digest that is killed on its way into a file is neither lost nor told twice."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from spywatch.records import Digest
from storage.announced import announce, settle_announced
from storage.errors import StorageError
from storage.published import run_sql
from storage.store import PipelineStore

NOW = datetime(2026, 3, 1, 6, tzinfo=UTC)
DIGEST = Digest(id="d1", made_at=NOW, since=None, items=())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with PipelineStore.open(tmp_path / "db", NOW) as store:
        store.publish(NOW)
    return tmp_path / "db"


def made(folder: Path) -> list[str]:
    return [row[0] for row in run_sql(folder, "SELECT digest_id FROM digests").rows()]


def test_killed_before_the_page_stood_nothing_was_told(folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "digest.md"
    announce(folder, DIGEST, target=target, page="told")
    assert settle_announced(folder, NOW) == ()
    target.write_text("an older digest")
    announce(folder, DIGEST, target=target, page="told")
    assert settle_announced(folder, NOW) == ()
    assert made(folder) == []
    assert list((folder / "announced").iterdir()) == []


def test_killed_after_the_page_stood_it_is_recorded_late(folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "digest.md"
    announce(folder, DIGEST, target=target, page="told")
    target.write_text("told")
    assert settle_announced(folder, NOW) == (target,)
    assert made(folder) == ["d1"]
    assert settle_announced(folder, NOW) == ()


def test_killed_after_it_was_recorded_it_is_recorded_once(folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "digest.md"
    announced = announce(folder, DIGEST, target=target, page="told")
    target.write_text("told")
    kept = (folder / "announced" / "d1.json").read_bytes()
    announced.record(NOW)
    (folder / "announced" / "d1.json").write_bytes(kept)
    assert settle_announced(folder, NOW) == (target,)
    assert made(folder) == ["d1"]


def test_what_is_no_announcement_is_told_and_kept(folder: Path) -> None:
    (folder / "announced").mkdir()
    (folder / "announced" / "x.json").write_text("{}")
    with pytest.raises(StorageError, match=r"x\.json"):
        settle_announced(folder, NOW)
    assert (folder / "announced" / "x.json").exists()
