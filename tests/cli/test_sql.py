from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

COLUMNS = [
    *("article_id", "url", "title", "text", "outlet", "language"),
    *("published_at", "first_seen_at", "category", "score", "evidence"),
]


@pytest.fixture
def sql(inside: Any, desk: Any) -> Any:
    def ask(*arguments: str, stdin: str | bytes = b"") -> Any:
        return inside("sql", *arguments, "--db", desk.db, stdin=stdin)

    return ask


def test_the_first_view_has_the_columns_that_were_promised(sql: Any, desk: Any) -> None:
    answer = sql("FROM tagged_articles", "--format", "json")
    rows = json.loads(answer.stdout)
    assert (answer.exit_code, answer.stderr) == (0, "")
    assert list(rows[0])[: len(COLUMNS)] == COLUMNS
    assert len(rows) == sum(desk.report["tags"].values())
    assert all(isinstance(row["score"], float) and 0 <= row["score"] <= 1 for row in rows)


def test_the_first_view_can_be_read_on_a_screen(sql: Any) -> None:
    """So many columns do not fit beside each other; each row becomes a record."""
    shown = sql("FROM tagged_articles LIMIT 2").stdout
    assert max(map(len, shown.splitlines())) <= 110
    for column in COLUMNS:
        assert shown.count(f"  {column} ") == 2


def test_formats(sql: Any) -> None:
    query = "SELECT 1 AS n, 'é, \"😀\"' AS word, NULL AS nothing, TIMESTAMPTZ '2026-05-20 12:00:00+00' AS at"
    table = sql(query).stdout
    assert '│ 1 │ é, "😀"' in table
    rows = list(csv.reader(io.StringIO(sql(query, "--format", "csv").stdout)))
    assert rows == [["n", "word", "nothing", "at"], ["1", 'é, "😀"', "", "2026-05-20T12:00:00+00:00"]]
    assert json.loads(sql(query, "--format", "json").stdout) == [
        {"n": 1, "word": 'é, "😀"', "nothing": None, "at": "2026-05-20T12:00:00+00:00"}
    ]
    parquet = sql(query, "--format", "parquet").stdout_bytes
    assert parquet[:4] == parquet[-4:] == b"PAR1"


def test_json_is_json_even_for_what_is_no_number(sql: Any) -> None:
    text = sql("SELECT 'nan'::DOUBLE AS a, 'inf'::DOUBLE AS b, [1, 2] AS c, {'k': 1} AS d", "--format", "json").stdout

    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is no JSON")

    assert json.loads(text, parse_constant=refuse) == [{"a": None, "b": None, "c": [1, 2], "d": {"k": 1}}]


@pytest.mark.parametrize("ending", ["csv", "json", "parquet"])
def test_out(sql: Any, ending: str) -> None:
    target = Path(f"answer.{ending}")
    done = sql("SELECT range AS n FROM range(5)", "--out", str(target))
    assert (done.exit_code, done.stdout) == (0, "")
    assert "5 rows" in done.stderr
    assert duckdb.sql(f"SELECT sum(n) FROM '{target}'").fetchone() == (10,)
    assert [path.name for path in Path().iterdir()] == [target.name]


def test_out_with_a_format_needs_no_ending(sql: Any) -> None:
    assert sql("SELECT 1 AS n", "--out", "answer", "--format", "json").exit_code == 0
    assert json.loads(Path("answer").read_text()) == [{"n": 1}]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["SELECT 1", "--out", "answer.xls"], 2, "--format"),
        (["SELECT 1", "--out", "none/answer.csv"], 3, "none"),
        (["SELECT 1", "--out", ".", "--format", "csv"], 3, "folder"),
        (["SELECT 1", "--format", "xml"], 2, "xml"),
        ([], 2, "--list"),
        (["SELECT 1", "--name", "new_alerts"], 2, "--list"),
        (["  "], 2, "empty"),
        (["-"], 2, "empty"),
        (["SELECT 1", "--param", "days"], 2, "name=value"),
        (["--name", "none"], 3, "--list"),
        (["--name", "new_alerts", "--param", "none=1"], 3, "none"),
        (["--name", "new_alerts", "--param", "days=few"], 3, "needs a number"),
        (["SELEC 1"], 3, "SELEC"),
        (["FROM nowhere"], 3, "nowhere"),
        (["SELECT $missing"], 3, "missing"),
        (["DELETE FROM articles"], 3, "read-only"),
        (["COPY (SELECT 1) TO 'stolen.csv'"], 3, "disabled"),
        (["FROM read_text('/etc/hostname')"], 3, "disabled"),
        (["ATTACH 'other.duckdb'"], 3, "disabled"),
        (["SET enable_external_access = true"], 3, "locked"),
    ],
)
def test_what_cannot_be_answered(sql: Any, arguments: list[str], code: int, words: str) -> None:
    refused = sql(*arguments)
    assert refused.exit_code == code
    assert words in refused.stderr
    assert refused.stdout == ""
    assert not list(Path().iterdir())


def test_sql_from_standard_input(sql: Any) -> None:
    assert json.loads(sql("-", "--format", "json", stdin="SELECT 'é' AS x").stdout) == [{"x": "é"}]
    refused = sql("-", stdin=b"SELECT '\xff'")
    assert refused.exit_code == 3
    assert "UTF-8" in refused.stderr


def test_parameters(sql: Any) -> None:
    assert json.loads(sql("SELECT $a AS a", "--param", "a=x=y", "--format", "json").stdout) == [{"a": "x=y"}]


def test_every_ready_query_is_listed_and_can_be_asked(sql: Any, inside: Any) -> None:
    from storage.queries import ready_queries

    listed = inside("sql", "--list")
    assert listed.exit_code == 0
    for query in ready_queries():
        assert query.name in listed.stdout
        answer = sql("--name", query.name, "--format", "json")
        assert answer.exit_code == 0, answer.stderr
        assert isinstance(json.loads(answer.stdout), list)


def test_a_ready_query_takes_its_parameter(sql: Any) -> None:
    some = json.loads(sql("--name", "new_alerts", "--param", "days=100000", "--format", "json").stdout)
    assert len(some) > 0


def test_a_long_answer_is_cut_on_the_screen_only(sql: Any) -> None:
    shown = sql("FROM range(1001)")
    assert "the first 1,000 of 1,001 rows" in shown.stderr
    assert len(sql("FROM range(1001)", "--format", "csv").stdout.splitlines()) == 1002
