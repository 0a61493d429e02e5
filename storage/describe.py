"""Writes `docs/schema.md` from the database itself: `python -m storage.describe > docs/schema.md`."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory

from .connection import Row, open_to_write, rows
from .migrations import known_version, migrate
from .queries import ready_queries
from .vocabulary import MEANING

_HEAD = """# The database

Made by `python -m storage.describe` from the comments in the database; do not edit.

A database folder (`--db DIR`) holds:

| file | what it is |
|---|---|
| `DIR/spywatch.duckdb` | The published copy: open this one. A run puts a new copy in its place and never waits. |
| `DIR/pipeline.duckdb` | The pipeline's own file. Only a run opens it. |
| `DIR/journal/` | What commands recorded while a run was writing; the run takes it in. |
| `DIR/announced/` | Digests on their way into a file; see kills.md. |
| `DIR/pipeline.lock` | Says which process writes. |

`spywatch sql "SELECT ..."` asks the published copy; so does any DuckDB client (open it read-only). All times are
`TIMESTAMP WITH TIME ZONE`, instants in UTC; a client shows them in its own zone. Addresses of feeds are kept with
their secrets blanked. This is version {version} of the schema."""


def main() -> None:
    """Print the documentation."""
    sys.stdout.write(describe())


def describe() -> str:
    """The documentation of the schema in Markdown, made from a fresh database."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "schema.duckdb"
        with open_to_write(path) as connection:
            migrate(connection, path, datetime.fromtimestamp(0, UTC))
            tables = rows(connection, "describe_tables")
            views = rows(connection, "describe_views")
            columns = defaultdict(list)
            for row in rows(connection, "describe_columns"):
                columns[row["owner"]].append(row)
    parts = [_HEAD.format(version=known_version())]
    parts.append("## Views\n\nMade for analysts; their names and columns are kept.")
    parts += [_relation(view, columns[view["name"]]) for view in views]
    parts.append("## Tables\n\nWhat the views are made of.")
    parts += [_relation(table, columns[table["name"]]) for table in tables]
    parts.append("## Ready queries\n\n`spywatch sql --list` shows them; each is a file in `storage/sql/queries/`.")
    parts.append(_queries())
    parts.append("## Words\n\nThe closed vocabularies: a column of this kind holds one of these words.")
    parts += [_words(kind.__name__, *meaning) for kind, meaning in MEANING.items()]
    return "\n\n".join(parts) + "\n"


def _relation(relation: Row, columns: list[Row]) -> str:
    lines = [f"### {relation['name']}", "", relation["comment"], "", "| column | type | |", "|---|---|---|"]
    lines += [f"| `{row['name']}` | {_type(row['type'])} | {row['comment']} |" for row in columns]
    return "\n".join(lines)


def _type(name: str) -> str:
    return f"`{name.replace('TIMESTAMP WITH TIME ZONE', 'TIMESTAMPTZ')}`"


def _queries() -> str:
    lines = ["| name | what it shows | parameters |", "|---|---|---|"]
    for query in ready_queries():
        given = ", ".join(f"`{parameter.name}` = {parameter.default}" for parameter in query.parameters)
        lines.append(f"| `{query.name}` | {query.shows} | {given} |")
    return "\n".join(lines)


def _words(name: str, what: str, meanings: Mapping[StrEnum, str]) -> str:
    lines = [f"### {name}", "", what, "", "| word | meaning |", "|---|---|"]
    lines += [f"| `{word}` | {meaning} |" for word, meaning in meanings.items()]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
