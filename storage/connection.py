"""Connections to DuckDB: one kind writes, the other only reads and cannot touch a file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from .errors import DamagedDatabase, DiskFull, OpenElsewhere, StorageError
from .statements import statement

# Nothing is ever downloaded, and a query cannot pick up a variable of the calling Python code.
_CLOSED = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
}
Row = dict[str, Any]


def open_to_write(path: Path) -> duckdb.DuckDBPyConnection:
    """A connection that writes, with its session in UTC. Made only by the holder of the folder's lock.

    Raises:
        OpenElsewhere: another program has the file open.
        DamagedDatabase: not a file that DuckDB can read.
        DiskFull: no room to open it.
    """
    try:
        connection = duckdb.connect(str(path), config=dict(_CLOSED))
    except duckdb.Error as error:
        raise opening_error(error, path) from error
    connection.execute(statement("session_utc"))
    return connection


def open_to_read(path: Path) -> duckdb.DuckDBPyConnection:
    """A connection that reads this one file and nothing else: no other file, no network, no change of settings.

    Raises:
        DamagedDatabase: not a file that DuckDB can read.
        OpenElsewhere: another program has opened the file to write.
    """
    config: dict[str, str | bool | int | float | list[str]] = {**_CLOSED, "enable_external_access": "false"}
    try:
        connection = duckdb.connect(str(path), read_only=True, config=config)
    except duckdb.Error as error:
        raise opening_error(error, path) from error
    connection.execute(statement("session_utc"))
    connection.execute(statement("session_locked"))
    return connection


def opening_error(error: duckdb.Error, path: Path) -> StorageError:
    """The storage error behind a failure to open or write a database file."""
    text = first_line(error)
    if "set lock" in text:
        holder = re.search(r"PID (\d+)", str(error))
        return OpenElsewhere(path, int(holder[1]) if holder else None)
    if "No space left" in text or "File too large" in text or "Disk quota" in text:
        return DiskFull(path.parent)
    if "Permission denied" in text:
        return StorageError(f"{path} cannot be opened: permission denied; change the permissions of the file.")
    return DamagedDatabase(path, text)


def first_line(error: BaseException) -> str:
    """The first line of an error's message."""
    return (str(error).splitlines() or [type(error).__name__])[0]


def rows(connection: duckdb.DuckDBPyConnection, name: str, values: Mapping[str, Any] | None = None) -> list[Row]:
    """Run a statement of `sql/statements/` and return its rows; times come back in UTC."""
    found = connection.execute(statement(name), dict(values) if values else None).to_arrow_table()
    return [{key: plain(value) for key, value in row.items()} for row in found.to_pylist(maps_as_pydicts="lossy")]


def run(connection: duckdb.DuckDBPyConnection, name: str, values: Mapping[str, Any] | None = None) -> None:
    """Run a statement of `sql/statements/` for its effect."""
    connection.execute(statement(name), dict(values) if values else None)


def run_on(
    connection: duckdb.DuckDBPyConnection, name: str, incoming: pa.Table, values: Mapping[str, Any] | None = None
) -> None:
    """Run a statement that reads the relation `incoming`; nothing is run for an empty one."""
    if incoming.num_rows == 0:
        return
    connection.register("incoming", incoming)
    try:
        run(connection, name, values)
    finally:
        connection.unregister("incoming")


def rows_on(
    connection: duckdb.DuckDBPyConnection, name: str, incoming: pa.Table, values: Mapping[str, Any] | None = None
) -> list[Row]:
    """The rows of a statement that reads the relation `incoming`; none for an empty one."""
    if incoming.num_rows == 0:
        return []
    connection.register("incoming", incoming)
    try:
        return rows(connection, name, values)
    finally:
        connection.unregister("incoming")


def plain(value: Any) -> Any:
    """A value of a result as everyday Python.

    Times come in `datetime.UTC`, whole numbers (as sums give them) as `int`, intervals as ISO 8601 durations.
    """
    if isinstance(value, pa.MonthDayNano):
        return f"P{value.months}M{value.days}DT{value.nanoseconds / 1e9:g}S"
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC)
    if isinstance(value, Decimal) and value.as_tuple().exponent == 0:
        return int(value)
    return value
