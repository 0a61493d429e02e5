"""Where the command line speaks: results on standard output, everything else on standard error."""

from __future__ import annotations

import errno
import os
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import IntEnum
from io import TextIOWrapper
from pathlib import Path
from typing import NoReturn, TextIO, cast

import typer
from rich.console import Console, ConsoleOptions, ConsoleRenderable, RenderableType, RenderHook, RenderResult
from rich.segment import Segment
from rich.text import Text

_PIPED_WIDTH = 110
"""Characters a line where nobody's screen says otherwise; Rich would take 80, which breaks most addresses."""


class _Harmless:
    """What is to be printed, without the characters that could steer a terminal or turn its lines around."""

    def __init__(self, inner: RenderableType) -> None:
        self._inner = inner

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The same segments; Rich's own cursor movements, which are no text, stay."""
        for segment in console.render(self._inner, options):
            if segment.control or segment.text.isprintable():
                yield segment
            else:
                yield Segment(_without_control(segment.text), segment.style)


class _HarmlessHook(RenderHook):
    """Stands behind whatever a command prints, so that none can forget it."""

    def process_renderables(self, renderables: list[ConsoleRenderable]) -> list[ConsoleRenderable]:
        """Wrap each."""
        return [_Harmless(one) for one in renderables]


def _without_control(text: str) -> str:
    return "".join(char for char in text if char == "\n" or unicodedata.category(char)[0] != "C")


def harmless_console(console: Console) -> Console:
    """The same console, which from now on prints no control sequence that stood in a text."""
    console.push_render_hook(_HarmlessHook())
    return console


def _screen() -> Console:
    known = "COLUMNS" in os.environ or (sys.stdout is not None and sys.stdout.isatty())
    return Console(soft_wrap=False, highlight=False, width=None if known else _PIPED_WIDTH)


out = harmless_console(_screen())
err = harmless_console(Console(stderr=True, highlight=False))


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
        return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    except (ValueError, OverflowError) as error:  # overflow: a zone that leads out of the years 1 to 9999
        raise typer.BadParameter(f"{text!r} is not ISO 8601, for example 2026-03-01T06:00:00+00:00") from error


def argument_text(text: str) -> str:
    """A text of the command line as UTF-8, whatever the locale took it for; U+FFFD for what is none."""
    return os.fsencode(text).decode("utf-8", "replace")


def whole_characters(text: str) -> str:
    """A text from JSON, with U+FFFD in the place of lone surrogates such as "\\ud83d", which no UTF-8 can hold."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def ready_streams() -> None:
    """Make the standard streams fit to work with: all three open, and UTF-8 whatever the locale says.

    A stream that the caller has closed becomes the null device; else the next file opened, perhaps the database,
    would get its number and with it whatever is printed.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, _nowhere(mode))
        elif isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def _nowhere(mode: str) -> TextIO:
    return cast(TextIO, Path(os.devnull).open(mode, encoding="utf-8"))


@contextmanager
def clear_output() -> Iterator[None]:
    """Say it in one sentence where the result cannot be written for want of room."""
    try:
        yield
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
            raise
        err.print(Text.assemble(("spywatch: ", "bold red"), f"the output cannot be written: {error.strerror}"))
        sys.stdout = _nowhere("w")  # what the old one still holds has nowhere to go
        raise SystemExit(int(Exit.BAD_INPUT)) from error
