"""The published copy: who asks a question asks it here, and never stands in a run's way."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from .connection import first_line, open_to_read, plain
from .errors import NewerSchema, NotPublishedYet, OlderSchema, QueryError, from_os_error
from .layout import Layout
from .migrations import found_version, known_version


class ExportFormat(StrEnum):
    """Formats of a result."""

    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


@dataclass(frozen=True, slots=True)
class Result:
    """The answer to a query.

    Attributes:
        table: the answer as an Arrow table; a column name that occurs twice is numbered.
    """

    table: pa.Table

    @property
    def columns(self) -> tuple[str, ...]:
        """Column names in order."""
        return tuple(self.table.column_names)

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """The rows as plain Python values; times in UTC, maps as dictionaries."""
        for batch in self.table.to_batches(max_chunksize=10_000):
            columns = [_values(column) for column in batch.columns]
            yield from zip(*columns, strict=True)

    def __len__(self) -> int:
        return int(self.table.num_rows)


def _values(column: Any) -> list[Any]:
    return [plain(value) for value in column.to_pylist(maps_as_pydicts="lossy")]


def open_published(folder: Path) -> duckdb.DuckDBPyConnection:
    """A session on the published copy that can only read, in UTC, without access to any other file.

    A run that publishes meanwhile does not disturb it: it keeps the copy that it opened.

    Raises:
        NotPublishedYet: the folder has no published database.
        DamagedDatabase: the file is no database.
    """
    path = Layout(folder).published
    if not path.is_file():
        raise NotPublishedYet(folder)
    return open_to_read(path)


def open_current(folder: Path) -> duckdb.DuckDBPyConnection:
    """Like `open_published`, for readers that rely on the schema of this version.

    Raises:
        NewerSchema, OlderSchema: the copy was made by another version.
        NotPublishedYet, DamagedDatabase: there is nothing to open.
    """
    connection = open_published(folder)
    found, known = found_version(connection), known_version()
    if found != known:
        connection.close()
        kind = NewerSchema if found > known else OlderSchema
        raise kind(Layout(folder).published, found, known)
    return connection


def is_of_older_schema(folder: Path) -> bool:
    """Whether the published copy was made by an older version, so that `open_current` would refuse it.

    Raises:
        NotPublishedYet, DamagedDatabase: there is nothing to open.
    """
    with open_published(folder) as connection:
        return found_version(connection) < known_version()


def run_sql(
    folder: Path, query: str, params: Mapping[str, Any] | None = None, time_limit: float | None = None
) -> Result:
    """Answer a query from the published copy.

    Args:
        folder: the database folder.
        query: SQL; it can read the tables and views and nothing else.
        params: values of `$name` in the query.
        time_limit: seconds after which the query is stopped, None for no limit.

    Raises:
        QueryError: the query is wrong, or took too long.
        NotPublishedYet, DamagedDatabase: there is nothing to ask.
    """
    with open_published(folder) as connection:
        timer = threading.Timer(time_limit, connection.interrupt) if time_limit is not None else None
        if timer:
            timer.start()
        try:
            answered = connection.execute(query, dict(params) if params else None)
            # An empty text is no statement: there is neither an answer nor an error.
            table = answered.to_arrow_table() if answered is not None else pa.table({})
        except duckdb.InterruptException:
            raise QueryError(f"the query was stopped after {time_limit:g} seconds.") from None
        except duckdb.Error as error:
            raise QueryError(first_line(error)) from error
        finally:
            if timer:
                timer.cancel()
    return Result(table.rename_columns(_numbered(table.column_names)))


def _numbered(names: list[str]) -> list[str]:
    taken: set[str] = set()
    chosen = []
    for name in names:
        candidate, count = name, 1
        while candidate in taken:
            count += 1
            candidate = f"{name}_{count}"
        taken.add(candidate)
        chosen.append(candidate)
    return chosen


def export(result: Result, path: Path, form: ExportFormat, safe_cells: bool = True) -> None:
    """Write a result to a file, as a whole or not at all.

    Args:
        result: what to write.
        path: the file; one that exists is replaced.
        form: CSV (RFC 4180, UTF-8, with a header), JSON (one array of objects) or Parquet.
        safe_cells: see `write`.

    Raises:
        DiskFull, ReadOnlyFolder, StorageError: the file could not be written.
    """
    aside = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with aside.open("wb") as file:
            write(result, file, form, safe_cells)
        aside.replace(path)
    except OSError as error:
        raise from_os_error(error, path.parent) from error
    finally:
        with suppress(OSError):  # gone after the rename
            aside.unlink()


def write(result: Result, out: BinaryIO, form: ExportFormat, safe_cells: bool = True) -> None:
    """Write a result to an open file or to standard output.

    Args:
        result: what to write.
        out: opened for bytes.
        form: the format.
        safe_cells: in CSV, put an apostrophe before a text that a spreadsheet would take for a formula (it begins
            with = + - @, a tab or a carriage return; the rule is OWASP's for CSV injection).
    """
    match form:
        case ExportFormat.PARQUET:
            pq.write_table(result.table, out)
        case ExportFormat.CSV:
            _write_csv(result, out, safe_cells)
        case ExportFormat.JSON:
            _write_json(result, out)


def _write_csv(result: Result, out: BinaryIO, safe_cells: bool) -> None:
    text = io.TextIOWrapper(out, encoding="utf-8", newline="", write_through=True)
    try:
        writer = csv.writer(text)
        writer.writerow(_cell(name, safe_cells) for name in result.columns)
        for row in result.rows():
            writer.writerow([_cell(value, safe_cells) for value in row])
    finally:
        text.detach()


def _cell(value: Any, safe: bool) -> Any:
    if value is None:
        return ""
    if isinstance(value, str):
        return "'" + value if safe and value.startswith(("=", "+", "-", "@", "\t", "\r")) else value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float, Decimal)):
        return value
    shown = jsonable(value)
    return shown if isinstance(shown, str) else json.dumps(shown, ensure_ascii=False)


def _write_json(result: Result, out: BinaryIO) -> None:
    names = result.columns
    out.write(b"[")
    for number, row in enumerate(result.rows()):
        record = {name: jsonable(value) for name, value in zip(names, row, strict=True)}
        line = json.dumps(record, ensure_ascii=False)
        out.write((",\n" if number else "\n").encode() + line.encode("utf-8"))
    out.write(b"\n]\n")


def jsonable(value: Any) -> Any:
    """A value of a result as JSON can hold it: times as ISO 8601, durations in seconds, what is no number as null."""
    match value:
        case float() if not math.isfinite(value):
            return None
        case None | bool() | int() | float() | str():
            return value
        case datetime() | date() | time_of_day():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case Decimal():
            return float(value)
        case bytes():
            return value.hex()
        case dict():
            return {str(key): jsonable(part) for key, part in value.items()}
        case list() | tuple():
            return [jsonable(plain(part)) for part in value]
        case _:
            return str(value)
