"""Feed documents, well- and ill-formed, through `spywatch parse`: what is read, what is not, and what takes long.

    python -m benchmarks.feed_documents [--shared DIR] [--json]

DIR holds `feeds/`, a folder of feed documents. `spywatch parse` reads them all in one process; what it says is put
beside the number of entries that feedparser alone finds in the same bytes. Then each document is parsed again, in
this process, for the time that it takes: the shortest of five goes, given as a multiple of the median document's and
of feedparser's own time, because seconds say more of the machine than of the code. Last, a server gives out each
document with the headers that its comment names, and one `spywatch run` reads them all; nothing outside is asked.

Ends with 0, with 1 where a command crashed, did not account for each document, or found no entry where feedparser
finds some, and with 3 where DIR was named and does not hold the data.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import feedparser
from rich.console import Console
from rich.table import Table
from rich.text import Text

from benchmarks import NOT_AS_REQUIRED, find_data
from benchmarks.feeds_over_http import ServedFeeds, read_over_http
from feeds.parse import parse_feed

GOES = 5
SLOWEST = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What became of one feed document.

    Attributes:
        entries, skipped: as `spywatch parse` counts them.
        failure: its reason for not reading the document, "" if it did.
        reference: entries that feedparser alone finds; None where it raises.
        seconds, reference_seconds: shortest time to parse it, ours and feedparser's.
    """

    file: str
    entries: int
    skipped: int
    skipped_reasons: tuple[str, ...]
    failure: str
    detail: str
    reference: int | None
    seconds: float
    reference_seconds: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; the exit code is told above."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--shared", type=Path, metavar="DIR", help="folder with feeds/; default ../shared")
    parser.add_argument("--json", action="store_true", help="print everything as JSON instead of tables")
    chosen = parser.parse_args(arguments)
    data = find_data(chosen.shared, "feeds")
    if isinstance(data, int):
        return data
    files = sorted(path for path in (data / "feeds").iterdir() if path.is_file())
    exit_code, lines = _parse_all(files)
    documents = [_document(file, line) for file, line in zip(files, lines, strict=False)]
    with tempfile.TemporaryDirectory(prefix="feed-documents-") as temporary:
        served = read_over_http(files, Path(temporary))
    required = {
        "spywatch parse ended with 0": exit_code == 0,
        "one line for each document, in order": [line["file"] for line in lines] == [file.name for file in files],
        "over HTTP: the books of the run balance, and no entry is stuck": served.balanced and not served.stuck,
        "over HTTP: each document was read, or failed with a reason": all(
            one.outcome == "read" or one.reason for one in served.feeds
        ),
        "over HTTP: entries wherever feedparser finds some": not any(one.missing for one in served.feeds),
    }
    if chosen.json:
        print(json.dumps(_as_json(documents, served, required), ensure_ascii=False, indent=1))
    else:
        _show(documents, served, required)
    return 0 if all(required.values()) else NOT_AS_REQUIRED


def _parse_all(files: Sequence[Path]) -> tuple[int, list[dict[str, Any]]]:
    """The exit code of `spywatch parse` on all files together, and its lines."""
    command = [str(Path(sys.executable).with_name("spywatch")), "parse", *(file.name for file in files)]
    done = subprocess.run(command, cwd=files[0].parent if files else None, stdout=subprocess.PIPE, check=False)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def _document(file: Path, line: dict[str, Any]) -> Document:
    body, now = file.read_bytes(), datetime.now(UTC)
    failure = line["failure"] or {}
    return Document(
        file=file.name,
        entries=len(line["entries"]),
        skipped=line["skipped"],
        skipped_reasons=tuple(one["reason"] for one in line["skipped_entries"]),
        failure=failure.get("reason", ""),
        detail=failure.get("detail", ""),
        reference=_reference(body),
        seconds=_shortest(lambda: parse_feed(body, now=now)),
        reference_seconds=_shortest(lambda: _reference(body)),
    )


def _reference(body: bytes) -> int | None:
    try:
        return len(feedparser.parse(body).entries)
    except (ValueError, OverflowError, TypeError, LookupError, AttributeError, AssertionError, RecursionError):
        return None  # feedparser's own faults on broken documents; its count is then unknown


def _shortest(work: Callable[[], object]) -> float:
    times = []
    for _ in range(GOES):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)


def _summary(documents: list[Document]) -> dict[str, Any]:
    median = statistics.median(one.seconds for one in documents) if documents else 0.0
    slowest = sorted(documents, key=lambda one: one.seconds, reverse=True)[:SLOWEST]
    read = [one for one in documents if not one.failure]
    return {
        "documents": len(documents),
        "read": len(read),
        "failures": dict(Counter(one.failure for one in documents if one.failure)),
        "entries": sum(one.entries for one in documents),
        "skipped": dict(Counter(reason for one in documents for reason in one.skipped_reasons)),
        "reference_entries": sum(one.reference or 0 for one in documents),
        "reference_raised": sum(one.reference is None for one in documents),
        "same_count": sum(one.entries + one.skipped == one.reference for one in documents),
        "more": sum(one.entries + one.skipped > (one.reference or 0) for one in documents),
        "fewer": sum(one.entries + one.skipped < (one.reference or 0) for one in documents),
        "time_of_reference": sum(one.seconds for one in documents)
        / max(sum(one.reference_seconds for one in documents), 1e-9),
        "slowest": [
            {
                "file": one.file,
                "of_median": round(one.seconds / median, 1),
                "of_feedparser": round(one.seconds / one.reference_seconds, 2),
            }
            for one in slowest
        ],
    }


def _as_json(documents: list[Document], served: ServedFeeds, required: dict[str, bool]) -> dict[str, Any]:
    plain = [asdict(one) for one in documents]
    for one in plain:
        del one["seconds"], one["reference_seconds"]
    return {"summary": _summary(documents), "documents": plain, "served": asdict(served), "required": required}


def _show(documents: list[Document], served: ServedFeeds, required: dict[str, bool]) -> None:
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 140)
    summary = _summary(documents)
    not_read = summary["documents"] - summary["read"]
    console.print(
        f"{summary['documents']} feed documents: {summary['read']} read, {not_read} not; "
        f"{summary['entries']} entries, {sum(summary['skipped'].values())} skipped\n"
        f"feedparser alone: {summary['reference_entries']} entries, raised on {summary['reference_raised']}; "
        f"same count in {summary['same_count']}, more here in {summary['more']}, fewer in {summary['fewer']}\n"
        f"time for all: {summary['time_of_reference']:.2f} times that of feedparser alone\n"
    )
    reasons = _table("reasons", "what", "reason", "count")
    for what, counts in (("document not read", summary["failures"]), ("entry skipped", summary["skipped"])):
        for reason, count in counts.items():
            reasons.add_row(what, reason, str(count))
    console.print(reasons)
    failed = _table("documents not read", "file", "reason", "detail", "entries by feedparser")
    for one in documents:
        if one.failure:
            failed.add_row(Text(one.file), one.failure, Text(one.detail), str(one.reference))
    console.print(failed)
    differing = _table("another number of entries than feedparser alone", "file", "entries", "skipped", "feedparser")
    for one in documents:
        if not one.failure and one.entries + one.skipped != one.reference:
            differing.add_row(Text(one.file), str(one.entries), str(one.skipped), str(one.reference))
    if differing.row_count:
        console.print(differing)
    slowest = _table("slowest documents", "file", "times the median", "times feedparser")
    for row in summary["slowest"]:
        slowest.add_row(*(Text(str(value)) for value in row.values()))
    console.print(slowest)
    _show_served(console, served)
    for sentence, met in required.items():
        console.print(Text(f"{'yes' if met else 'NO':>4}  {sentence}", style="" if met else "bold red"))


def _show_served(console: Console, served: ServedFeeds) -> None:
    read = sum(one.outcome == "read" for one in served.feeds)
    same = sum(one.entries == one.reference for one in served.feeds)
    console.print(
        f"\nover HTTP, one run of {served.seconds:.0f} s: {read} read, {len(served.feeds) - read} not; same number "
        f"of entries as feedparser in {same}; failures: {served.failures or 'none'}\n"
    )
    differing = _table(
        "over HTTP: failed, or another number of entries than feedparser alone",
        *("file", "Content-Type", "outcome", "entries", "feedparser"),
    )
    for one in served.feeds:
        if one.entries != one.reference or one.outcome != "read":
            end = f"{one.outcome} {one.reason}".strip()
            differing.add_row(Text(one.file), Text(one.content_type), end, str(one.entries), str(one.reference))
    if differing.row_count:
        console.print(differing)


def _table(title: str, *headings: str) -> Table:
    table = Table(title=title, title_justify="left")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table


if __name__ == "__main__":
    sys.exit(main())
