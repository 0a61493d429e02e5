"""The rules of the house, read from the code's own imports (docs/design.md tells them)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
STAGES = {"feeds", "extractors", "classifiers", "stories", "storage", "digests"}
GROUND = {"spywatch"}
ROOMS = STAGES | GROUND | {"flows", "cli", "newsroom"}
MAY_IMPORT = {
    "spywatch": set(),
    "newsroom": set(),
    **dict.fromkeys(STAGES, GROUND),
    "flows": GROUND | STAGES,
    "cli": GROUND | STAGES | {"flows", "newsroom"},
}
DOORS = {
    "httpx": {"spywatch/web.py"},
    "httpcore": {"spywatch/web.py"},
    "feedparser": {"feeds/parse.py"},
    "trafilatura": {"extractors/text.py"},
    "duckdb": {"storage/"},
    "prefect": {"flows/"},
    "sklearn": {"classifiers/"},
    "matplotlib": {"classifiers/quality/"},
    "protego": {"spywatch/robots.py"},
    "pebble": {"spywatch/workers.py"},
    "typer": {"cli/"},
    "starlette": {"newsroom/"},
    "uvicorn": {"newsroom/"},
}


def sources() -> list[Path]:
    return sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, relative ones made absolute, those inside functions too."""
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            yield ".".join(part for part in (base, node.module or "") if part)


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_there_is_something_to_check() -> None:
    assert {path.relative_to(ROOT).parts[0] for path in sources()} >= ROOMS - {"stories"}


@pytest.mark.parametrize("path", sources(), ids=name)
def test_imports_go_along_the_star_and_never_up(path: Path) -> None:
    room = path.relative_to(ROOT).parts[0]
    imported = {module.split(".")[0] for module in imports(path)} & ROOMS
    assert imported - {room} <= MAY_IMPORT[room]


@pytest.mark.parametrize("path", sources(), ids=name)
def test_each_library_has_one_door(path: Path) -> None:
    for module in imports(path):
        doors = DOORS.get(module.split(".")[0])
        assert doors is None or any(name(path).startswith(door) for door in doors), f"{name(path)} imports {module}"


def test_no_flow_file_hides_a_room() -> None:
    assert not {path.stem for path in (ROOT / "flows").glob("*.py")} & ROOMS


@pytest.mark.parametrize("path", sources(), ids=name)
def test_nothing_is_read_at_import(path: Path) -> None:
    """No clock, environment or settings at module level: stages get plain values."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    forbidden = {"now", "utcnow", "today", "getenv", "load_settings", "environ"}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.If):
            continue
        used = {part.attr for part in ast.walk(node) if isinstance(part, ast.Attribute)}
        used |= {
            part.func.id for part in ast.walk(node) if isinstance(part, ast.Call) and isinstance(part.func, ast.Name)
        }
        assert not used & forbidden, f"{name(path)}, line {node.lineno}"


def test_stages_do_not_know_the_settings() -> None:
    for path in sources():
        if path.relative_to(ROOT).parts[0] in STAGES:
            assert "spywatch.settings" not in set(imports(path)), name(path)


def test_nobody_swallows_every_exception() -> None:
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            assert not (isinstance(node, ast.ExceptHandler) and node.type is None), (
                f"{name(path)}, line {node.lineno}"
            )


@pytest.mark.parametrize("folder", sorted(ROOMS - {"stories"} | {"seed_corpus", "tests"}))
def test_the_top_level_holds_what_the_plan_names(folder: str) -> None:
    assert (ROOT / folder).is_dir()


def test_no_committed_file_names_a_package_registry() -> None:
    for lock in (ROOT / "requirements.lock", ROOT / "pyproject.toml", ROOT / "Makefile"):
        text = lock.read_text(encoding="utf-8")
        assert "index-url" not in text
        assert "pypi.org" not in text
    pinned = [line for line in (ROOT / "requirements.lock").read_text().splitlines() if not line.startswith("#")]
    assert len(pinned) > 50
    assert all("==" in line and "/" not in line for line in pinned)
