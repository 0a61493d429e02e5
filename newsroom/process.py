"""Run the newsroom's server as a child process, as tests, benchmarks and the demo do."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from newsroom.app import CLOCK_PATH, PUBLISH_PATH, RESET_PATH, SLOW_SECONDS
from newsroom.expected import Expected, expected
from newsroom.ports import HOST

START_SECONDS = 60.0
STOP_SECONDS = 10.0


class NewsroomProcessError(RuntimeError):
    """The server process did not come up; the message holds what it wrote to stderr."""


class NewsroomProcess:
    """A newsroom server in a process of its own, alive inside the `with` block.

    In: the folder for feeds.toml, access.log and stderr.txt; `now` (UTC-aware) that dates count back from; the first
    port (0 for free ones); how slow the slow page is; whether the hostile and the lying outlet are served as well
    (`hostile.py`, `lying.py`). Raises NewsroomProcessError on entry if it does not start.
    """

    def __init__(
        self,
        directory: Path,
        *,
        now: datetime | None = None,
        port: int = 0,
        slow_seconds: float = SLOW_SECONDS,
        hostile: bool = False,
        lying: bool = False,
    ) -> None:
        self.directory = directory
        self.now = (now or datetime.now(UTC)).replace(microsecond=0)
        self.feeds_file = directory / "feeds.toml"
        self.log_file = directory / "access.log"
        self.base_urls: dict[str, str] = {}
        self.dead = ""
        self._extras = [name for name, asked in (("hostile", hostile), ("lying", lying)) if asked]
        self._port = port
        self._slow_seconds = slow_seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._stderr: IO[bytes] | None = None

    def __enter__(self) -> Self:
        self.directory.mkdir(parents=True, exist_ok=True)
        ready_file = self.directory / "ready.json"
        ready_file.unlink(missing_ok=True)
        root = str(Path(__file__).resolve().parent.parent)
        path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH", "")]))
        command = [sys.executable, "-m", "newsroom", "serve", "--port", str(self._port)]
        command += ["--now", self.now.isoformat(), "--out", str(self.directory)]
        command += ["--ready-file", str(ready_file), "--log", str(self.log_file)]
        command += ["--parent-pid", str(os.getpid()), "--slow-seconds", str(self._slow_seconds)]
        command += [f"--{name}" for name in self._extras]
        self._stderr = (self.directory / "stderr.txt").open("wb")
        self._process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=self._stderr, env=os.environ | {"PYTHONPATH": path}
        )
        try:
            ready = self._wait_for(ready_file)
        except BaseException:
            self.stop()
            raise
        self.base_urls = {str(key): str(url) for key, url in ready["outlets"].items()}
        self.dead = str(ready["dead"])
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The server's process id; NewsroomProcessError before the start."""
        if self._process is None:
            raise NewsroomProcessError("the newsroom has not been started")
        return self._process.pid

    @property
    def allowed_hosts(self) -> str:
        """The value for the setting that lets a reader ask loopback: the host without ports."""
        return HOST

    @property
    def expected(self) -> Expected:
        """The ground truth for this server's URLs."""
        return expected(self.base_urls, dead=self.dead, now=self.now)

    @property
    def hostile_feeds_file(self) -> Path:
        """The register of the hostile outlet's feeds alone."""
        return self.directory / "feeds-hostile.toml"

    @property
    def lying_feeds_file(self) -> Path:
        """The register of the lying outlet's feeds alone."""
        return self.directory / "feeds-lying.toml"

    def requests(self) -> list[dict[str, object]]:
        """The access log so far: time, outlet, method, path, status, user_agent, conditional."""
        lines = self.log_file.read_text(encoding="utf-8").splitlines() if self.log_file.exists() else []
        return [json.loads(line) for line in lines]

    def reset(self) -> None:
        """Make what has healed ill again, take back what was published, and set the clock to the start."""
        self._control(RESET_PATH)

    def publish(self) -> None:
        """Add an item to the feed that answers 304 whatever happens."""
        self._control(PUBLISH_PATH)

    def set_clock(self, now: datetime) -> None:
        """Set the time (UTC-aware) that the lying outlet's feeds tell; it goes on from there."""
        self._control(f"{CLOCK_PATH}?{urllib.parse.urlencode({'now': now.isoformat()})}")

    def _control(self, path: str) -> None:
        base = next(iter(self.base_urls.values()))
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(urllib.request.Request(base + path, method="POST"), timeout=10):
            pass

    def stop(self) -> int | None:
        """End the server (SIGTERM, then SIGKILL if it does not listen); its exit code, None if never started."""
        code = None
        if self._process is not None:
            self._process.terminate()
            try:
                code = self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                code = self._process.wait()
        if self._stderr is not None:
            self._stderr.close()
        return code

    def _wait_for(self, ready_file: Path) -> dict[str, Any]:
        assert self._process is not None
        give_up = time.monotonic() + START_SECONDS
        while not ready_file.exists():
            code = self._process.poll()
            if code is not None:
                raise NewsroomProcessError(f"the newsroom ended at once (exit code {code}): {self._said()}")
            if time.monotonic() > give_up:
                raise NewsroomProcessError(f"the newsroom was not ready after {START_SECONDS:.0f} s: {self._said()}")
            time.sleep(0.02)
        ready: dict[str, Any] = json.loads(ready_file.read_text(encoding="utf-8"))
        return ready

    def _said(self) -> str:
        text = (self.directory / "stderr.txt").read_text(encoding="utf-8", errors="replace").strip()
        return text or "(nothing on stderr)"


@contextlib.contextmanager
def running_newsroom(
    directory: Path,
    now: datetime | None = None,
    port: int = 0,
    slow_seconds: float = SLOW_SECONDS,
    *,
    hostile: bool = False,
    lying: bool = False,
) -> Iterator[NewsroomProcess]:
    """Start a newsroom that lives as long as the `with` block; arguments as for NewsroomProcess."""
    with NewsroomProcess(
        directory, now=now, port=port, slow_seconds=slow_seconds, hostile=hostile, lying=lying
    ) as room:
        yield room
