"""What the hostile server's log proves: how many requests at once, how far apart, and what was never asked for."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from benchmarks.load_plan import PRIVATE, Plan

TOLERANCE = 0.005
"""Seconds that timers, and the way from the client's clock to the server's, may be off."""
_RESTING = {"429, wait", "503, wait", "503, wait until"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The figures; times in seconds.

    Attributes:
        requests, hosts: how many requests to how many hosts.
        most_at_host: most requests that were open at one host at a moment.
        most_at_once: the same over all hosts.
        most_connections: most connections that were open at a moment, idle ones included.
        shortest_gap: shortest time between the beginnings of two requests to one host.
        gap_percentile: one gap in a hundred is shorter than this.
        gap_median: one in two is.
        short_gaps, gaps: how many are shorter than the pause by more than the tolerance, of how many.
        crawl_gap: shortest gap between pages of hosts whose robots.txt asks for a crawl-delay.
        forbidden: requests for pages that robots.txt forbids.
        after_rest: requests to a host after it had asked for a rest.
    """

    requests: int
    hosts: int
    most_at_host: int
    most_at_once: int
    most_connections: int
    shortest_gap: float
    gap_percentile: float
    gap_median: float
    short_gaps: int
    gaps: int
    crawl_gap: float
    forbidden: int
    after_rest: int

    def rows(self) -> Iterable[tuple[str, str]]:
        """The figures in words."""
        return (
            ("requests", str(self.requests)),
            ("hosts asked", str(self.hosts)),
            ("most requests at once to one host", str(self.most_at_host)),
            ("most requests at once", str(self.most_at_once)),
            ("most connections open at once, idle ones too", str(self.most_connections)),
            ("shortest time between two requests to one host, ms", f"{self.shortest_gap * 1000:.1f}"),
            ("the same, one in a hundred is shorter, ms", f"{self.gap_percentile * 1000:.1f}"),
            ("the same, one in two is shorter, ms", f"{self.gap_median * 1000:.1f}"),
            ("too short by more than 5 ms", f"{self.short_gaps} of {self.gaps}"),
            ("shortest time where robots.txt asks for 400 ms", f"{self.crawl_gap * 1000:.1f}"),
            ("requests that robots.txt forbids", str(self.forbidden)),
            ("requests to a host that had asked for a rest", str(self.after_rest)),
        )


def figures(log: Path, plan: Plan, delay: float) -> Figures:
    """Read the server's log.

    Args:
        log: its file.
        plan: what the server did.
        delay: pause between two requests to a host that was asked for, in seconds.
    """
    events = [json.loads(line) for line in log.read_text("utf-8").splitlines() if line.endswith("}")]
    starts: dict[str, list[float]] = {}
    crawl: list[float] = []
    forbidden = after_rest = 0
    resting: dict[str, float] = {}
    for event in events:
        host, path = event["host"], event.get("path", "").partition("?")[0]
        if event["what"] == "start":
            starts.setdefault(host, []).append(event["at"])
            forbidden += _forbidden(plan, host, path)
            after_rest += host in resting and event["at"] > resting[host] + TOLERANCE
        elif event["what"] == "end" and plan.ways.get(host, {}).get(path) in _RESTING:
            resting.setdefault(host, event["at"])
    for host, kind in plan.robots_kind.items():
        asked = [event for event in events if event["what"] == "start" and event["host"] == host]
        pages = [event["at"] for event in asked if event["path"].startswith(("/page/", PRIVATE))]
        if kind == "crawl-delay":
            crawl += [later - earlier for earlier, later in pairwise(pages)]
    gaps = sorted(later - earlier for times in starts.values() for earlier, later in pairwise(times))
    return Figures(
        requests=sum(map(len, starts.values())),
        hosts=len(starts),
        most_at_host=max((_most([event for event in events if event["host"] == host]) for host in starts), default=0),
        most_at_once=_most(events),
        most_connections=_most(events, "open", "close"),
        shortest_gap=gaps[0] if gaps else float("inf"),
        gap_percentile=gaps[len(gaps) // 100] if gaps else float("inf"),
        gap_median=gaps[len(gaps) // 2] if gaps else float("inf"),
        short_gaps=sum(gap < delay - TOLERANCE for gap in gaps),
        gaps=len(gaps),
        crawl_gap=min(crawl, default=float("inf")),
        forbidden=forbidden,
        after_rest=after_rest,
    )


def _forbidden(plan: Plan, host: str, path: str) -> bool:
    kind = plan.robots_kind[host]
    if kind == "server error":
        return path.startswith(("/page/", PRIVATE))
    return kind in {"disallow", "long"} and path.startswith(PRIVATE)


def _most(events: Iterable[dict[str, object]], begins: str = "start", ends: str = "end") -> int:
    """Most open at a moment. The server may notice an end a little late, after the next beginning."""
    changes: list[tuple[float, int]] = []
    began: dict[object, float] = {}
    for event in events:
        at, connection = float(str(event["at"])), event["connection"]
        if event["what"] == begins:
            began[connection] = at
            changes.append((at, -1))
        elif event["what"] == ends and connection in began:
            changes.append((max(at - TOLERANCE, began.pop(connection)), 1))
    now = most = 0
    for _, change in sorted(changes):  # of the same moment, beginnings first
        now -= change
        most = max(most, now)
    return most
