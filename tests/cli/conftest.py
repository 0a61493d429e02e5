"""The command inside the test's own process, for what needs no process of its own."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.app import app

sys.path.insert(0, str(Path(__file__).resolve().parent))

from terminal import Terminal
from troubled import troubled_desk

PROGRAM = Path(sys.executable).with_name("spywatch")
Inside = Callable[..., Any]


@pytest.fixture
def inside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command_environment: dict[str, str]) -> Inside:
    """Call the command in an empty folder; exceptions that it does not turn into a sentence come out."""
    for name in [name for name in os.environ if name.startswith("SPYWATCH_")]:
        monkeypatch.delenv(name)
    for name, value in command_environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str | Path, stdin: str | bytes = b"") -> Any:
        result = CliRunner().invoke(app, [str(argument) for argument in arguments], input=stdin)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return call


@pytest.fixture
def at_terminal(command_environment: dict[str, str], tmp_path: Path) -> Callable[..., Terminal]:
    """The command at a terminal of its own: a context manager."""

    def start(*arguments: str | Path) -> Terminal:
        return Terminal([str(PROGRAM), *map(str, arguments)], command_environment, tmp_path)

    return start


@pytest.fixture(scope="session")
def troubled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database folder with sources in trouble. Tests that change it copy it."""
    return troubled_desk(tmp_path_factory.mktemp("troubled") / "db")
