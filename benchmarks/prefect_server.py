"""A Prefect server with a temporary home, for flows that are going to be killed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from benchmarks import PROJECT
from benchmarks.desk import clean_environment

_START_SECONDS = 120.0


@contextmanager
def prefect_server(home: Path) -> Iterator[Mapping[str, str]]:
    """Start a server; yields the environment that leads a flow to it.

    Raises:
        RuntimeError: it did not start; the message holds what it said.
    """
    home.mkdir(parents=True, exist_ok=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    leading = {
        "HOME": str(home),
        "PREFECT_HOME": str(home / "prefect"),
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_LOGGING_LEVEL": "WARNING",
        "DO_NOT_TRACK": "1",
    }
    log = home / "server.log"
    command = [
        sys.executable,
        "-m",
        "prefect",
        "server",
        "start",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--no-ui",
    ]
    with log.open("wb") as out:
        server = subprocess.Popen(
            command,
            env=clean_environment() | leading,
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        end = time.monotonic() + _START_SECONDS
        while not _answers(f"{leading['PREFECT_API_URL']}/health"):
            if time.monotonic() > end or server.poll() is not None:
                raise RuntimeError(f"the Prefect server did not start: {log.read_text('utf-8', 'replace')[-2_000:]}")
            time.sleep(0.5)
        yield leading
    finally:
        if server.poll() is None:
            os.killpg(server.pid, signal.SIGTERM)
            try:
                server.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(server.pid, signal.SIGKILL)
                server.wait()


def _answers(address: str) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(address, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
