"""How rows are shown on a screen: as a table where they fit, else one record below the other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from cli.console import out

WIDEST_CELL = 200
WIDEST_FIELD = 2_000
NARROWEST_COLUMN = 16
"""A column that has more to show is not squeezed below this; rather the rows are shown as records."""


def show_rows(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, title: str | None = None) -> None:
    """Print rows in the way that can be read at the width of the screen."""
    shown = [[cell(value) for value in row] for row in rows]
    headings = [cell(name) for name in columns]
    longest = [max(map(len, column)) for column in zip(headings, *shown, strict=True)]
    if sum(min(length, NARROWEST_COLUMN) + 3 for length in longest) + 1 <= out.width:
        _show_table(headings, shown, title)
    else:
        _show_records(headings, shown, title)


def _show_table(headings: Sequence[str], rows: Sequence[Sequence[str]], title: str | None) -> None:
    table = Table(title=Text(title) if title else None, title_justify="left")
    for heading in headings:
        table.add_column(Text(heading), overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    out.print(table)


def _show_records(headings: Sequence[str], rows: Sequence[Sequence[str]], title: str | None) -> None:
    if title:
        out.print(Text(title, style="bold"))
    for number, row in enumerate(rows, start=1):
        out.print(Rule(Text(str(number), style="dim"), align="left", style="dim"))
        show_fields(zip(headings, row, strict=True))
    if not rows:
        out.print(Text(f"no rows; columns: {', '.join(headings)}"))


def show_fields(fields: Iterable[tuple[str, Any]]) -> None:
    """Print names and values, a line each; what has no value is left out."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in fields:
        if value not in (None, "", (), []):
            grid.add_row(Text(f"  {name}", style="dim"), Text(cell(value, WIDEST_FIELD)))
    out.print(grid)


def cell(value: Any, widest: int = WIDEST_CELL) -> str:
    """A value as it stands on the screen: one line, no control characters, not too wide; times without fractions."""
    from digests.plain import clean

    match value:
        case None:
            return ""
        case float():
            return f"{value:.3f}".rstrip("0").rstrip(".")
        case datetime():
            return value.isoformat(sep=" ", timespec="seconds")
        case date():
            return value.isoformat()
        case _:
            return clean(str(value), widest)
