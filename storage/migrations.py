"""The history of the schema: numbered files, each run once, in one transaction with its record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

import duckdb

from .connection import rows, run
from .errors import NewerSchema
from .statements import SQL


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One step of the schema; `sql` is the text of `sql/migrations/NNNN_NAME.sql`."""

    version: int
    name: str
    sql: str


@cache
def migrations(folder: Path = SQL / "migrations") -> tuple[Migration, ...]:
    """Every step in order.

    Raises:
        ValueError: the numbers do not run 1, 2, 3, ...
    """
    steps = []
    for path in sorted(folder.glob("*.sql")):
        number, _, name = path.stem.partition("_")
        steps.append(Migration(version=int(number), name=name, sql=path.read_text(encoding="utf-8")))
    if [step.version for step in steps] != list(range(1, len(steps) + 1)):
        raise ValueError(f"the migrations in {folder} are not numbered without gaps")
    return tuple(steps)


def known_version() -> int:
    """The schema that this version of the program reads and writes."""
    return migrations()[-1].version


def found_version(connection: duckdb.DuckDBPyConnection) -> int:
    """The schema of a database, 0 for an empty one."""
    if not rows(connection, "has_migrations"):
        return 0
    return int(rows(connection, "schema_version")[0]["version"])


def migrate(
    connection: duckdb.DuckDBPyConnection, path: Path, now: datetime, steps: tuple[Migration, ...] | None = None
) -> int:
    """Bring a database up to date.

    Args:
        connection: open for writing.
        path: its file, for the message.
        now: UTC, written into the record of each step.
        steps: the steps to take, `migrations()` if None.

    Returns:
        How many steps were taken.

    Raises:
        NewerSchema: the database knows more steps than this program; nothing is changed.
    """
    steps = migrations() if steps is None else steps
    found, known = found_version(connection), steps[-1].version
    if found > known:
        raise NewerSchema(path, found, known)
    for step in steps[found:]:
        connection.begin()
        try:
            run(connection, "create_migrations")
            connection.execute(step.sql)
            record = {"version": step.version, "name": step.name, "applied_at": now}
            run(connection, "insert_migration", record)
        except BaseException:
            connection.rollback()
            raise
        connection.commit()
    return len(steps) - found
