"""What the hostile server's log proves: how many requests at once, how far apart, and what was never asked for."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks.load_plan import PRIVATE, Plan

TOLERANCE = 0.005
"""Seconds that timers, and the way from the client's clock to the server's, may be off."""
_NOTED = 0.001
"""Seconds after a late moment in which what had waited is noted down."""
CRAWL = "crawl-delay"
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
        latest: how late the server itself was at worst, since the machine had no time for it.
        gap_percentile, gap_median: one gap in a hundred, and one in two, is shorter than this.
        shortest_sure: the shortest time, with the first request taken to have begun as early as it may have: with its
            connection, and by as much earlier as the server was late.
        short_gaps, gaps: how many of these are shorter than the pause by more than the tolerance, of how many.
        crawl_gap: the same between pages of hosts whose robots.txt asks for a crawl-delay.
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
    shortest_sure: float
    short_gaps: int
    gaps: int
    latest: float
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
            ("the server itself was late by at most, ms", f"{self.latest * 1000:.1f}"),
            ("shortest time if that and the connection are allowed for, ms", f"{self.shortest_sure * 1000:.1f}"),
            ("too short by more than 5 ms even so", f"{self.short_gaps} of {self.gaps}"),
            ("the same where robots.txt asks for 400 ms", f"{self.crawl_gap * 1000:.1f}"),
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
    late = [(event["at"] - event["seconds"], event["at"]) for event in events if event["what"] == "late"]
    events = [event for event in events if event["what"] != "late"]
    begun = _beginnings(events, late)
    gaps, sure = [], []
    crawl: list[float] = []
    for host, times in begun.items():
        for first, second in pairwise(times):
            gaps.append(second.noted - first.noted)
            sure.append(second.noted - first.earliest)
            if plan.robots_kind[host] == CRAWL and second.page and first.page:
                crawl.append(second.noted - first.earliest)
    forbidden = after_rest = 0
    resting: dict[str, float] = {}
    for event in events:
        host, path = event["host"], event.get("path", "").partition("?")[0]
        if event["what"] == "start":
            forbidden += _forbidden(plan, host, path)
            after_rest += host in resting and event["at"] > resting[host] + TOLERANCE
        elif event["what"] == "end" and plan.ways.get(host, {}).get(path) in _RESTING:
            resting.setdefault(host, event["at"])
    gaps.sort()
    return Figures(
        requests=sum(map(len, begun.values())),
        hosts=len(begun),
        most_at_host=max((_most([event for event in events if event["host"] == host]) for host in begun), default=0),
        most_at_once=_most(events),
        most_connections=_most(events, "open", "close"),
        latest=max((end - start for start, end in late), default=0.0),
        gaps=len(gaps),
        shortest_gap=gaps[0] if gaps else float("inf"),
        gap_percentile=gaps[len(gaps) // 100] if gaps else float("inf"),
        gap_median=gaps[len(gaps) // 2] if gaps else float("inf"),
        shortest_sure=min(sure, default=float("inf")),
        short_gaps=sum(gap < delay - TOLERANCE for gap in sure),
        crawl_gap=min(crawl, default=float("inf")),
        forbidden=forbidden,
        after_rest=after_rest,
    )


@dataclass(frozen=True, slots=True)
class _Beginning:
    """A request: when the server noted it, and when it may have begun at the earliest, if the server was late."""

    noted: float
    earliest: float
    page: bool


def _beginnings(events: Iterable[dict[str, Any]], late: list[tuple[float, float]]) -> dict[str, list[_Beginning]]:
    """The requests by host. The first request on a connection begins with the connection: that is when the client
    starts it, however long it takes until the request is out."""
    opened: dict[int, float] = {}
    begun: dict[str, list[_Beginning]] = {}
    for event in events:
        if event["what"] == "open":
            opened[event["connection"]] = event["at"]
        elif event["what"] == "start":
            began = opened.pop(event["connection"], event["at"])
            earliest = min([began, *(start for start, end in late if start <= began <= end + _NOTED)])
            page = event["path"].startswith(("/page/", PRIVATE))
            begun.setdefault(event["host"], []).append(_Beginning(event["at"], earliest, page))
    return begun


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
