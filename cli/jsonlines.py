"""JSON Lines in and out: a bad line becomes a failure, never a stop."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from cli.jsontext import dumps
from spywatch.records import Failure, Reason, Stage

Json = dict[str, Any]


def read_objects(sources: Iterable[str], stage: Stage) -> Iterator[Json | Failure]:
    """Read JSON objects, one a line, from files or from standard input.

    Args:
        sources: paths; `-` is standard input.
        stage: named in failures.

    Yields:
        Each object, or the failure of a line or file that could not be read. Blank lines are passed over.
    """
    for source in sources:
        if source == "-":
            yield from _lines(sys.stdin.buffer, "standard input", stage)
            continue
        try:
            with Path(source).open("rb") as stream:
                yield from _lines(stream, source, stage)
        except OSError as error:
            yield missing_file(source, error, stage)


def missing_file(path: str, error: OSError, stage: Stage) -> Failure:
    """The failure for a file that cannot be read."""
    detail = f"{path}: {error.strerror or error}"
    return Failure(stage=stage, subject=path, reason=Reason.MISSING_FILE, detail=detail)


def _lines(stream: BinaryIO, name: str, stage: Stage) -> Iterator[Json | Failure]:
    for number, line in enumerate(stream, start=1):
        if line.strip():
            yield _object(line, f"{name}, line {number}", stage)


def _object(line: bytes, where: str, stage: Stage) -> Json | Failure:
    try:
        value = json.loads(line.decode("utf-8-sig"), parse_constant=_no_number, parse_float=_finite)
    except UnicodeDecodeError as error:
        detail = f"{where}: not UTF-8 at byte {error.start}"
    except (ValueError, RecursionError) as error:  # ValueError: also a number of thousands of digits
        detail = f"{where}: not JSON: {error}"
    else:
        if isinstance(value, dict):
            return value
        detail = f"{where}: {_kind(value)} where an object is expected"
    return Failure(stage=stage, subject=where, reason=Reason.BAD_LINE, detail=detail)


def _no_number(name: str) -> float:
    """Refuse NaN and Infinity, which Python reads and JSON does not know.

    Raises:
        ValueError: always.
    """
    raise ValueError(f"{name} is no JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(f"the number {digits} is too large")
    return number


def _kind(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case list():
            return "an array"
        case _:
            return "an object"


def text_field(record: Json, name: str) -> str:
    """A field that must be text; missing and null are empty.

    Raises:
        ValueError: it is something else.
    """
    value = record.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError(f"{name!r} is {_kind(value)}, not text")
    return value


def write(record: Json) -> None:
    """Print one object as a line of UTF-8."""
    sys.stdout.buffer.write(dumps(record).encode() + b"\n")
    sys.stdout.buffer.flush()


def failure_field(failure: Failure | None) -> Json | None:
    """How a failure stands in a line: reason and detail."""
    return None if failure is None else {"reason": str(failure.reason), "detail": failure.detail}
