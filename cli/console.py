"""Where the command line speaks: results on standard output, everything else on standard error."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import IntEnum
from typing import NoReturn

import typer
from rich.console import Console
from rich.text import Text

out = Console(soft_wrap=False, highlight=False)
err = Console(stderr=True, highlight=False)


class Exit(IntEnum):
    """Exit codes, the same for every command; `docs/commands.md` lists them."""

    OK = 0
    UNBALANCED = 1
    USAGE = 2
    BAD_INPUT = 3
    BUSY = 4


def fail(message: str, code: Exit = Exit.BAD_INPUT) -> NoReturn:
    """Say in one sentence what is wrong and what to do, and end with a code other than 0."""
    err.print(Text.assemble(("spywatch: ", "bold red"), " ".join(message.split())), soft_wrap=True)
    raise typer.Exit(int(code))


def note(message: str) -> None:
    """Something worth knowing that is not the result."""
    err.print(Text(message, style="dim"), soft_wrap=True)


@contextmanager
def clear_errors() -> Iterator[None]:
    """Turn the errors that a user can mend into one sentence and an exit code."""
    # Imported where needed: `spywatch --help` must not load a database.
    from classifiers.corpus import CorpusError
    from feeds.registry import RegisterError
    from spywatch.settings import SettingsError
    from storage.errors import HeldByAnotherRun, StorageError

    try:
        yield
    except HeldByAnotherRun as error:
        fail(str(error), Exit.BUSY)
    except (SettingsError, RegisterError, CorpusError, StorageError) as error:
        fail(str(error))


def moment(text: str | None) -> datetime:
    """The clock value of a command: `--now` in ISO 8601 (UTC where no zone is given), else the present.

    Raises:
        typer.BadParameter: the text is not ISO 8601.
    """
    if text is None:
        return datetime.now(UTC)
    try:
        when = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is not ISO 8601, for example 2026-03-01T06:00:00+00:00") from error
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)


def is_terminal() -> bool:
    """Whether standard output is a person's screen."""
    return sys.stdout.isatty()
