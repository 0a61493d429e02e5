from __future__ import annotations

import io
from datetime import UTC, date, datetime

import pytest
from rich.console import Console

from cli import tables


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Console:
    console = Console(width=60, record=True, highlight=False, file=io.StringIO())
    monkeypatch.setattr(tables, "out", console)
    return console


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""),
        (0, "0"),
        (True, "True"),
        (0.5, "0.5"),
        (2.0, "2"),
        (date(2026, 5, 1), "2026-05-01"),
        (datetime(2026, 5, 1, 6, 0, 0, 123, tzinfo=UTC), "2026-05-01 06:00:00+00:00"),
        ("two\nlines\tand \x1b[31mcolour", "two lines and [31mcolour"),
        ("[bold]markup[/bold]", "[bold]markup[/bold]"),
        (["a", "b"], "['a', 'b']"),
    ],
)
def test_a_cell_is_one_harmless_line(value: object, shown: str) -> None:
    assert tables.cell(value) == shown


def test_a_long_cell_is_cut() -> None:
    assert tables.cell("x" * 5_000) == "x" * (tables.WIDEST_CELL - 1) + "…"


def test_rows_that_fit_are_a_table(screen: Console) -> None:
    tables.show_rows(["name", "[b]n[/b]"], [("one", 1), ("two", 2)])
    shown = screen.export_text()
    assert "│ one  │ 1        │" in shown
    assert "[b]n[/b]" in shown


def test_rows_that_do_not_fit_are_records(screen: Console) -> None:
    columns = [f"column_{number}" for number in range(12)]
    tables.show_rows(columns, [tuple(f"value {number} of the row" for number in range(12))] * 2)
    shown = screen.export_text()
    assert "column_11  value 11 of the row" in shown
    assert max(map(len, shown.splitlines())) <= 60
    assert shown.count("value 3 of the row") == 2


def test_no_rows_still_show_the_columns(screen: Console) -> None:
    tables.show_rows([f"a_long_column_name_{number}" for number in range(8)], [])
    assert "a_long_column_name_7" in screen.export_text()
