"""The load measurement: a small one as a test of the run's manners, and that its figures would show a breach."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from benchmarks.load import SETTINGS, measure
from benchmarks.load_log import figures
from benchmarks.load_plan import Plan, draw

HOST = "127.0.1.1"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux answers on all of 127.0.0.0/8 by itself")
def test_a_run_keeps_its_manners_where_one_in_five_fails(tmp_path: Path, model_cache: Path) -> None:
    plan = draw(feeds=40, hosts=20, items=1, failing=0.25, seed=3)
    quick = {
        "CONNECT_TIMEOUT_SECONDS": "1",
        "READ_TIMEOUT_SECONDS": "2",
        "TOTAL_TIMEOUT_SECONDS": "3",
        "HOST_DELAY_SECONDS": "0.1",
    }
    found = measure(plan, tmp_path, SETTINGS | quick, model_cache)
    # How long something takes is no matter of this test: a busy machine makes servers late and clients impatient.
    late = {name for name in found.required if name.startswith(("two requests", "every feed that is well"))}
    assert len(late) == 2
    assert [name for name, met in found.required.items() if not met and name not in late] == []
    assert found.figures.gap_median > 0.05
    assert found.figures.requests > 30
    assert found.report["feeds"]["failed"] >= plan.failing_feeds > 5


def test_a_plan_is_written_and_read(tmp_path: Path) -> None:
    plan = Plan(port=1, hosts=[HOST], feeds_at={HOST: {"/feed/0.xml": 0}}, links={"0": ["/page/0/0"]})
    plan.write(tmp_path / "plan.json")
    assert Plan.read(tmp_path / "plan.json") == plan


def test_a_breach_shows_in_the_figures(tmp_path: Path) -> None:
    plan = Plan(
        port=1,
        hosts=[HOST],
        ways={HOST: {"/feed/0.xml": "429, wait"}},
        feeds_at={HOST: {"/feed/0.xml": 0}},
        robots_kind={HOST: "disallow"},
    )
    events = [
        (1.0, "open", 1, ""),
        (1.0, "start", 1, "/feed/0.xml"),
        (1.1, "open", 2, ""),
        (1.1, "start", 2, "/private/1"),
        (1.3, "end", 1, "/feed/0.xml"),
        (1.4, "end", 2, "/private/1"),
        (1.5, "start", 1, "/page/1/1"),
        (1.6, "end", 1, "/page/1/1"),
        (1.6, "close", 1, ""),
    ]
    lines = [
        json.dumps({"at": at, "what": what, "host": HOST, "connection": connection, "path": path})
        for at, what, connection, path in events
    ]
    log = tmp_path / "server.jsonl"
    log.write_text("\n".join(lines), encoding="utf-8")
    found = figures(log, plan, 0.2)
    assert (found.requests, found.hosts) == (3, 1)
    assert (found.most_at_host, found.most_at_once, found.most_connections) == (2, 2, 2)
    assert found.shortest_gap == pytest.approx(0.1)
    assert (found.short_gaps, found.gaps) == (1, 2)
    assert (found.forbidden, found.after_rest) == (1, 1)
