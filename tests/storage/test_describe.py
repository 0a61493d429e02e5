"""The documentation of the schema is made from the schema, and whole."""

from dataclasses import fields
from pathlib import Path

import pytest
from storage_samples import NOW

from spywatch import records
from storage import columns, vocabulary
from storage.connection import open_to_write, rows
from storage.describe import describe
from storage.migrations import migrate
from storage.statements import SQL

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "schema.md"


@pytest.fixture(scope="module")
def made() -> str:
    return describe()


def test_the_document_is_up_to_date(made):
    assert DOCUMENT.read_text(encoding="utf-8") == made, "run: python -m storage.describe > docs/schema.md"


def test_every_table_view_and_column_has_a_comment(tmp_path):
    with open_to_write(tmp_path / "x.duckdb") as database:
        migrate(database, tmp_path, NOW)
        found = rows(database, "describe_tables") + rows(database, "describe_views")
        found += rows(database, "describe_columns")
    assert len(found) > 200
    assert [row for row in found if not row["comment"] or not row["comment"].endswith((".", '".'))] == []


@pytest.mark.parametrize(
    "kind",
    dict.fromkeys(
        [
            records.Reason,
            records.Disposition,
            records.DateSource,
            records.Access,
            records.TextSource,
            records.Decision,
            records.Stage,
            records.FeedKind,
            records.Opinion,
            *vocabulary.MEANING,
        ]
    ),
)
def test_every_word_has_a_meaning(kind, made):
    _, meanings = vocabulary.MEANING[kind]
    assert list(meanings) == list(kind)
    assert all(meaning.endswith(".") for meaning in meanings.values())
    assert all(f"| `{word}` | {meanings[word]} |" in made for word in kind)


def test_a_run_report_has_a_column_for_each_field():
    # Notices are rows of their own, written as they come up.
    assert [*columns.RUN.names, "notices"] == [field.name for field in fields(records.RunReport)]


def test_every_statement_is_used():
    room = SQL.parent
    code = "".join(path.read_text(encoding="utf-8") for path in room.glob("*.py"))
    unused = [path.stem for path in (SQL / "statements").glob("*.sql") if f'"{path.stem}"' not in code]
    assert unused == []


def test_rows_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="do not fit"):
        columns.table([{"entry_id": "x"}], columns.CLAIM)
