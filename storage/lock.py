"""The lock of a database folder: one process at a time opens the pipeline's file.

The operating system holds the lock and gives it back when the process ends, however it ends; the process number in
the file is only there for the message. A child made by fork inherits the lock, so a holder starts its workers by
spawn.
"""

from __future__ import annotations

import fcntl
import os
from datetime import timedelta
from pathlib import Path
from types import TracebackType

from filelock import FileLock, Timeout

from .errors import HeldByAnotherRun, ReadOnlyFolder, from_os_error
from .layout import Layout


class FolderLock:
    """Holds the lock of a folder between `acquire` and `release`."""

    def __init__(self, folder: Path) -> None:
        self._layout = Layout(folder)
        # Tasks of one flow may run in different threads; the lock belongs to the process.
        self._lock = FileLock(self._layout.lock, timeout=0, thread_local=False)

    def acquire(self, patience: timedelta = timedelta()) -> None:
        """Take the lock; creates the folder where it does not exist.

        Args:
            patience: how long to wait for somebody who has it; by default it is taken at once or not at all.

        Raises:
            HeldByAnotherRun: somebody else has it, and had it all the time.
            ReadOnlyFolder, DiskFull, StorageError: the folder cannot be used.
        """
        folder = self._layout.folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock.acquire(timeout=max(0.0, patience.total_seconds()))
        except Timeout:
            # Also where the file cannot be made at all, as in /proc; a lock that somebody holds is there.
            if not self._layout.lock.exists():
                raise ReadOnlyFolder(folder) from None
            raise HeldByAnotherRun(folder, read_holder(folder)) from None
        except OSError as error:
            raise from_os_error(error, folder) from error
        try:
            self._layout.lock.write_text(f"{os.getpid()}\n", encoding="ascii")
        except OSError as error:
            self._lock.release()
            raise from_os_error(error, folder) from error

    @property
    def held(self) -> bool:
        """Whether this process has it."""
        return self._lock.is_locked

    def release(self) -> None:
        """Give the lock back; harmless when repeated."""
        if self.held:
            os.truncate(self._layout.lock, 0)
            self._lock.release()

    def __enter__(self) -> FolderLock:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def read_holder(folder: Path) -> int | None:
    """The process number in the lock file, None if there is none.

    It can be out of date: a process that was killed leaves its number behind. `living_holder` asks more.
    """
    try:
        text = Layout(folder).lock.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None
    return int(text) if text.isdecimal() else None


def living_holder(folder: Path) -> int | None:
    """The process number in the lock file if its lock is held, else None: a killed process leaves its number behind,
    and another process may have the same number by now."""
    pid = read_holder(folder)
    if pid is None:
        return None
    try:
        with Layout(folder).lock.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return pid
    except OSError:
        return None
    return None
