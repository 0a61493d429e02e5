"""Verdicts as readers see them: those of the database together with those that the journal still holds.

A reader that opens the published copy here finds, besides everything else, a relation `all_verdicts`, and asks
`tags_under('all_verdicts')` for the tags that count. The rule stands once, in the macros `standing_among` and
`tags_under` of the schema; the view `effective_tags` is made from them too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from spywatch.records import Decision, Evidence, Opinion, SeedMatch, Tag, Term

from . import applying, columns, journal
from .connection import Row, run
from .published import open_current


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenVerdict:
    """An analyst's word on one category of an article.

    Attributes:
        at: when it was given (UTC).
        note: why, "" if nothing was said.
    """

    category: str
    opinion: Opinion
    author: str
    at: datetime
    note: str


@contextmanager
def open_judged(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published copy, with a relation `all_verdicts` that holds the journal's verdicts too.

    Raises:
        NotPublishedYet, NewerSchema, OlderSchema, DamagedDatabase: the published copy cannot be used.
    """
    # The journal is read first: a record that a run applies and publishes in between is then seen twice, not never.
    waiting = pending_verdicts(folder)
    with open_current(folder) as connection:
        gather_verdicts(connection, waiting)
        yield connection


def pending_verdicts(folder: Path) -> list[Row]:
    """The rows of `verdicts` that stand in the journal; the published copy may contain some of them already."""
    found: dict[str, Row] = {}
    for record in journal.pending(folder):
        if record.kind == journal.VERDICT and applying.defect(record) is None:
            for row in applying.verdict_rows(record):
                found.setdefault(row["verdict_id"], row)
    return list(found.values())


def gather_verdicts(connection: duckdb.DuckDBPyConnection, waiting: Iterable[Row]) -> None:
    """Make the relation `all_verdicts` for this session: the table, and `waiting` where the table lacks it."""
    connection.register("incoming", columns.table(waiting, columns.VERDICT))
    try:
        run(connection, "gather_verdicts")
    finally:
        connection.unregister("incoming")


def given_verdict(row: Row) -> GivenVerdict:
    """A row of `verdicts` as a record."""
    return GivenVerdict(
        category=row["category"],
        opinion=Opinion(row["opinion"]),
        author=row["author"],
        at=row["judged_at"],
        note=row["note"],
    )


def tag_of(row: Row) -> Tag:
    """A row of `tags` or `effective_tags` as a record; a category that the model never scored has the score 0."""
    return Tag(
        category=row["category"],
        score=row["score"] if row["score"] is not None else 0.0,
        decision=Decision(row["decision"]),
        evidence=tuple(
            Evidence(field=piece["field"], start=piece["char_start"], end=piece["char_end"], text=piece["sentence"])
            for piece in row["evidence"]
        ),
        terms=tuple(Term(text=term["term"], weight=term["weight"]) for term in row["terms"]),
        nearest=tuple(SeedMatch(**match) for match in row["nearest"]),
    )
