"""What tests of several rooms share: the command as a real process, and a desk after its first run, made once."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from classifiers.model import load_classifier
from newsroom.process import NewsroomProcess, running_newsroom

PROGRAM = Path(sys.executable).with_name("spywatch")
NOW = datetime(2026, 5, 20, 12, 0, tzinfo=UTC)
PATIENCE = 300.0
SHIPPED = Path(__file__).resolve().parents[1] / "seed_corpus"


@dataclass(frozen=True, slots=True)
class Ended:
    """A process that has ended: exit code and what it wrote."""

    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        """Standard output, which is always UTF-8."""
        return self.out.decode("utf-8")

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Standard output as JSON Lines."""
        return [json.loads(line) for line in self.text.splitlines()]

    @property
    def json(self) -> Any:
        """Standard output as one JSON value."""
        return json.loads(self.text)


@dataclass(frozen=True, slots=True)
class Spywatch:
    """The command as a user has it: a process of its own, with an empty home and none of our settings."""

    folder: Path
    environment: dict[str, str]

    def __call__(self, *arguments: str | Path, stdin: bytes = b"", cwd: Path | None = None, **settings: str) -> Ended:
        """Run to the end; `settings` are put into the environment."""
        done = subprocess.run(
            [str(PROGRAM), *map(str, arguments)],
            input=stdin,
            capture_output=True,
            cwd=cwd or self.folder,
            env=self.environment | settings,
            timeout=PATIENCE,
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr.decode("utf-8"))

    def shell(self, line: str, *, cwd: Path | None = None) -> Ended:
        """Run a line of bash, in which `spywatch` is the command; the exit code is the line's."""
        done = subprocess.run(
            ["bash", "-c", line],
            capture_output=True,
            cwd=cwd or self.folder,
            env=self.environment | {"PATH": f"{PROGRAM.parent}{os.pathsep}{os.environ['PATH']}"},
            timeout=PATIENCE,
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr.decode("utf-8"))


@dataclass(frozen=True, slots=True)
class Desk:
    """A database after one run over the sample newsroom, which still answers; `report` is what `run --json` said."""

    room: NewsroomProcess
    db: Path
    report: dict[str, Any]

    def copy(self, folder: Path) -> Path:
        """The database once more, for tests that change it."""
        return Path(shutil.copytree(self.db, folder / "db"))


@pytest.fixture(scope="session")
def model_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for fitted models, shared by the processes of a parallel session, the shipped corpus's in it."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "models"
    folder.mkdir(exist_ok=True)
    with FileLock(folder / "fitting.lock"):
        load_classifier(SHIPPED, folder)
    return folder


@pytest.fixture(scope="session")
def command_environment(tmp_path_factory: pytest.TempPathFactory, model_cache: Path) -> dict[str, str]:
    """The environment of every command that tests start."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SPYWATCH_")}
    return kept | {
        "HOME": str(tmp_path_factory.mktemp("home")),
        "COLUMNS": "100",
        "SPYWATCH_CACHE": str(model_cache),
        "SPYWATCH_ALLOWED_PRIVATE_HOSTS": "127.0.0.1",
        "SPYWATCH_HOST_DELAY_SECONDS": "0",
        "SPYWATCH_HOST_DELAY_MAX_SECONDS": "0.05",
        "SPYWATCH_HOST_CONCURRENCY": "8",
    }


@pytest.fixture(scope="session")
def spywatch(tmp_path_factory: pytest.TempPathFactory, command_environment: dict[str, str]) -> Spywatch:
    """The command, run in an empty folder."""
    return Spywatch(tmp_path_factory.mktemp("work"), command_environment)


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory, spywatch: Spywatch) -> Iterator[Desk]:
    """The newsroom and one run over it. Tests that change the database take `desk.copy`."""
    with running_newsroom(tmp_path_factory.mktemp("newsroom"), now=NOW, slow_seconds=0.2) as room:
        db = tmp_path_factory.mktemp("desk") / "db"
        ran = spywatch("run", "--feeds", room.feeds_file, "--db", db, "--json", "--now", NOW.isoformat())
        assert ran.code == 0, ran.err
        yield Desk(room, db, ran.json)
