"""Five hundred feeds on two hundred hosts, one in five failing in every way there is: does the run keep its manners?

    python -m benchmarks.load [--feeds 500] [--hosts 200] [--items 2] [--failing 0.2] [--seed N] [--json]

A server process of its own listens on a loopback address for each host (this needs Linux) and logs when each
connection and each request began and ended. Some hosts refuse connections, let none come about, or say nothing; feeds
and pages of the others fail as `benchmarks.hostile_answers` lists; some have a robots.txt that forbids, fails or asks
for pauses. One `spywatch run` reads it all, with time-outs shortened so that it ends in minutes: 2 s to connect, 3 s
of silence, 8 s altogether; 0.2 s between two requests to one host, 2 requests at once to a host, 32 to all of them.

Ends with 0 where the books balance, every feed and page is accounted for and the server's log shows that the limits
were kept, else with 1.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.status import Status
from rich.table import Table
from rich.text import Text

from benchmarks import NOT_AS_REQUIRED, PROJECT
from benchmarks.desk import Desk, clean_environment, fitted_models
from benchmarks.load_log import Figures, figures
from benchmarks.load_plan import READABLE, Plan, counted, draw

SETTINGS = {
    "CONNECT_TIMEOUT_SECONDS": "2",
    "READ_TIMEOUT_SECONDS": "3",
    "TOTAL_TIMEOUT_SECONDS": "8",
    "HOST_DELAY_SECONDS": "0.2",
    "HOST_CONCURRENCY": "2",
    "CONNECTIONS": "32",
    "MAX_FEED_BYTES": "2000000",
    "MAX_PAGE_BYTES": "2000000",
    "EXTRACT_TIME_LIMIT_SECONDS": "5",
    "ALLOWED_PRIVATE_HOSTS": "127.0.0.0/8",
}
_POLLS = """
SELECT f.url, p.outcome, p.reason FROM feeds f LEFT JOIN polls p USING (feed_id) ORDER BY f.url
"""
_ENTRIES = "SELECT url, state, reason FROM entries"


@dataclass(slots=True, kw_only=True)
class Findings:
    """What one run came to.

    Attributes:
        seconds: of the whole command.
        report: as the run gave it.
        feeds, pages: outcomes with their counts, by what was wrong.
        reasons: failures of feeds and pages by "stage/reason".
        timed_out: share of the feeds and pages that ended in a time-out.
        figures: what the server's log says.
    """

    seconds: float
    report: dict[str, Any]
    feeds: dict[str, dict[str, int]]
    pages: dict[str, dict[str, int]]
    reasons: dict[str, int]
    timed_out: float
    figures: Figures
    required: dict[str, bool] = field(default_factory=dict)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; the exit code is told above."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--feeds", type=int, default=500, help="how many feeds; default 500")
    parser.add_argument("--hosts", type=int, default=200, help="on how many hosts; default 200")
    parser.add_argument("--items", type=int, default=2, help="pages a feed; default 2")
    parser.add_argument("--failing", type=float, default=0.2, help="share of feeds and pages that fail; default 0.2")
    parser.add_argument("--seed", type=int, default=20261122, help="what chance begins with")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="write the server's log and the database there")
    parser.add_argument("--json", action="store_true", help="print everything as JSON instead of tables")
    chosen = parser.parse_args(arguments)
    plan = draw(feeds=chosen.feeds, hosts=chosen.hosts, items=chosen.items, failing=chosen.failing, seed=chosen.seed)
    with tempfile.TemporaryDirectory(prefix="load-") as temporary, _waiting(plan):
        found = measure(plan, chosen.keep or Path(temporary), SETTINGS)
    if chosen.json:
        print(json.dumps(asdict(found), ensure_ascii=False, indent=1))
    else:
        _show(plan, found)
    return 0 if all(found.required.values()) else NOT_AS_REQUIRED


def measure(plan: Plan, folder: Path, settings: Mapping[str, str], cache: Path | None = None) -> Findings:
    """One run over a plan.

    Args:
        plan: which host does what.
        folder: for the database, the server's log and everything else.
        settings: of the run, by their names without the prefix, in capitals.
        cache: folder of fitted models; made if None.

    Raises:
        CommandFailed: the run crashed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    settings = {"CACHE": str(fitted_models(cache or folder / "models")), **settings}
    desk = Desk(folder / "db", settings)
    register = folder / "feeds.toml"
    register.write_text("".join(f'[[feeds]]\nurl = "{url}"\n' for url in plan.feed_urls), encoding="utf-8")
    with _serving(plan, folder) as log:
        began = time.monotonic()
        report = desk.run(register)
        seconds = time.monotonic() - began
    polls, entries = desk.ask(_POLLS), desk.ask(_ENTRIES)
    found = Findings(
        seconds=seconds,
        report=report,
        feeds=_by_way(plan.feed_urls, [(row["url"], row["reason"] or row["outcome"]) for row in polls]),
        pages=_by_way(plan.page_urls, [(row["url"], _end(row)) for row in entries]),
        reasons=report["failures"],
        timed_out=_timed_out(report),
        figures=figures(log, plan, float(settings["HOST_DELAY_SECONDS"])),
    )
    found.required = _required(plan, found, polls, entries, settings)
    return found


def _end(row: Mapping[str, Any]) -> str:
    return f"{row['state']}: {row['reason']}" if row["reason"] else str(row["state"])


def _by_way(ways: Mapping[str, str], ends: Sequence[tuple[str, str]]) -> dict[str, dict[str, int]]:
    counts: dict[str, Counter[str]] = {}
    for url, end in ends:
        counts.setdefault(ways.get(url, "not in the plan"), Counter())[end] += 1
    return {way: dict(found.most_common()) for way, found in sorted(counts.items())}


def _timed_out(report: Mapping[str, Any]) -> float:
    failures = sum(count for name, count in report["failures"].items() if name.endswith("/timeout"))
    asked = report["feeds"]["ok"] + report["feeds"]["failed"] + report["stored"] + report["failed"]
    return float(failures / max(asked, 1))


def _required(
    plan: Plan,
    found: Findings,
    polls: Sequence[Mapping[str, Any]],
    entries: Sequence[Mapping[str, Any]],
    settings: Mapping[str, str],
) -> dict[str, bool]:
    report, log = found.report, found.figures
    read = {row["url"] for row in polls if row["outcome"] == "read" and plan.feed_urls[row["url"]] in READABLE}
    listed = {
        f"http://{host}:{plan.port}{link}"
        for host, paths in plan.feeds_at.items()
        for path, number in paths.items()
        for link in plan.links[str(number)]
        if f"http://{host}:{plan.port}{path}" in read
    }
    urls = Counter(row["url"] for row in entries)
    well = [row for row in polls if plan.feed_urls[row["url"]] == "good"]
    delay = float(settings["HOST_DELAY_SECONDS"])
    return {
        "the books balance": bool(report["balanced"]),
        "each feed was polled once, or rested with its host": Counter(row["url"] for row in polls)
        == Counter(plan.feed_urls.keys()),
        "every feed that is well was read, unless its host rested": all(
            row["outcome"] == "read" or row["reason"] == "host_resting" for row in well
        ),
        "each page of each feed read is in exactly one state": urls == Counter(listed),
        "no entry was left without an end or a time to try again": report["seen"] == len(entries),
        "never more requests at once to a host than allowed": log.most_at_host <= int(settings["HOST_CONCURRENCY"]),
        "never more requests at once than allowed": log.most_at_once <= int(settings["CONNECTIONS"]),
        "never more open connections than allowed": log.most_connections <= int(settings["CONNECTIONS"]),
        f"two requests to a host began at least {delay:g} s apart": log.short_gaps == 0,
        "no page that robots.txt forbids was asked for": log.forbidden == 0,
        "no host was asked again that had asked for a rest": log.after_rest == 0,
    }


@contextmanager
def _serving(plan: Plan, folder: Path) -> Iterator[Path]:
    """The server process; yields its log."""
    file, log = folder / "plan.json", folder / "server.jsonl"
    plan.write(file)
    command = [sys.executable, "-m", "benchmarks.hostile_server", str(file), str(log)]
    with subprocess.Popen(command, cwd=PROJECT, env=clean_environment(), stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            if server.stdout.readline().strip() != "ready":
                raise RuntimeError("the hostile server did not start")
            yield log
        finally:
            server.terminate()


def _waiting(plan: Plan) -> Status:
    words = f"one run over {len(plan.feed_urls)} feeds on {len(plan.hosts)} hosts"
    return Status(words, console=Console(stderr=True))


def _show(plan: Plan, found: Findings) -> None:
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
    report = found.report
    console.print(
        f"{len(plan.feed_urls)} feeds on {len(plan.hosts)} hosts, {plan.failing_feeds} of them failing: "
        f"{found.seconds:.0f} s; {report['feeds']['ok']} feeds read, {report['feeds']['failed']} failed; "
        f"{report['seen']} entries = {report['stored']} stored + {report['linked']} linked + "
        f"{report['failed']} failed + {report['dropped']} dropped\n"
    )
    for title, ways, counts in (
        ("feeds", counted(plan.feed_urls), found.feeds),
        ("pages", counted(plan.page_urls), found.pages),
    ):
        table = Table(title=f"{title}: what was wrong, and what it came to", title_justify="left")
        for heading in ("what", "count", "outcome"):
            table.add_column(heading, justify="right" if heading == "count" else "left", overflow="fold")
        for way, ends in counts.items():
            table.add_row(way, str(ways[way]), Text(", ".join(f"{end} {count}" for end, count in ends.items())))
        console.print(table)
    table = Table(title="what the server's log says", title_justify="left")
    table.add_column("figure")
    table.add_column("value", justify="right")
    for what, value in found.figures.rows():
        table.add_row(what, value)
    table.add_row("share of feeds and pages that timed out", f"{found.timed_out:.1%}")
    console.print(table)
    for sentence, met in found.required.items():
        console.print(Text(f"{'yes' if met else 'NO':>4}  {sentence}", style="" if met else "bold red"))


if __name__ == "__main__":
    sys.exit(main())
