"""Ready queries: one file a query under `sql/queries/`, with a head that says what it shows.

The head is a comment: `-- title: ...`, `-- shows: ...`, and for each parameter `-- param NAME = DEFAULT: what it
means`, where the default is a JSON value. The query uses the parameter as `$NAME`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from .errors import QueryError
from .statements import SQL

_HEAD = re.compile(r"^-- (title|shows): (.+)$", re.MULTILINE)
_PARAM = re.compile(r"^-- param (\w+) = (.+?): (.+)$", re.MULTILINE)

Value = str | int | float


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A value that a ready query asks for."""

    name: str
    default: Value
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyQuery:
    """A query that is kept with the program.

    Attributes:
        name: what to call it by.
        title: a few words.
        shows: one sentence.
        parameters: in the order of the file.
        sql: the whole file, head included.
    """

    name: str
    title: str
    shows: str
    parameters: tuple[Parameter, ...]
    sql: str

    def values(self, given: Mapping[str, str] | None = None) -> dict[str, Value]:
        """The values to run it with: the defaults, and what is given in their place.

        Args:
            given: texts by parameter name, as they come from a command line.

        Raises:
            QueryError: no such parameter, or a text that is no number where one is needed.
        """
        values: dict[str, Value] = {parameter.name: parameter.default for parameter in self.parameters}
        for name, text in (given or {}).items():
            if name not in values:
                known = ", ".join(values) or "none"
                raise QueryError(f"query {self.name} has no parameter {name!r}; it has: {known}.")
            try:
                values[name] = type(values[name])(text)
            except ValueError:
                raise QueryError(f"parameter {name} of query {self.name} needs a number, not {text!r}.") from None
        return values


@cache
def ready_queries(folder: Path = SQL / "queries") -> tuple[ReadyQuery, ...]:
    """Every ready query, by name."""
    return tuple(_read(path) for path in sorted(folder.glob("*.sql")))


def ready_query(name: str) -> ReadyQuery:
    """One ready query.

    Raises:
        QueryError: there is none of that name.
    """
    for query in ready_queries():
        if query.name == name:
            return query
    raise QueryError(f"there is no ready query {name!r}; `spywatch sql --list` shows them.")


def _read(path: Path) -> ReadyQuery:
    sql = path.read_text(encoding="utf-8")
    head = dict(_HEAD.findall(sql))
    parameters = tuple(
        Parameter(name=name, default=json.loads(default), meaning=meaning)
        for name, default, meaning in _PARAM.findall(sql)
    )
    return ReadyQuery(name=path.stem, title=head["title"], shows=head["shows"], parameters=parameters, sql=sql)
