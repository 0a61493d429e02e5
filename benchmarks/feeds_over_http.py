"""Feed documents as a server would give them, read by a real run."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import feedparser

from benchmarks.desk import Desk, fitted_models
from benchmarks.document_server import HOST, Document, serving, write_site

_HEADER = re.compile(r"^\s*Header:\s*([A-Za-z-]+):[ \t]*(.*?)\s*$", re.MULTILINE)
_ONLY_HERE = {"content-type", "content-location", "content-language", "x-foo"}
"""Headers of a document's comment that it is served with. Validators are left out: each is read once only."""
_NOWHERE = "http://127.0.0.1:9"
_POLLS = "SELECT f.url, p.outcome, p.reason, p.detail, p.entries FROM feeds f LEFT JOIN polls p USING (feed_id)"
_LEFT = "SELECT count(*) AS many FROM entries WHERE state = 'due' AND due_at IS NULL"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedFeed:
    """What a run made of a document.

    Attributes:
        outcome: read, failed, or empty if it was never polled.
        entries: items found, usable or not.
        reference: entries that feedparser finds in the same bytes with the same headers; None where it raises.
    """

    file: str
    content_type: str
    outcome: str
    reason: str
    entries: int
    reference: int | None

    @property
    def missing(self) -> bool:
        """Whether the reference found entries here and the run none."""
        return bool(self.reference) and not self.entries


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedFeeds:
    """What the run came to."""

    seconds: float
    balanced: bool
    feeds: list[ServedFeed]
    stuck: int
    failures: dict[str, int] = field(default_factory=dict)


def read_over_http(files: Sequence[Path], folder: Path) -> ServedFeeds:
    """Serve these documents and read them with one `spywatch run`.

    The links in them lead out into the world; everything but loopback is sent to a proxy that is not there, so that
    nothing is asked of anybody.

    Args:
        files: the documents. A comment "Header: Content-type: ..." says what one is served with, else
            application/xml (application/json where it begins with a brace).
        folder: for everything that is written.

    Raises:
        CommandFailed: the run crashed or did not end.
    """
    settings = {
        "CACHE": str(fitted_models(folder / "models")),
        "ALLOWED_PRIVATE_HOSTS": HOST,
        "HOST_DELAY_SECONDS": "0",
        "HOST_CONCURRENCY": "8",
    }
    desk = Desk(folder / "db", settings, outside=_NOWHERE)
    documents = [Document(f"/{place}", file.read_bytes(), _headers(file)) for place, file in enumerate(files)]
    write_site(folder / "site", documents)
    register = folder / "feeds.toml"
    with serving(folder / "site") as base:
        register.write_text("".join(f'[[feeds]]\nurl = "{base}{one.path}"\n' for one in documents), encoding="utf-8")
        began = time.monotonic()
        report = desk.run(register)
        seconds = time.monotonic() - began
    polls = {row["url"].rpartition("/")[2]: row for row in desk.ask(_POLLS)}
    feeds = []
    for place, (file, document) in enumerate(zip(files, documents, strict=True)):
        row = polls.get(str(place), {})
        feeds.append(
            ServedFeed(
                file=file.name,
                content_type=dict(document.headers).get("Content-Type", ""),
                outcome=row.get("outcome") or "",
                reason=row.get("reason") or "",
                entries=row.get("entries") or 0,
                reference=_reference(document),
            )
        )
    return ServedFeeds(
        seconds=seconds,
        balanced=bool(report["balanced"]),
        feeds=feeds,
        stuck=desk.ask(_LEFT)[0]["many"],
        failures={name: count for name, count in report["failures"].items() if name.startswith(("poll/", "parse/"))},
    )


def _headers(file: Path) -> tuple[tuple[str, str], ...]:
    body = file.read_bytes()
    start = body[:2_000].replace(b"\x00", b"").decode("utf-8", "replace")
    told = {name.lower(): value for name, value in _HEADER.findall(start) if name.lower() in _ONLY_HERE}
    usual = "application/json" if start.lstrip("\ufeff \r\n\t").startswith("{") else "application/xml"
    kind = told.pop("content-type", usual)
    return (("Content-Type", kind), *((name.title(), value) for name, value in told.items()))


def _reference(document: Document) -> int | None:
    headers = {name.lower(): value for name, value in document.headers}
    try:
        return len(feedparser.parse(document.body, response_headers=headers).entries)
    except (ValueError, OverflowError, TypeError, LookupError, AttributeError, AssertionError, RecursionError):
        return None  # feedparser's own faults on broken documents; its count is then unknown
