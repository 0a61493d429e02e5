"""Ten kills of runs and digests, wherever it hurts: the next one finishes, with nothing lost and nothing twice.

The same code kills as often as one likes by hand: `python -m benchmarks.kills`.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.kill_trials import HALF, Lane, Trial, lane
from benchmarks.survival import Damage

SEED = 20261122


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory, model_cache: Path) -> Iterator[Lane]:
    """A newsroom of two outlets: pages in two feeds, a page of several posts, pages that fail or are walls."""
    with lane(tmp_path_factory.mktemp("kills"), model_cache, outlets=("courier", "envoy"), workers=1) as made:
        yield made


def check(trial: Trial) -> None:
    assert trial.damage == Damage()
    assert trial.kills


@pytest.mark.parametrize(
    ("number", "kind", "stages"),
    [
        pytest.param(1, "", ["poll", "store", "download", "classify"], id="on-an-empty-desk"),
        pytest.param(2, HALF, [None, "extract", "publish"], id="with-a-digest-beside"),
    ],
)
def test_a_killed_run_is_continued(here: Lane, number: int, kind: str, stages: list[str | None]) -> None:
    check(here.killed_run(number, stages, random.Random(SEED + number), kind))


def test_a_killed_digest_is_told_once(here: Lane) -> None:
    stages: list[str | None] = ["digest: write", "digest: record", "publish"]
    check(here.killed_digest(5, stages, random.Random(SEED)))
