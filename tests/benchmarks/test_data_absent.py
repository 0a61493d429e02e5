"""The measurements want data that is no part of the project: without it they say so and end as documented."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent.parent
SCRIPTS = ("real_input", "feed_documents", "mutated_pages")


def run(script: str, *arguments: str, project: Path = PROJECT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", f"benchmarks.{script}", *arguments]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_named_folder_without_the_data_is_an_error(script: str, tmp_path: Path) -> None:
    done = run(script, "--shared", str(tmp_path), "--json")
    assert done.returncode == 3
    assert done.stdout == ""
    assert f"in {tmp_path}: nothing measured" in done.stderr


@pytest.mark.parametrize("script", SCRIPTS)
def test_no_data_in_the_usual_place_is_no_error(script: str, tmp_path: Path) -> None:
    project = tmp_path / "project"
    shutil.copytree(PROJECT / "benchmarks", project / "benchmarks", ignore=shutil.ignore_patterns("__pycache__"))
    done = run(script, project=project)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert "in ../shared: nothing measured" in done.stderr


def test_feed_documents_of_any_kind_are_counted(tmp_path: Path) -> None:
    folder = tmp_path / "feeds"
    folder.mkdir()
    (folder / "a-feed.xml").write_text(
        "<rss version='2.0'><channel><title>Harbour news</title>"
        "<item><title>Crane moved</title><link>https://example.org/crane</link></item><item/></channel></rss>"
    )
    (folder / "b-letter.txt").write_text("Dear reader, this is no feed at all.")
    done = run("feed_documents", "--shared", str(tmp_path), "--json")
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)["summary"]
    assert (summary["documents"], summary["read"], summary["entries"]) == (2, 1, 1)
    assert summary["failures"] == {"not_a_feed": 1}
    assert summary["skipped"] == {"no_link_no_text": 1}
    assert summary["same_count"] == 2
