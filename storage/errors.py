"""What can go wrong with a database folder; each message is one sentence that says what to do."""

from __future__ import annotations

import errno
from datetime import datetime
from pathlib import Path

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NO_RIGHT = {errno.EACCES, errno.EPERM, errno.EROFS}


class StorageError(Exception):
    """A database folder cannot be used; the message says why and what to do."""


class HeldByAnotherRun(StorageError):
    """Another process holds the lock of the folder; `pid` is its process number, None if unknown."""

    def __init__(self, folder: Path, pid: int | None) -> None:
        who = f"another spywatch process ({pid})" if pid is not None else "another spywatch process"
        super().__init__(f"{who} is writing to {folder}; wait until it has finished, then repeat the command.")
        self.pid = pid


class OpenElsewhere(HeldByAnotherRun):
    """Somebody has opened the pipeline's own file, past the lock; `pid` is the process number, None if unknown."""

    def __init__(self, path: Path, pid: int | None) -> None:
        who = f"process {pid}" if pid is not None else "another process"
        StorageError.__init__(
            self, f"{path} is open in another program ({who}); close it there, and use the published copy beside it."
        )
        self.pid = pid


class NewerSchema(StorageError):
    """The database was made by a newer version; `found` and `known` are schema numbers."""

    def __init__(self, path: Path, found: int, known: int) -> None:
        super().__init__(
            f"{path} was written by a newer version of spywatch (schema {found}, this version knows {known}); "
            "upgrade spywatch or use another folder."
        )
        self.found = found
        self.known = known


class OlderSchema(StorageError):
    """The published copy was made by an older version; `found` and `known` are schema numbers."""

    def __init__(self, path: Path, found: int, known: int) -> None:
        super().__init__(
            f"{path} was written by an older version of spywatch (schema {found}, this version needs {known}); "
            "`spywatch retag --yes` or `spywatch run` brings it up to date."
        )
        self.found = found
        self.known = known


class ReadOnlyFolder(StorageError):
    """The folder cannot be created or written to."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"{folder} cannot be written to; choose another folder with --db or change its permissions.")


class NotPublishedYet(StorageError):
    """The folder has no published database."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"there is no database in {folder} yet; `spywatch run --db {folder}` makes one.")


class DiskFull(StorageError):
    """There is no room left to write."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"there is no room left to write in {folder}; free some space and repeat the command.")


class DamagedDatabase(StorageError):
    """The file is not a database that this version of DuckDB can read."""

    def __init__(self, path: Path, detail: str) -> None:
        super().__init__(f"{path} cannot be read as a database ({detail}); restore a backup or use another folder.")


class UnknownEntry(StorageError):
    """An outcome was given for an entry that no poll has recorded."""

    def __init__(self, entry_id: str) -> None:
        super().__init__(f"entry {entry_id} was never recorded by a poll, so its outcome cannot be stored.")


class UnknownArticle(StorageError):
    """Something was said of an article that the database does not have; `article_id` is what was asked for."""

    def __init__(self, folder: Path, article_id: str) -> None:
        super().__init__(
            f"there is no article {article_id!r} in {folder}; `spywatch where ADDRESS` shows the id of an article."
        )
        self.article_id = article_id


class VerdictAhead(StorageError):
    """A verdict is dated later than it can have been given: `at` is its time, `now` the clock (UTC)."""

    def __init__(self, at: datetime, now: datetime) -> None:
        super().__init__(
            f"a verdict dated {at:%Y-%m-%d %H:%M} cannot be recorded, for it is {now:%Y-%m-%d %H:%M} now (UTC); "
            "set the clock right, or give the time at which it was given."
        )
        self.at = at
        self.now = now


class QueryError(StorageError):
    """A query cannot be answered; the message is the database's own first line, or says which parameter is wrong."""


def from_os_error(error: OSError, folder: Path) -> StorageError:
    """The storage error behind an operating system error met while writing to `folder`."""
    if error.errno in _NO_ROOM:
        return DiskFull(folder)
    if error.errno in _NO_RIGHT:
        return ReadOnlyFolder(folder)
    if error.errno in {errno.ENOTDIR, errno.EEXIST}:
        return StorageError(f"{folder} is not a folder; choose another one with --db.")
    return StorageError(f"{folder} cannot be used: {error.strerror or error}.")
