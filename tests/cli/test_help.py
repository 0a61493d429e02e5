from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from cli.app import app

ROOT = Path(__file__).resolve().parents[2]
HEAVY = (
    "duckdb",
    "sklearn",
    "trafilatura",
    "prefect",
    "feedparser",
    "pyarrow",
    "httpx",
    "numpy",
    "lxml",
    "starlette",
)
LOOK = f"""
import json, sys
sys.argv = ["spywatch", "--help"]
from cli.app import main
try:
    main()
except SystemExit as end:
    assert end.code == 0
loaded = [name for name in {HEAVY!r} if name in sys.modules]
print(json.dumps(loaded), file=sys.stderr)
"""


def commands() -> Iterator[tuple[str, Any]]:
    """Every command with its full name, groups left out."""

    def below(name: str, command: Any) -> Iterator[tuple[str, Any]]:
        children = getattr(command, "commands", None)
        if children is None:
            yield name, command
            return
        for child, it in children.items():
            yield from below(f"{name} {child}".strip(), it)

    yield from below("", get_command(app))


COMMANDS = dict(commands())


def test_help_loads_no_heavy_library() -> None:
    done = subprocess.run([sys.executable, "-c", LOOK], capture_output=True, text=True, cwd=ROOT, check=True)
    assert "newsroom" in done.stdout
    assert json.loads(done.stderr) == []


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(name: str, inside: Any) -> None:
    shown = inside(*name.split(), "--help")
    assert shown.exit_code == 0
    assert re.search(rf"Examples?:.*spywatch {name}", shown.output, re.DOTALL)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_says_what_it_is_for(name: str) -> None:
    for parameter in COMMANDS[name].params:
        assert getattr(parameter, "help", None), f"{name}: {parameter.name}"


def test_the_documentation_names_every_command_and_no_other() -> None:
    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    table = page.partition("## Exit codes")[0]
    rows = [line.split("|") for line in table.splitlines() if line.startswith("| `spywatch")]
    told = {row[1].strip(" `").removeprefix("spywatch "): row[2] for row in rows}
    groups: dict[str, set[str]] = {}
    for name in COMMANDS:
        group, _, command = name.partition(" ")
        groups.setdefault(group, set()).update({command} - {""})
    assert set(told) == set(groups)
    for group, members in groups.items():
        assert members <= set(re.findall(r"`(\w+)`", told[group]))


def test_version(inside: Any) -> None:
    shown = inside("--version")
    assert re.fullmatch(r"spywatch \d+\.\d+\.\d+\n", shown.output)


@pytest.mark.parametrize(
    "line", [[], ["feeds"], ["nothing"], ["feeds", "nothing"], ["run", "--nothing"], ["run", "x"]]
)
def test_wrong_usage_is_exit_code_2(inside: Any, line: list[str]) -> None:
    assert inside(*line).exit_code == 2
