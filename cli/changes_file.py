"""The file of all changes, which takes the place of an older one only when it is whole."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, TextIO

from cli.console import note
from cli.jsontext import dumps

if TYPE_CHECKING:
    from flows.retagging import Change


class CannotWrite(Exception):
    """The file cannot be written; the message says why."""


class ChangesFile:
    """A file of JSON Lines, a change a line; a context manager.

    It grows beside its target, under the same name with `.partial` at the end, and is moved there by `finish`. If the
    work ends before that, the older file stays as it was, and what was found so far stays beside it. Into what is no
    regular file, such as a pipe, the lines go at once.
    """

    def __init__(self, target: Path) -> None:
        """Open it.

        Raises:
            CannotWrite: there is no such folder, no right to write, or the target is a folder.
        """
        self._asked = target
        self._target = target.resolve()
        if self._target.is_dir():
            raise CannotWrite(f"{target} is a folder; --full takes the name of a file")
        straight = self._target.exists() and not self._target.is_file()
        self._growing = self._target if straight else self._target.with_name(f"{self._target.name}.partial")
        self._finished = straight
        if self._target.is_file() and not os.access(self._target, os.W_OK):
            raise CannotWrite(f"cannot write {target}: it is write-protected")
        try:
            self._file: TextIO = self._growing.open("w", encoding="utf-8", errors="backslashreplace")
        except OSError as error:
            raise CannotWrite(f"cannot write {target}: {error.strerror}") from error
        self._lines = 0

    def __enter__(self) -> ChangesFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):  # a line that found no room is still in the buffer, and `write` has said so
            self._file.close()
        if self._finished:
            return
        if self._lines:
            note(f"{self._asked} was left alone; the {self._lines:,} changes found so far are in {self._growing}")
        else:
            self._growing.unlink(missing_ok=True)

    def write(self, change: Change) -> None:
        """Add a change.

        Raises:
            CannotWrite: there is no room, or whatever else the system says.
        """
        from flows.retagging import change_json

        try:
            print(dumps(change_json(change)), file=self._file, flush=True)
        except OSError as error:
            raise CannotWrite(f"cannot write {self._asked}: {error.strerror}") from error
        self._lines += 1

    def finish(self) -> None:
        """Put it in the place of the older one.

        Raises:
            CannotWrite: it cannot be moved there.
        """
        try:
            self._file.close()
            if not self._finished:
                if self._target.exists():
                    shutil.copymode(self._target, self._growing)
                self._growing.replace(self._target)
        except OSError as error:
            raise CannotWrite(f"cannot write {self._asked}: {error.strerror}") from error
        self._finished = True
