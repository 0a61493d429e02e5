"""The kill measurement sees what is lost and what is twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.survival import Contents, Damage, compare_digests

A, B = "https://example.org/a", "https://example.org/b"
ALERTS = Contents(alerts={"1": A, "2": B})


def write(folder: Path, *pages: list[str]) -> Path:
    for place, links in enumerate(pages):
        text = "".join(f"### A title\n\nOutlet  \n<{link}>\n\n" for link in links)
        (folder / f"{place}.md").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("pages", "damage"),
    [
        pytest.param([[A, B]], Damage(), id="one-file"),
        pytest.param([[A], [f"{B}?utm_source=rss"]], Damage(), id="two-files"),
        pytest.param([[A]], Damage(digest_lost=1), id="lost"),
        pytest.param([[A, B], [A]], Damage(digest_twice=1), id="twice"),
        pytest.param(
            [[A, B], ["https://example.org/c"]],
            Damage(other=("told and no alert: https://example.org/c",)),
            id="no-alert",
        ),
    ],
)
def test_digests_are_put_beside_the_alerts(pages: list[list[str]], damage: Damage, tmp_path: Path) -> None:
    assert compare_digests(write(tmp_path, *pages), ALERTS) == damage


def test_a_file_that_is_being_written_tells_nothing(tmp_path: Path) -> None:
    write(tmp_path, [A, B])
    (tmp_path / ".1.md.new").write_text(f"<{A}>\n", encoding="utf-8")
    assert compare_digests(tmp_path, ALERTS) == Damage()
