"""The product as a benchmark uses it: the command, in a world of its own, and its database looked into by SQL."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import PROJECT

PATIENCE = 1_800.0
"""Seconds that a command may take before the measurement gives up on it."""


PROGRAM = Path(sys.executable).with_name("spywatch")
UNBALANCED = 1


class CommandFailed(RuntimeError):
    """A command ended otherwise than it should; the message holds what it wrote to standard error."""


@dataclass(frozen=True, slots=True)
class Desk:
    """One database folder, and the settings that commands on it are run with.

    Attributes:
        db: the database folder.
        settings: by their names without the prefix, in capitals; no setting of the user's own has a part in it.
        outside: proxy for everything that is not on loopback; none if empty.
    """

    db: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    outside: str = ""

    def environment(self) -> dict[str, str]:
        """The environment of every command."""
        proxies = {name: self.outside for name in ("http_proxy", "https_proxy") if self.outside}
        return clean_environment() | proxies | {f"SPYWATCH_{name}": value for name, value in self.settings.items()}

    def command(self, *arguments: str | Path, ends_with: tuple[int, ...] = (0,)) -> str:
        """What a `spywatch` command writes to standard output.

        Raises:
            CommandFailed: it ended with another code, or not at all.
        """
        line = [str(PROGRAM), *map(str, arguments)]
        try:
            done = subprocess.run(
                line, env=self.environment(), cwd=PROJECT, capture_output=True, timeout=PATIENCE, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise CommandFailed(f"spywatch {arguments[0]} did not end within {PATIENCE:.0f} s") from error
        if done.returncode not in ends_with or (done.returncode and not done.stdout.strip()):
            said = done.stderr.decode("utf-8", "replace").strip()[-2_000:]
            raise CommandFailed(f"spywatch {arguments[0]} ended with {done.returncode}: {said}")
        return done.stdout.decode("utf-8")

    def run(self, register: Path, *more: str) -> dict[str, Any]:
        """The report of one `spywatch run`; a run whose books do not balance gives one, too."""
        said = self.command("run", "--feeds", register, "--db", self.db, "--json", *more, ends_with=(0, UNBALANCED))
        report: dict[str, Any] = json.loads(said)
        return report

    def ask(self, query: str) -> list[dict[str, Any]]:
        """The rows of a query on the published database, by `spywatch sql`."""
        rows: list[dict[str, Any]] = json.loads(self.command("sql", "--db", self.db, "--format", "json", query))
        return rows


def clean_environment() -> dict[str, str]:
    """The environment without anybody's settings and proxies; 127.0.0.1 is never asked through one."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SPYWATCH_", "PREFECT_"))}
    loopback = "127.0.0.1,localhost"
    path = os.pathsep.join(filter(None, [str(PROJECT), kept.get("PYTHONPATH", "")]))
    proxies = {"http_proxy", "https_proxy", "all_proxy"}
    plain = {name: value for name, value in kept.items() if name.lower() not in proxies}
    return plain | {"NO_PROXY": loopback, "no_proxy": loopback, "PYTHONPATH": path}


def fitted_models(folder: Path) -> Path:
    """A folder with the model of the shipped corpus in it, so that no run is measured fitting it.

    Args:
        folder: used unless the environment names another (`SPYWATCH_CACHE`), where the model may lie already.
    """
    from classifiers.model import load_classifier

    models = Path(os.environ.get("SPYWATCH_CACHE") or folder)
    models.mkdir(parents=True, exist_ok=True)
    load_classifier(PROJECT / "seed_corpus", models)
    return models
