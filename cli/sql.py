"""`spywatch sql`: ask the published database."""

from __future__ import annotations

import sys
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer
from rich.table import Table

from cli.console import Exit, argument_text, clear_errors, fail, note, out
from cli.jsontext import Escaping, OnScreen
from cli.run import Db
from cli.tables import show_rows
from spywatch.settings import load_settings

if TYPE_CHECKING:
    from storage.published import Result

_MOST_ROWS = 1_000


class Format(StrEnum):
    """How an answer is printed."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


def sql(
    query: Annotated[str | None, typer.Argument(help="SQL; - reads it from standard input.")] = None,
    name: Annotated[str | None, typer.Option("--name", help="A ready query instead.")] = None,
    param: Annotated[
        list[str] | None,
        typer.Option("--param", help="name=value, for a ready query or $name in SQL; repeatable."),
    ] = None,
    show_list: Annotated[bool, typer.Option("--list", help="Show the ready queries.")] = False,
    form: Annotated[Format, typer.Option("--format", help="How to print the answer.")] = Format.TABLE,
    target: Annotated[Path | None, typer.Option("--out", help="File to write; its ending tells the format.")] = None,
    raw: Annotated[
        bool, typer.Option("--raw", help="CSV: no apostrophe before texts that a spreadsheet would compute.")
    ] = False,
    db: Db = None,
) -> None:
    """Ask the published database. It can be asked at any moment, also while a run is at work.

    The session can only read, and only this database. For other tools: open DIR/spywatch.duckdb read-only.

    In CSV a text that begins like a formula (with = + - @, for example) gets an apostrophe in front, so that no
    headline can make a spreadsheet compute; numbers stay numbers. --raw leaves it out, for programs that read CSV.

    Examples:
    spywatch sql "SELECT category, count(*) FROM tagged_articles GROUP BY ALL"
    spywatch sql --name new_alerts --param days=3
    spywatch sql "FROM tagged_articles" --out matches.parquet
    """
    from storage.published import run_sql
    from storage.queries import ready_query

    if show_list:
        _list()
        return
    if (query is None) == (name is None):
        fail(
            'give either SQL, for example spywatch sql "FROM tagged_articles", or --name; --list shows them',
            Exit.USAGE,
        )
    given = _params(param or [])
    with clear_errors():
        settings = load_settings(db=db)
        if name is not None:
            ready = ready_query(name)
            text, values = ready.sql, dict(ready.values(given))
        else:
            text, values = _query(str(query)), dict(given)
        result = run_sql(settings.db, text, values or None)
        _give(result, form, target, safe_cells=not raw)


def _query(given: str) -> str:
    """The SQL that is meant: what was given, or what standard input holds."""
    text = argument_text(given)
    if given == "-":
        try:
            text = sys.stdin.buffer.read().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            fail(f"standard input is not UTF-8 at byte {error.start}; SQL is read as UTF-8")
    if not text.strip():
        fail("the SQL is empty; for example: FROM tagged_articles", Exit.USAGE)
    return text


def _list() -> None:
    from storage.queries import ready_queries

    table = Table(show_lines=False)
    for heading in ("name", "shows", "parameters"):
        table.add_column(heading, overflow="fold")
    for query in ready_queries():
        parameters = "\n".join(f"{one.name}={one.default}: {one.meaning}" for one in query.parameters)
        table.add_row(query.name, query.shows, parameters)
    out.print(table)


def _params(texts: list[str]) -> dict[str, str]:
    values = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            fail(f"--param {text!r} is not name=value", Exit.USAGE)
        values[name] = argument_text(value)
    return values


def _give(result: Result, form: Format, target: Path | None, *, safe_cells: bool) -> None:
    from storage.published import ExportFormat, export, write

    if target is not None:
        if target.is_dir():
            fail(f"{target} is a folder; --out takes the name of a file")
        if form is Format.TABLE:
            form = _by_ending(target)
        export(result, target, ExportFormat(form.value), safe_cells)
        note(f"{len(result):,} rows written to {target}")
    elif form is Format.TABLE:
        _show(result)
    elif form is Format.PARQUET and sys.stdout.isatty():
        fail("Parquet is not for the screen; name a file with --out", Exit.USAGE)
    else:
        write(result, _standard_output(form), ExportFormat(form.value), safe_cells)


def _standard_output(form: Format) -> BinaryIO:
    """Where an answer goes: as it is into a pipe, and to a screen without what could steer it; JSON is escaped."""
    if form is Format.JSON:
        return Escaping(sys.stdout.buffer).binary
    if form is Format.CSV and sys.stdout.isatty():
        return OnScreen(sys.stdout.buffer).binary
    return sys.stdout.buffer


def _by_ending(target: Path) -> Format:
    ending = target.suffix.lower().removeprefix(".")
    if ending not in {"csv", "json", "parquet"}:
        fail(f"{target} ends neither in .csv nor .json nor .parquet; say which with --format", Exit.USAGE)
    return Format(ending)


def _show(result: Result) -> None:
    show_rows(result.columns, list(islice(result.rows(), _MOST_ROWS)))
    if len(result) > _MOST_ROWS:
        note(f"the first {_MOST_ROWS:,} of {len(result):,} rows; --format csv or --out gives all")
