"""Pipes that break, streams that are closed, disks that are full, locales that are not UTF-8."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

MANY = """yes '{"id": 1, "title": "Rain", "text": "Rain fell on the town."}' | head -5000"""


def test_a_reader_that_leaves_early_ends_a_filter_quietly(spywatch: Any) -> None:
    ended = spywatch.shell(f"{MANY} | spywatch classify - | head -1")
    assert (ended.code, ended.err) == (0, "")
    assert ended.lines[0]["id"] == 1


def test_a_reader_that_leaves_early_ends_extraction_quietly(spywatch: Any) -> None:
    ended = spywatch.shell("""yes '{"id": 1, "html": "<p>Rain fell."}' | spywatch extract - | head -1""")
    assert (ended.code, ended.err) == (0, "")
    assert ended.lines[0]["text"] == "Rain fell."


@pytest.mark.parametrize("form", ["table", "csv", "json"])
def test_a_reader_that_leaves_early_ends_sql_quietly(spywatch: Any, desk: Any, form: str) -> None:
    ended = spywatch.shell(f"spywatch sql 'FROM range(200000)' --db {desk.db} --format {form} | head -1")
    assert ended.code == 0
    assert "Traceback" not in ended.err
    assert len(ended.text.splitlines()) == 1


def test_closed_standard_input_is_empty_input(spywatch: Any) -> None:
    ended = spywatch.shell("spywatch parse - <&-")
    assert (ended.code, ended.err) == (0, "")
    assert [record["failure"]["reason"] for record in ended.lines] == ["empty"]


@pytest.mark.parametrize("name", ["classify", "extract"])
def test_empty_standard_input(inside: Any, name: str) -> None:
    ended = inside(name, "-")
    assert (ended.exit_code, ended.stdout, ended.stderr) == (0, "", "")


def test_closed_standard_output_does_no_harm(spywatch: Any, desk: Any, tmp_path: Path) -> None:
    """Without a standard output the database itself might be opened under its number, and printed into."""
    db = desk.copy(tmp_path)
    line = f"spywatch digest --db {db} --now 2026-05-21 <&- >&- 2>&- && spywatch sql 'SELECT 7 AS seven' --db {db}"
    ended = spywatch.shell(f"{line} --format csv")
    assert (ended.code, ended.text.split()) == (0, ["seven", "7"])


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_one_sentence(spywatch: Any, desk: Any, tmp_path: Path) -> None:
    (tmp_path / "feed.xml").write_text("<rss><channel><title>x</title></channel></rss>")
    commands = [
        f"sql 'FROM range(9)' --db {desk.db}",
        f"parse {tmp_path / 'feed.xml'}",
    ]
    for command in commands:
        ended = spywatch.shell(f"spywatch {command} >/dev/full")
        assert ended.code == 3, command
        assert ended.err == "spywatch: the output cannot be written: No space left on device\n"


def test_output_is_utf_8_whatever_the_locale_says(spywatch: Any, desk: Any) -> None:
    other = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    ended = spywatch("sql", "SELECT 'ř \N{GRINNING FACE}' AS x", "--db", desk.db, "--format", "csv", **other)
    assert ended.text.splitlines() == ["x", "ř \N{GRINNING FACE}"]
    table = spywatch("sql", "SELECT 'ř \N{GRINNING FACE}' AS x", "--db", desk.db, PYTHONIOENCODING="ascii")
    assert "│ ř \N{GRINNING FACE}" in table.text


def test_names_that_are_not_utf_8(spywatch: Any, desk: Any) -> None:
    missing = spywatch.shell("""spywatch parse $'no\\xff.xml'""")
    assert missing.code == 0
    assert missing.lines[0]["failure"]["reason"] == "missing_file"
    assert json.loads(missing.text)["file"] == "no\udcff.xml"
    unknown = spywatch.shell(f"""spywatch where $'http://quay.example/\\xff' --db {desk.db}""")
    assert unknown.code == 1
    assert "was never seen" in unknown.err
