"""The command inside the test's own process, for what needs no process of its own."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.app import app

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
