"""Five hundred broken pages in one run, beside the same pages as they are.

    python -m benchmarks.mutated_pages [--shared DIR] [--count 500] [--seed N] [--json]

DIR holds `pages/`, real pages. Each of the mutations of `benchmarks.mutations` is applied to one page after the
other; all are served over HTTP, feeds of a hundred items list them, and one `spywatch run` reads them.
The same number of pages, not broken, is read by another run, for its time.

Ends with 0 where the run did not crash, its books balance, each page is in exactly one state and the time stays
within the limits, with 1 where not, and with 3 where DIR was named and does not hold the data.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.status import Status
from rich.table import Table
from rich.text import Text

from benchmarks import NOT_AS_REQUIRED, find_data
from benchmarks.desk import CommandFailed, Desk, fitted_models
from benchmarks.document_server import HOST, Document, feed_of, serving, write_site
from benchmarks.mutations import MUTATIONS, Mutated, mutate

ITEMS_A_FEED = 100
TIME_LIMIT = 20.0
"""Seconds for one page, the setting's default."""
MOST_TIMES = 5
"""How many times as long as the plain run the broken pages may take: some are read in a second try only."""
_ENTRIES = "SELECT url, state, reason, detail, due_at IS NOT NULL AS waiting FROM entries"


@dataclass(slots=True, kw_only=True)
class Findings:
    """What the two runs came to.

    Attributes:
        seconds, plain_seconds: of the run over the broken pages, and over the same pages as they are.
        report: of the first; empty if it crashed, `crash` then says how.
        ends: outcomes with their counts, by mutation.
        set_aside: pages that a limit or a dying worker ended, with the reason.
    """

    pages: int
    seconds: float
    plain_seconds: float
    report: dict[str, Any]
    crash: str
    ends: dict[str, dict[str, int]]
    set_aside: list[dict[str, str]]
    required: dict[str, bool] = field(default_factory=dict)

    @property
    def ratio(self) -> float:
        """How many times as long the broken pages took."""
        return self.seconds / max(self.plain_seconds, 1e-9)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; the exit code is told above."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--shared", type=Path, metavar="DIR", help="folder with pages/; default ../shared")
    parser.add_argument("--count", type=int, default=500, help="how many broken pages; default 500")
    parser.add_argument("--seed", type=int, default=20261122, help="what chance begins with")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="write pages and databases there")
    parser.add_argument("--json", action="store_true", help="print everything as JSON instead of tables")
    chosen = parser.parse_args(arguments)
    data = find_data(chosen.shared, "pages/html")
    if isinstance(data, int):
        return data
    files = sorted((data / "pages" / "html").glob("*.html.gz"))
    bodies = [gzip.decompress(file.read_bytes()) for file in files]
    with tempfile.TemporaryDirectory(prefix="mutated-") as temporary:
        found = measure(bodies, chosen.keep or Path(temporary), chosen.count, chosen.seed)
    if chosen.json:
        print(json.dumps(asdict(found) | {"ratio": found.ratio}, ensure_ascii=False, indent=1))
    else:
        _show(found)
    return 0 if all(found.required.values()) else NOT_AS_REQUIRED


def measure(bodies: Sequence[bytes], folder: Path, count: int, seed: int, cache: Path | None = None) -> Findings:
    """Break so many of these pages and read them, and as many as they are."""
    taken = list(islice(cycle(bodies), count))
    names = list(islice(cycle(MUTATIONS), count))
    broken = [
        mutate(body, name, random.Random(f"{seed}-{place}"))
        for place, (body, name) in enumerate(zip(taken, names, strict=True))
    ]
    models = fitted_models(cache or folder / "models")
    seconds, report, crash, rows = _read(broken, folder / "broken", models, "broken pages")
    plain_seconds, _, plain_crash, _ = _read(
        [Mutated(body) for body in taken], folder / "plain", models, "plain pages"
    )
    number = {row["url"]: int(row["url"].rpartition("/")[2]) for row in rows}
    ends: dict[str, Counter[str]] = {}
    for row in rows:
        end = f"{row['state']}: {row['reason']}" if row["reason"] else str(row["state"])
        ends.setdefault(names[number[row["url"]]], Counter())[end] += 1
    hit = [row for row in rows if row["reason"] in {"time_limit", "memory_limit", "worker_died", "internal_error"}]
    found = Findings(
        pages=count,
        seconds=seconds,
        plain_seconds=plain_seconds,
        report=report,
        crash=crash or plain_crash,
        ends={name: dict(counter.most_common()) for name, counter in ends.items()},
        set_aside=[
            {
                "page": row["url"].rpartition("/")[2],
                "mutation": names[number[row["url"]]],
                "reason": row["reason"],
                "detail": row["detail"] or "",
            }
            for row in hit
        ],
    )
    workers = min(os.cpu_count() or 1, 4)
    allowed = (
        MOST_TIMES * plain_seconds
        + sum(row["reason"] == "time_limit" for row in hit) * 2 * TIME_LIMIT / workers
        + 30.0
    )
    found.required = {
        "neither run crashed": not found.crash,
        "the books balance": bool(report.get("balanced")),
        "every page was seen": report.get("seen") == count,
        "each page is in exactly one state": sorted(number.values()) == list(range(count)) and len(rows) == count,
        "none is left without an end or a time to try again": all(
            row["state"] != "due" or row["waiting"] for row in rows
        ),
        f"the time is bounded ({MOST_TIMES} times the plain run, and what pages set aside may take)": seconds
        <= allowed,
    }
    return found


def _read(
    pages: Sequence[Mutated], folder: Path, models: Path, what: str
) -> tuple[float, dict[str, Any], str, list[dict[str, Any]]]:
    """Serve and read pages: seconds, the run's report, what it said when it crashed, and the rows of its entries."""
    site = folder / "site"
    write_site(site, [Document(f"/page/{n}", page.body, _headers(page)) for n, page in enumerate(pages)])
    desk = Desk(
        folder / "db",
        {
            "CACHE": str(models),
            "ALLOWED_PRIVATE_HOSTS": HOST,
            "HOST_DELAY_SECONDS": "0",
            "HOST_CONCURRENCY": "8",
            "EXTRACT_TIME_LIMIT_SECONDS": f"{TIME_LIMIT:g}",
        },
    )
    with serving(site) as base, Status(f"reading {len(pages)} {what}", console=Console(stderr=True)):
        feeds = []
        for start in range(0, len(pages), ITEMS_A_FEED):
            links = [f"{base}/page/{n}" for n in range(start, min(start + ITEMS_A_FEED, len(pages)))]
            feeds.append(Document(f"/feed/{start}", feed_of(f"Pages {start}", links), _RSS))
        write_site(site, feeds)
        register = folder / "feeds.toml"
        register.write_text("".join(f'[[feeds]]\nurl = "{base}{feed.path}"\n' for feed in feeds), encoding="utf-8")
        began = time.monotonic()
        try:
            report = desk.run(register)
        except CommandFailed as error:
            return time.monotonic() - began, {}, str(error), []
        seconds = time.monotonic() - began
    return seconds, report, "", desk.ask(_ENTRIES)


_RSS = (("Content-Type", "application/rss+xml"),)


def _headers(page: Mutated) -> tuple[tuple[str, str], ...]:
    return (("Content-Type", page.media_type),) if page.media_type else ()


def _show(found: Findings) -> None:
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
    console.print(
        f"{found.pages} broken pages: {found.seconds:.0f} s; the same pages as they are: "
        f"{found.plain_seconds:.0f} s; {found.ratio:.2f} times as long\n"
    )
    if found.crash:
        console.print(Text(found.crash, style="bold red"))
    table = Table(title="what became of the broken pages", title_justify="left")
    for heading in ("mutation", "outcome"):
        table.add_column(heading, overflow="fold")
    for name, ends in found.ends.items():
        table.add_row(name, Text(", ".join(f"{end} {count}" for end, count in ends.items())))
    console.print(table)
    if found.set_aside:
        table = Table(title="pages that were set aside", title_justify="left")
        for heading in found.set_aside[0]:
            table.add_column(heading, overflow="fold")
        for row in found.set_aside:
            table.add_row(*(Text(value) for value in row.values()))
        console.print(table)
    for sentence, met in found.required.items():
        console.print(Text(f"{'yes' if met else 'NO':>4}  {sentence}", style="" if met else "bold red"))


if __name__ == "__main__":
    sys.exit(main())
