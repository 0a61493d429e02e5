"""A digest into a file, so that whoever is killed on the way neither loses a story nor tells it twice."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from flows.tell import write_page
from spywatch.records import Digest
from storage.announced import announce
from storage.recording import Recorded


def tell_to_file(folder: Path, digest: Digest, *, target: Path, page: str, now: datetime) -> Recorded:
    """Announce a digest, write its page and record it; `storage.announced` tells why in this order.

    Args:
        folder: the database folder.
        digest: what the page tells.
        target: the file; one that exists is replaced.
        page: its whole text.
        now: UTC.

    Raises:
        OSError: the page cannot be written; nothing is recorded.
        StorageError: the digest cannot be announced or recorded.
    """
    announced = announce(folder, digest, target=target, page=page)
    write_page(target, page)
    return announced.record(now)
