"""What commands other than a run write down, whether or not a run holds the pipeline's file."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path

from spywatch.records import Digest

from . import applying, journal
from .errors import HeldByAnotherRun
from .store import PipelineStore


class Recorded(StrEnum):
    """Where a record went: into the database and its published copy, or into the journal for the run to take in."""

    APPLIED = "applied"
    JOURNALED = "journaled"


def record_digest(folder: Path, digest: Digest, now: datetime) -> Recorded:
    """Record that a digest was made; recording it twice is harmless.

    It is written to the journal first, so it is durable whatever happens next. Then, if no run holds the folder, the
    journal is applied and a copy is published at once.

    Args:
        folder: the database folder.
        digest: what was told.
        now: UTC.

    Returns:
        Which of the two happened. In both cases `candidates.digest_candidates` no longer offers its articles.

    Raises:
        StorageError: it could not be written, or (after it is safe in the journal) not be applied.
    """
    journal.write(folder, journal.DIGEST, applying.digest_payload(digest), now)
    return apply_or_leave(folder, now)


def apply_or_leave(folder: Path, now: datetime) -> Recorded:
    """Apply the journal and publish if nobody holds the folder; else leave the journal to the holder or the next.

    A record that is written while the holder publishes waits for whoever opens the folder next; it counts meanwhile.
    """
    try:
        store = PipelineStore.open(folder, now)
    except HeldByAnotherRun:
        return Recorded.JOURNALED
    with store:
        store.publish(now)
    return Recorded.APPLIED
