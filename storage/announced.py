"""Digests on their way into a file: announced before the file is there, recorded after.

Between the two a process can be killed. The announcement says which digest was to stand in which file, with the hash
of its page: whoever makes the next digest finds it, and looks. Where the page stands, its articles were told, and the
digest is recorded late; where it does not, nobody has read it, and its articles are told by the next digest.
"""

from __future__ import annotations

import json
import os
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from spywatch.records import Digest

from . import applying, journal
from .errors import StorageError, from_os_error
from .layout import Layout, sync_folder
from .recording import Recorded, apply_or_leave, record_digest


class Announced:
    """One announced digest. Made by `announce`; `record` ends it."""

    def __init__(self, folder: Path, digest: Digest, path: Path) -> None:
        self._folder = folder
        self._digest = digest
        self._path = path

    def record(self, now: datetime) -> Recorded:
        """Record the digest, once its page stands; see `recording.record_digest`.

        Raises:
            StorageError: it could not be recorded; the announcement stays.
        """
        recorded = record_digest(self._folder, self._digest, now)
        self._path.unlink(missing_ok=True)
        return recorded


def announce(folder: Path, digest: Digest, *, target: Path, page: str) -> Announced:
    """Say durably that a digest is about to be written to a file.

    Args:
        folder: the database folder.
        digest: what the page tells.
        target: the file.
        page: its whole text.

    Raises:
        StorageError: it cannot be written.
    """
    place = Layout(folder).announced
    path = place / f"{digest.id}.json"
    content = {
        "digest": applying.digest_payload(digest),
        "target": str(target.absolute()),
        "sha256": sha256(page.encode()).hexdigest(),
    }
    aside = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        place.mkdir(parents=True, exist_ok=True)
        with aside.open("w", encoding="utf-8") as file:
            json.dump(content, file, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
        sync_folder(place)
    except OSError as error:
        raise from_os_error(error, folder) from error
    return Announced(folder, digest, path)


def settle_announced(folder: Path, now: datetime) -> tuple[Path, ...]:
    """Record the announced digests whose page stands, and forget the others.

    Args:
        folder: the database folder.
        now: UTC.

    Returns:
        The files in which a digest stands that was recorded just now.

    Raises:
        StorageError: a digest could not be recorded, or an announcement not be read or removed.
    """
    standing = []
    try:
        paths = sorted(Layout(folder).announced.glob("*.json"))
        for path in paths:
            content = _read(path)
            target = Path(content["target"])
            if _stands(target, content["sha256"]):
                journal.write(folder, journal.DIGEST, content["digest"], now)
                standing.append(target)
            path.unlink(missing_ok=True)
    except OSError as error:
        raise from_os_error(error, folder) from error
    if standing:
        apply_or_leave(folder, now)
    return tuple(standing)


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return {name: content[name] for name in ("digest", "target", "sha256")}
    except (ValueError, KeyError, TypeError) as error:
        raise StorageError(f"{path} is no announced digest; look at it, then remove it") from error


def _stands(target: Path, wanted: str) -> bool:
    try:
        return sha256(target.read_bytes()).hexdigest() == wanted
    except FileNotFoundError:
        return False
