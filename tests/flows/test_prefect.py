"""The flows on a real Prefect server with a real process worker, deployed from prefect.yaml without prompts."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from newsroom.process import NewsroomProcess, running_newsroom
from storage.published import run_sql

ROOT = Path(__file__).resolve().parents[2]
PREFECT = [sys.executable, "-m", "prefect"]


class Prefect:
    """A server with its own home folder, and what is needed to talk to it."""

    def __init__(self, home: Path, room: NewsroomProcess, model_cache: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.home = home
        self.db = home / "db"
        self.api = f"http://127.0.0.1:{port}/api"
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "SPYWATCH_"))},
            "HOME": str(home),
            "PREFECT_HOME": str(home / "prefect"),
            "PREFECT_API_URL": self.api,
            "DO_NOT_TRACK": "1",
            "PREFECT_WORKER_QUERY_SECONDS": "2",
            "PREFECT_LOGGING_LEVEL": "WARNING",
            "SPYWATCH_FEEDS": str(room.feeds_file),
            "SPYWATCH_DB": str(self.db),
            "SPYWATCH_CACHE": str(model_cache),
            "SPYWATCH_ALLOWED_PRIVATE_HOSTS": room.allowed_hosts,
            "SPYWATCH_HOST_DELAY_SECONDS": "0",
            "SPYWATCH_HOST_CONCURRENCY": "8",
        }
        self.processes: list[subprocess.Popen[bytes]] = []
        arguments = ["server", "start", "--host", "127.0.0.1", "--port", str(port), "--no-ui"]
        self.spawn("server", arguments)
        wait_until(lambda: self.get("/health") is True, 90, "the server to answer", self.log("server"))

    def log(self, name: str) -> Path:
        return self.home / f"{name}.log"

    def spawn(self, name: str, arguments: list[str]) -> None:
        with self.log(name).open("wb") as log:
            process = subprocess.Popen(
                [*PREFECT, *arguments],
                env=self.environment,
                cwd=ROOT,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.processes.append(process)

    def command(self, *arguments: str) -> str:
        done = subprocess.run(
            [*PREFECT, "--no-prompt", *arguments],
            env=self.environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def get(self, path: str) -> Any:
        try:
            with urllib.request.urlopen(self.api + path, timeout=10) as answer:
                return json.load(answer)
        except OSError:
            return None

    def post(self, path: str, body: dict[str, Any]) -> Any:
        request = urllib.request.Request(
            self.api + path, data=json.dumps(body).encode(), headers={"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def runs(self, flow: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.post("/flow_runs/filter", {"flows": {"name": {"any_": [flow]}}})
        return found

    def completed(self, flow: str) -> bool:
        return any(run["state_type"] == "COMPLETED" for run in self.runs(flow))

    def stop(self) -> None:
        for process in reversed(self.processes):
            try:
                os.killpg(process.pid, signal.SIGTERM)
                process.wait(15)
            except (ProcessLookupError, subprocess.TimeoutExpired):
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(15)


def wait_until(ready: Callable[[], bool], seconds: float, what: str, log: Path) -> None:
    end = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < end, f"waited {seconds} s for {what}:\n{log.read_text(errors='replace')[-3000:]}"
        time.sleep(0.5)


@pytest.fixture
def prefect(tmp_path: Path, model_cache: Path) -> Iterator[Prefect]:
    with running_newsroom(tmp_path / "newsroom") as room:
        server = Prefect(tmp_path, room, model_cache)
        try:
            yield server
        finally:
            server.stop()


def every_minute(target: Path) -> Path:
    """The project's own deployment file, with the daily run due each minute and the digest only on demand."""
    plan = yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))
    daily, morning, retag = plan["deployments"]
    assert (retag["schedules"], retag["parameters"]) == ([], {"commit": False})
    assert daily["schedules"][0]["timezone"]
    assert len(daily["schedules"][0]["cron"].split()) == 5
    daily["schedules"][0]["cron"] = "* * * * *"
    morning["schedules"] = []
    target.write_text(yaml.safe_dump(plan), encoding="utf-8")
    return target


@pytest.mark.server
def test_a_scheduled_run_writes_the_database_and_a_digest_flow_tells_it(prefect: Prefect, tmp_path: Path) -> None:
    server_settings = prefect.get("/admin/settings")
    assert server_settings["server"]["analytics_enabled"] is False
    prefect.command("work-pool", "create", "local", "--type", "process", "--overwrite")
    prefect.command("deploy", "--all", "--prefect-file", str(every_minute(tmp_path / "each-minute.yaml")))
    prefect.spawn("worker", ["worker", "start", "--pool", "local", "--type", "process"])

    log = prefect.log("worker")
    published = prefect.db / "spywatch.duckdb"
    wait_until(published.exists, 180, "a scheduled run to publish", log)
    wait_until(
        lambda: any(run["state_type"] == "COMPLETED" for run in prefect.runs("ingest")),
        60,
        "the run to complete",
        log,
    )
    done = next(run for run in prefect.runs("ingest") if run["state_type"] == "COMPLETED")
    assert done["auto_scheduled"] is True
    counts = next(run_sql(prefect.db, "SELECT seen, stored, articles FROM run_log ORDER BY started_at").rows())
    assert counts[1] > 50
    keys = {artifact["key"] for artifact in prefect.post("/artifacts/filter", {})}
    assert {"run-summary", "source-health"} <= keys
    tasks = {task["name"] for task in prefect.post("/task_runs/filter", {})}
    assert {"poll feeds", "publish"} <= tasks
    assert any(name.startswith("batch ") for name in tasks)

    prefect.command("deployment", "run", "send-digests/morning")
    wait_until(lambda: prefect.completed("send-digests"), 120, "the digest flow to complete", log)
    pages = list((prefect.db / "digests").glob("*.md"))
    assert len(pages) == 1
    assert "## " in pages[0].read_text(encoding="utf-8")

    prefect.command("deployment", "run", "retag/retag")
    wait_until(lambda: prefect.completed("retag"), 120, "the retag flow to complete", log)
    assert "retag" in {artifact["key"] for artifact in prefect.post("/artifacts/filter", {})}
