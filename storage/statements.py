"""The SQL of this room, by name: one statement a file under `sql/statements/`."""

from __future__ import annotations

from functools import cache
from pathlib import Path

SQL = Path(__file__).resolve().parent / "sql"


@cache
def statement(name: str) -> str:
    """The text of `sql/statements/NAME.sql`."""
    return (SQL / "statements" / f"{name}.sql").read_text(encoding="utf-8")
