"""The journal: how a command writes while a run holds the pipeline's file.

Each record is one small JSON file, durable once `write` has returned (written aside, synced, renamed, folder
synced). The holder of the lock applies the pending records in the order of their names, in one transaction that also
notes their ids, so a record is applied once however often it is met. Its file is deleted only when a published copy
contains it: until then who reads that copy finds the record here, whatever became of the run that applied it.

A new kind of record is a new name here and a function in `applying.py`; payloads are plain JSON.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NewType
from uuid import uuid4

from .errors import from_os_error
from .layout import Layout, sync_folder

JournalId = NewType("JournalId", str)

DIGEST = "digest"
VERDICT = "verdict"
REPLAY = "replay"
_FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalRecord:
    """One record; `payload` is what the kind says, `written_at` is UTC."""

    id: JournalId
    kind: str
    payload: dict[str, Any]
    written_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A file in the journal that is no record; `detail` says why."""

    path: Path
    detail: str


def write(folder: Path, kind: str, payload: dict[str, Any], now: datetime) -> JournalId:
    """Add a record; when this returns, it survives a loss of power.

    Args:
        folder: the database folder.
        kind: what the record is.
        payload: values that JSON can hold.
        now: UTC.

    Raises:
        ReadOnlyFolder, DiskFull, StorageError: it could not be written.
    """
    at = now.astimezone(UTC)
    journal_id = JournalId(f"{at:%Y%m%dT%H%M%S.%fZ}-{kind}-{uuid4().hex[:12]}")
    record = {
        "format": _FORMAT,
        "id": journal_id,
        "kind": kind,
        "written_at": at.isoformat(),
        "payload": payload,
    }
    journal = Layout(folder).journal
    path, aside = journal / f"{journal_id}.json", journal / f".{journal_id}.new"
    try:
        journal.mkdir(parents=True, exist_ok=True)
        with aside.open("w", encoding="utf-8", errors="backslashreplace") as file:
            json.dump(record, file, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())
        aside.rename(path)
        sync_folder(journal)
    except OSError as error:
        with suppress(OSError):  # the first error tells more
            aside.unlink()
        raise from_os_error(error, folder) from error
    return journal_id


def pending(folder: Path) -> tuple[JournalRecord, ...]:
    """The records that the published copy may not contain yet, oldest first; unreadable files are left out."""
    return tuple(found for found in read(folder) if isinstance(found, JournalRecord))


def read(folder: Path) -> tuple[JournalRecord | Unreadable, ...]:
    """Every file of the journal as a record or as what is wrong with it, oldest first."""
    found: list[JournalRecord | Unreadable] = []
    for path in sorted(Layout(folder).journal.glob("*.json")):
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:  # published and deleted by the holder since it was listed
            continue
        except (OSError, UnicodeDecodeError) as error:
            found.append(Unreadable(path=path, detail=str(error)))
            continue
        found.append(_parse(path, text))
    return tuple(found)


def _parse(path: Path, text: str) -> JournalRecord | Unreadable:
    try:
        record = json.loads(text)
        if record["format"] != _FORMAT:
            return Unreadable(path=path, detail=f"format {record['format']} is not known")
        if record["id"] != path.stem or not isinstance(record["payload"], dict):
            return Unreadable(path=path, detail="the record does not fit its name")
        written_at = datetime.fromisoformat(record["written_at"]).astimezone(UTC)
        return JournalRecord(
            id=JournalId(record["id"]), kind=record["kind"], payload=record["payload"], written_at=written_at
        )
    except (ValueError, KeyError, TypeError) as error:
        return Unreadable(path=path, detail=f"{type(error).__name__}: {error}")


def remove(folder: Path, ids: list[JournalId]) -> None:
    """Delete the files of records that the published copy contains."""
    journal = Layout(folder).journal
    for journal_id in ids:
        (journal / f"{journal_id}.json").unlink(missing_ok=True)
    if ids:
        sync_folder(journal)


def set_aside(unreadable: Unreadable) -> Path:
    """Take a file that cannot be applied out of the journal's way, keeping it beside the others as `.refused`."""
    kept = unreadable.path.with_suffix(".refused")
    unreadable.path.rename(kept)
    return kept
