"""Progress bars for long work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from cli.console import err

if TYPE_CHECKING:
    from flows.steps import Watch


class Bars:
    """Shows what a run expects and does as one bar a kind of work."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def expect(self, what: str, total: int) -> None:
        """Begin a bar."""
        self._tasks[what] = self._progress.add_task(what, total=total)

    def advance(self, what: str, count: int) -> None:
        """Move a bar on."""
        self._progress.advance(self._tasks[what], count)


@contextmanager
def watching(*, quiet: bool = False) -> Iterator[Watch]:
    """Bars on standard error where that is a terminal, else nothing."""
    from flows.steps import Nobody

    if quiet or not err.is_terminal:
        yield Nobody()
        return
    columns = (TextColumn("{task.description:>8}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True) as progress:
        yield Bars(progress)
