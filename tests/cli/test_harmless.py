"""Whatever stands in a headline, an address or an error: the output cannot steer the terminal that shows it."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from cli import console, jsontext, run, tables
from spywatch.records import Notice, NoticeKind, RunReport
from storage.published import ExportFormat, Result, write

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
NASTY = (
    *("\x1b[2J", "\x1b]0;title\x07", "\x9b31m", "\x00", "\x08", "\r", "\n", "\t", "\x7f", "\u2028"),
    *(
        "\u202e",
        "\u2066",
        "\u200b",
        "\ufeff",
        "\ue000",
        "\U000e0041",
        "\ud83d",
        "[bold]",
        "[/]",
        "[link=x]y",
        "é",
        "中",
    ),
)
nasty_text = st.lists(st.one_of(st.sampled_from(NASTY), st.text(max_size=8)), max_size=6).map("".join)


TURNS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def steers(text: str) -> bool:
    """Whether a text has a character that moves the cursor, changes the direction or has no width."""
    return any(
        char != "\n"
        and (
            unicodedata.category(char) in {"Cc", "Cs"}
            or unicodedata.bidirectional(char) in TURNS
            or char in "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\U000e0041"
        )
        for char in text
    )


def recording() -> Console:
    """A console as the command has it, at no terminal, so that colours write no sequences."""
    return console.harmless_console(Console(file=io.StringIO(), width=80, highlight=False))


def printed(made: Console) -> str:
    return made.file.getvalue()  # type: ignore[attr-defined,no-any-return]


@settings(deadline=None, max_examples=60)
@given(nasty_text)
def test_whatever_is_printed_is_harmless(words: str) -> None:
    screen = recording()
    table = Table("head")
    table.add_row(Text(words))
    for one in (Text(words), table, Text.assemble(("bold ", "bold"), words)):
        screen.print(one)
        screen.print(one, soft_wrap=True)
    assert not steers(printed(screen))


def test_what_is_printed_keeps_its_letters_lines_and_colours() -> None:
    screen = console.harmless_console(Console(file=io.StringIO(), width=80, force_terminal=True, highlight=False))
    screen.print(Text("Ärger\nв Праге 🕵 \x1b[2Jx", style="bold"))
    assert printed(screen) == "\x1b[1mÄrger\x1b[0m\n\x1b[1mв Праге 🕵 [2Jx\x1b[0m\n"


def test_bars_still_move_the_cursor() -> None:
    screen = console.harmless_console(Console(file=io.StringIO(), width=80, force_terminal=True))
    with Progress(console=screen, transient=True, auto_refresh=False) as progress:
        progress.add_task("feeds", total=3)
        progress.refresh()
    assert "feeds" in printed(screen)
    assert "\x1b[?25l" in printed(screen), "the cursor is hidden while the bars move"


def test_an_error_is_one_harmless_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    screen = recording()
    monkeypatch.setattr(console, "err", screen)
    with pytest.raises(BaseException, match="3"):
        console.fail("no feed \x1b[2J\u202eat\nhttps://evil.example/[bold]")
    assert printed(screen) == "spywatch: no feed [2Jat https://evil.example/[bold]\n"


@settings(deadline=None, max_examples=60)
@given(nasty_text, nasty_text)
def test_a_runs_report_is_harmless(words: str, more: str) -> None:
    notice = Notice(kind=NoticeKind.MOVED, feed_url=more, detail=words, at=NOW, outlet=words)
    report = RunReport(
        run_id="r",
        started_at=NOW,
        finished_at=NOW,
        failures={"extract/internal_error": 1},
        tags={words: 2},
        not_covered={more: 1},
        not_classified=1,
        notices=(notice,),
    )
    screen = recording()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "out", screen)
        run.show(report, Path("data"))
    assert not steers(printed(screen))
    assert json.loads(jsontext.dumps(run.report_json(report)))["notices"][0]["detail"] == words


@settings(deadline=None, max_examples=60)
@given(nasty_text, nasty_text)
def test_rows_are_harmless(words: str, more: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        screen = recording()
        patch.setattr(tables, "out", screen)
        tables.show_rows([more, "b"], [(words, more), (1, [words])], title=words)
        tables.show_fields([(words, more), ("list", [more])])
    assert not steers(printed(screen))


@settings(deadline=None, max_examples=60)
@given(st.recursive(nasty_text, lambda inner: st.lists(inner) | st.dictionaries(nasty_text, inner), max_leaves=5))
def test_json_is_harmless_and_says_the_same(value: Any) -> None:
    text = jsontext.dumps(value)
    assert json.loads(text) == json.loads(json.dumps(value))
    assert not steers(text)
    text.encode()


def test_json_leaves_letters_alone() -> None:
    assert jsontext.dumps({"é": "Прага 中 🕵"}) == '{"é": "Прага 中 🕵"}'
    assert jsontext.dumps(["\x9b\u202e\x7f\U000e0041"]) == '["\\u009b\\u202e\\u007f\\udb40\\udc41"]'


@settings(deadline=None, max_examples=60)
@given(st.lists(nasty_text.map(lambda text: text.encode("utf-8", "ignore").decode()), min_size=1, max_size=5))
def test_sql_as_json_is_harmless(words: list[str]) -> None:
    out = io.BytesIO()
    write(Result(pa.table({"title": words})), jsontext.Escaping(out).binary, ExportFormat.JSON)
    text = out.getvalue().decode()
    assert [row["title"] for row in json.loads(text)] == words
    assert not steers(text)


@settings(deadline=None, max_examples=60)
@given(st.lists(nasty_text.map(lambda text: text.encode("utf-8", "ignore").decode()), min_size=1, max_size=5))
def test_csv_at_a_terminal_is_harmless(words: list[str]) -> None:
    out = io.BytesIO()
    write(Result(pa.table({"title": words})), jsontext.OnScreen(out).binary, ExportFormat.CSV)
    text = out.getvalue().decode()
    assert not steers(text.replace("\t", ""))
    assert len(list(csv.reader(io.StringIO(text)))) >= 1


FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("https://evil.example")',
]


def _csv(inside: Any, desk: Any, *more: str) -> list[list[str]]:
    texts = ", ".join(
        "'" + one.replace("'", "''").replace("\t", "'||chr(9)||'").replace("\r", "'||chr(13)||'") + "'"
        for one in FORMULAS
    )
    done = inside(
        "sql", f"SELECT unnest([{texts}]) AS t, -5 AS n, -0.5::DOUBLE AS x", "--format", "csv", *more, "--db", desk.db
    )
    assert done.exit_code == 0, done.stderr
    return list(csv.reader(io.StringIO(done.stdout_bytes.decode(), newline="")))


def test_no_cell_of_csv_is_a_formula(inside: Any, desk: Any) -> None:
    _, *rows = _csv(inside, desk)
    assert [row[0] for row in rows] == ["'" + one for one in FORMULAS]
    assert {tuple(row[1:]) for row in rows} == {("-5", "-0.5")}, "numbers stay numbers"


def test_raw_csv_is_left_as_it_is(inside: Any, desk: Any) -> None:
    _, *rows = _csv(inside, desk, "--raw")
    assert [row[0] for row in rows] == FORMULAS
