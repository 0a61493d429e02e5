"""The files of a database folder."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things lie in a database folder.

    Attributes:
        folder: the folder itself.
    """

    folder: Path

    @property
    def pipeline(self) -> Path:
        """The database that only the holder of the lock opens."""
        return self.folder / "pipeline.duckdb"

    @property
    def published(self) -> Path:
        """The copy for everybody else; replaced as a whole, never written to."""
        return self.folder / "spywatch.duckdb"

    @property
    def unfinished(self) -> Path:
        """The next published copy while it is being made."""
        return self.folder / ".spywatch.duckdb.new"

    @property
    def lock(self) -> Path:
        """The lock; it holds the process number of its holder. It stays in place when it is free."""
        return self.folder / "pipeline.lock"

    @property
    def journal(self) -> Path:
        """What other commands wrote and no published copy contains yet."""
        return self.folder / "journal"

    @property
    def announced(self) -> Path:
        """Digests that are on their way into a file; see `storage.announced`."""
        return self.folder / "announced"


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable: a rename is only safe on disk after this."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
