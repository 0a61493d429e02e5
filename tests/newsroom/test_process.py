"""The server's life: ready line, ports, clean stop, no orphan, clear errors."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from newsroom.process import NewsroomProcess, NewsroomProcessError, running_newsroom

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 5, 20, 12, 0, tzinfo=UTC)


def start(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "newsroom", "serve", *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def fetch(url: str) -> bytes:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=10) as response:
        return bytes(response.read())


def free_run_of_ports(count: int) -> int:
    """A port that is free together with the next ones, at this moment."""
    for first in range(21_000, 30_000, count):
        opened = []
        try:
            for port in range(first, first + count):
                sock = socket.socket()
                opened.append(sock)
                sock.bind(("127.0.0.1", port))
        except OSError:
            continue
        else:
            return first
        finally:
            for sock in opened:
                sock.close()
    raise AssertionError("no free run of ports")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_ready_line_and_clean_stop(tmp_path: Path, number: signal.Signals) -> None:
    server = start("--out", str(tmp_path), "--now", NOW.isoformat())
    try:
        assert server.stdout
        ready = json.loads(server.stdout.readline())
        assert ready["pid"] == server.pid
        with pytest.raises(OSError, match="refused"):
            fetch(ready["dead"] + "/")
        assert Path(ready["feeds_file"]).read_text(encoding="utf-8").count("[[feeds]]") > 10
        for url in ready["outlets"].values():
            assert b"<html" in fetch(url + "/")
    finally:
        server.send_signal(number)
        _, errors = server.communicate(timeout=20)
    assert server.returncode == 0
    assert errors == ""


def test_ports_in_a_row_and_the_same_bytes_after_a_restart_with_more_outlets(tmp_path: Path) -> None:
    bodies = []
    port = free_run_of_ports(15)
    for extras in (False, True):
        with running_newsroom(tmp_path, now=NOW, port=port, hostile=extras, lying=extras) as room:
            standard, more = list(room.base_urls.values())[:12], list(room.base_urls.values())[12:]
            assert standard == [f"http://127.0.0.1:{port + i}" for i in range(12)]
            assert room.dead == f"http://127.0.0.1:{port + 12}"
            assert more == ([f"http://127.0.0.1:{port + i}" for i in (13, 14)] if extras else [])
            assert room.allowed_hosts == "127.0.0.1"
            bodies.append([fetch(feed.url) for feed in room.expected.feeds if feed.first == "parsed"])
    assert bodies[0] == bodies[1]


def test_addresses_do_not_depend_on_now(tmp_path: Path) -> None:
    port = free_run_of_ports(13)
    links = []
    for now in (NOW, NOW + timedelta(days=40)):
        with running_newsroom(tmp_path, now=now, port=port) as room:
            links.append({feed.url: feed.links for feed in room.expected.feeds})
            assert fetch(room.base_urls["courier"] + "/").startswith(b"<!DOCTYPE html>")
    assert links[0] == links[1]


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(NewsroomProcessError, match=f"cannot listen on 127.0.0.1 port {port}"):
            NewsroomProcess(tmp_path, port=port).__enter__()


def test_wrong_usage(tmp_path: Path) -> None:
    server = start("--out", str(tmp_path), "--now", "tomorrow")
    _, errors = server.communicate(timeout=20)
    assert server.returncode == 2
    assert "not an ISO 8601 time: 'tomorrow'" in errors


def test_an_unwritable_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    server = start("--out", str(tmp_path / "file"))
    _, errors = server.communicate(timeout=20)
    assert server.returncode == 1
    assert errors.startswith("newsroom: cannot write")
    assert errors.count("\n") == 1


PARENT = """
import pathlib, sys, time
from newsroom.process import NewsroomProcess
room = NewsroomProcess(pathlib.Path(sys.argv[1])).__enter__()
print(room.pid, flush=True)
time.sleep(600)
"""


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="watches the process by a Linux pidfd")
def test_the_server_ends_with_its_parent(tmp_path: Path) -> None:
    """A killed parent cannot clean up; the server has to notice by itself."""
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout
    server_pid = int(parent.stdout.readline())
    os.kill(server_pid, 0)
    watch = os.pidfd_open(server_pid)
    try:
        parent.kill()
        parent.wait(timeout=20)
        ended, _, _ = select.select([watch], [], [], 20)
        assert ended
    finally:
        os.close(watch)
        parent.stdout.close()
