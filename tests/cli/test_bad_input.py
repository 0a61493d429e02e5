"""What a user can get wrong is one clear sentence on standard error and an exit code, never a traceback."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from storage.layout import Layout
from storage.lock import FolderLock

ROOT = Path(__file__).resolve().parents[2]
REGISTER = '[[feeds]]\nurl = "http://127.0.0.1:9/feed.xml"\n'


def refused(result: Any, code: int, *words: str) -> None:
    """The command ended with this code and one sentence that holds these words; standard output stayed empty."""
    assert result.exit_code == code, result.output
    assert result.stdout == ""
    assert result.stderr.startswith("spywatch: ")
    assert result.stderr.count("\n") == 1
    for word in words:
        assert word in result.stderr


@pytest.fixture
def register(tmp_path: Path) -> Path:
    path = tmp_path / "own.toml"
    path.write_text(REGISTER)
    return path


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "is not a feed register"),
        (b"just words", "is not a feed register"),
        (b"\xff\x00\x80", "is not a feed register"),
        (b'[feeds]\nurl = "https://quay.example/"', "[[feeds]]"),
        (b'[[feeds]]\nname = "The Quay"', "url is missing"),
        (b'[[feeds]]\nurl = "quay.example"', "not an http or https address"),
        (b'[[feeds]]\nurl = "https://quay.example/"\nkind = "pamphlet"', "pamphlet"),
        (b'[[feeds]]\nurl = "https://quay.example/"\ncolour = "red"', "colour"),
        (b'[[feeds]]\nurl = "https://quay.example/"\n' * 2, "twice"),
        (b"<rss version='2.0'><channel/></rss>", "not OPML"),
        (b"<opml><body><outline", "bad.toml"),
        (b"feeds = []", "lists no feed"),
        (b"<opml version='2.0'><body/></opml>", "lists no feed"),
    ],
)
def test_a_file_that_is_no_usable_register(inside: Any, body: bytes, words: str) -> None:
    Path("bad.toml").write_bytes(body)
    refused(inside("run", "--feeds", "bad.toml", "--db", "data"), 3, words, "bad.toml")
    assert not Path("data").exists()


def test_a_register_that_is_missing_or_a_folder(inside: Any) -> None:
    refused(inside("run", "--feeds", "none.toml", "--db", "data"), 3, "none.toml")
    refused(inside("run", "--feeds", ".", "--db", "data"), 3, "Is a directory")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("SPYWATCH_HOST_DELAYS", "1", "SPYWATCH_HOST_DELAYS"),
        ("SPYWATCH_HOST_DELAY_SECONDS", "soon", "host_delay_seconds"),
        ("SPYWATCH_HOST_DELAY_SECONDS", "-1", "host_delay_seconds"),
        ("SPYWATCH_HOST_CONCURRENCY", "0", "host_concurrency"),
        ("SPYWATCH_TIME_ZONE", "Utopia/Capital", "time_zone"),
        ("SPYWATCH_ALLOWED_PRIVATE_HOSTS", "10.0.0.0/99", "allowed_private_hosts"),
        ("SPYWATCH_CONFIG", "none.toml", "none.toml"),
        ("SPYWATCH_CORPUS", "no-corpus", "no-corpus"),
    ],
)
def test_settings(
    inside: Any, monkeypatch: pytest.MonkeyPatch, register: Path, name: str, value: str, words: str
) -> None:
    monkeypatch.setenv(name, value)
    refused(inside("run", "--feeds", register, "--db", "data"), 3, words)


@pytest.mark.parametrize("line", [["extract", "-"], ["classify", "-"], ["status"], ["where", "x"], ["feeds", "list"]])
def test_every_command_refuses_an_unknown_setting(
    inside: Any, monkeypatch: pytest.MonkeyPatch, line: list[str]
) -> None:
    monkeypatch.setenv("SPYWATCH_TYPO", "1")
    refused(inside(*line), 3, "SPYWATCH_TYPO")


def test_the_settings_file(inside: Any) -> None:
    Path("spywatch.toml").write_text("colour = 'red'\n")
    refused(inside("status"), 3, "colour", "spywatch.toml")
    Path("spywatch.toml").write_text("not toml")
    refused(inside("status"), 3, "spywatch.toml")


@pytest.mark.parametrize("now", ["yesterday", "2026-13-01", "", "0001-01-01T00:00:00+14:00"])
@pytest.mark.parametrize("name", ["run", "digest"])
def test_a_clock_that_is_no_time(inside: Any, name: str, now: str) -> None:
    result = inside(name, "--now", now)
    assert result.exit_code == 2
    assert "ISO 8601" in result.stderr


@pytest.mark.parametrize("place", ["file", "file/below", "/proc/nowhere"])
def test_a_database_folder_that_cannot_be_written(inside: Any, register: Path, place: str) -> None:
    Path("file").touch()
    refused(inside("run", "--feeds", register, "--db", place), 3, place)


def test_a_read_only_folder(spywatch: Any, desk: Any, tmp_path: Path) -> None:
    """Root may write everywhere, so there the command gives that right up first."""
    before = ""
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("root may write everywhere, and there is no setpriv to give that right up")
        before = "setpriv --bounding-set=-dac_override,-dac_read_search "
    folder = desk.copy(tmp_path)
    places = [folder, *folder.rglob("*")]
    for place in places:
        place.chmod(0o555 if place.is_dir() else 0o444)
    try:
        run = spywatch.shell(f"{before}spywatch run --feeds {desk.room.feeds_file} --db {folder}")
        asked = spywatch.shell(f"{before}spywatch sql 'SELECT 1 AS one' --db {folder} --format csv")
    finally:
        for place in places:
            place.chmod(0o755)
    assert (run.code, run.text) == (3, "")
    assert (
        run.err
        == f"spywatch: {folder} cannot be written to; choose another folder with --db or change its permissions.\n"
    )
    assert asked.text.split() == ["one", "1"], "who only reads needs no right to write"


@pytest.mark.parametrize(
    "line",
    [["digest"], ["status"], ["status", "--json"], ["where", "https://quay.example/"], ["sql", "SELECT 1"]],
)
def test_asking_before_the_first_run(inside: Any, line: list[str]) -> None:
    refused(inside(*line, "--db", "none"), 3, "no database in none yet", "spywatch run")
    assert not Path("none").exists()


@pytest.mark.parametrize("line", [["digest"], ["status"], ["where", "x"], ["sql", "SELECT 1"]])
def test_a_published_file_that_is_no_database(inside: Any, line: list[str]) -> None:
    Path("data").mkdir()
    Layout(Path("data")).published.write_text("words")
    refused(inside(*line, "--db", "data"), 3, "cannot be read as a database")


def test_a_pipeline_file_that_is_no_database(inside: Any, register: Path) -> None:
    Path("data").mkdir()
    Layout(Path("data")).pipeline.write_text("words")
    refused(inside("run", "--feeds", register, "--db", "data"), 3, "cannot be read as a database")


@pytest.fixture
def newer(desk: Any, tmp_path: Path) -> Path:
    """The desk's database as a version of the far future would leave it."""
    folder: Path = desk.copy(tmp_path)
    for path in (Layout(folder).pipeline, Layout(folder).published):
        with duckdb.connect(str(path)) as connection:
            connection.execute("INSERT INTO migrations VALUES (999, 'far future', now())")
    return folder


def test_a_database_of_a_newer_version(inside: Any, newer: Path, register: Path) -> None:
    refused(inside("run", "--feeds", register, "--db", newer), 3, "newer version", "999")
    for line in (["digest"], ["status"], ["where", "x"]):
        refused(inside(*line, "--db", newer), 3, "newer version", "999")


def test_another_run_at_work(
    inside: Any, desk: Any, tmp_path: Path, register: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flows.equipment.PATIENCE", timedelta())
    db = desk.copy(tmp_path)
    with FolderLock(db):
        refused(inside("run", "--feeds", register, "--db", db), 4, "is writing to", str(db))
        assert inside("sql", "SELECT 1", "--db", db).exit_code == 0


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda folder: (folder / "sabotage").mkdir(), "definition.toml"),
        (lambda folder: _category(folder / "sabotage"), "no example"),
        (lambda folder: (_category(folder / "sabotage") / "a.toml").write_text("[[example]]\n"), "id is missing"),
        (lambda folder: (folder / "expulsion" / "broken.toml").write_text("words"), "broken.toml"),
        (shutil.rmtree, "no such corpus folder"),
    ],
)
def test_a_corpus_that_cannot_be_used(
    inside: Any, tmp_path: Path, spoil: Callable[[Path], object], words: str
) -> None:
    folder = Path(shutil.copytree(ROOT / "seed_corpus", tmp_path / "corpus"))
    spoil(folder)
    refused(inside("classify", "-", "--corpus", folder), 3, words, str(folder))


def _category(folder: Path) -> Path:
    folder.mkdir()
    shutil.copyfile(ROOT / "seed_corpus" / "expulsion" / "definition.toml", folder / "definition.toml")
    return folder


def test_the_run_says_that_a_category_has_no_examples(
    inside: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, register: Path
) -> None:
    folder = Path(shutil.copytree(ROOT / "seed_corpus", tmp_path / "corpus"))
    _category(folder / "sabotage")
    monkeypatch.setenv("SPYWATCH_CORPUS", str(folder))
    refused(inside("run", "--feeds", register, "--db", "data"), 3, "sabotage", "no example")


def test_a_real_process_ends_with_the_sentence_too(spywatch: Any, tmp_path: Path) -> None:
    ended = spywatch("run", "--feeds", "none.toml", cwd=tmp_path)
    assert (ended.code, ended.text) == (3, "")
    assert ended.err == "spywatch: there is no feed register at none.toml\n"


def test_the_demo_does_not_clear_a_folder_that_is_not_its_own(inside: Any) -> None:
    Path("mine").mkdir()
    Path("mine/thesis.txt").write_text("years of work")
    refused(inside("demo", "--out", "mine"), 3, "mine", "--out")
    refused(inside("demo", "--out", "mine/thesis.txt"), 3, "thesis.txt")
    assert Path("mine/thesis.txt").read_text() == "years of work"


def test_the_newsroom_says_what_it_cannot_do(inside: Any) -> None:
    Path("file").touch()
    refused(inside("newsroom", "serve", "--out", "file", "--port", "0"), 3, "file")
    refused(inside("newsroom", "serve", "--port", "99999999"), 3, "99999999")
