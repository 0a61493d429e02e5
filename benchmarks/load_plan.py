"""Which host of the load measurement does what: drawn from a seed, written down for the server as JSON."""

from __future__ import annotations

import json
import random
import socket
from collections import Counter
from dataclasses import asdict, dataclass, field
from itertools import cycle
from pathlib import Path

from benchmarks.hostile_answers import FEED_WAYS, GOOD, MOVED, PAGE_WAYS, WELL, Way

REFUSING, DEAF, SILENT = "refuses connections", "no connection comes about", "connects and says nothing"
TROUBLES = (REFUSING, DEAF, SILENT)
"""What can be wrong with a whole host."""
ROBOTS = {
    "none": "",
    "disallow": "User-agent: *\nDisallow: /private/\n",
    "server error": "",
    "crawl-delay": "User-agent: *\nCrawl-delay: 0.4\n",
    "HTML": "<!doctype html><title>Welcome</title><p>No robots here.</p>",
    "long": "# nothing\n" * 40_000 + "User-agent: *\nDisallow: /private/\n" + "# nothing\n" * 20_000,
}
PRIVATE = "/private/"
_MOVED = "moved for good"
READABLE = {GOOD, _MOVED}


@dataclass(slots=True, kw_only=True)
class Plan:
    """What every host does.

    Attributes:
        port: of all hosts.
        hosts: their addresses.
        trouble: what is wrong with whole hosts, by address.
        ways: what is wrong with a path, by host and path; `good` where nothing is.
        feeds_at: number of each feed by host and path.
        links: paths of the pages of each feed, by its number.
        robots: text of robots.txt by host; `robots_kind` says which sort it is.
    """

    port: int
    hosts: list[str]
    trouble: dict[str, str] = field(default_factory=dict)
    ways: dict[str, dict[str, str]] = field(default_factory=dict)
    feeds_at: dict[str, dict[str, int]] = field(default_factory=dict)
    links: dict[str, list[str]] = field(default_factory=dict)
    robots: dict[str, str] = field(default_factory=dict)
    robots_kind: dict[str, str] = field(default_factory=dict)

    @staticmethod
    def read(file: Path) -> Plan:
        """A plan that `write` wrote."""
        return Plan(**json.loads(file.read_text("utf-8")))

    def write(self, file: Path) -> None:
        """Write it down."""
        file.write_text(json.dumps(asdict(self)), encoding="utf-8")

    @property
    def feed_urls(self) -> dict[str, str]:
        """What is wrong with each feed (`good` for nothing), by its address."""
        return {
            f"http://{host}:{self.port}{path}": self.trouble.get(host) or self.ways[host][path]
            for host, paths in self.feeds_at.items()
            for path in paths
        }

    @property
    def page_urls(self) -> dict[str, str]:
        """The same for the pages of all feeds."""
        return {
            f"http://{host}:{self.port}{link}": self.trouble.get(host) or self.ways[host].get(link, GOOD)
            for host, paths in self.feeds_at.items()
            for number in paths.values()
            for link in self.links[str(number)]
        }

    @property
    def failing_feeds(self) -> int:
        """How many feeds do not give their document."""
        return sum(way not in READABLE for way in self.feed_urls.values())


def draw(*, feeds: int, hosts: int, items: int, failing: float, seed: int) -> Plan:
    """Draw a plan.

    Args:
        feeds, hosts: how many.
        items: pages a feed.
        failing: share of feeds, and of pages, that fail.
        seed: of chance.
    """
    chance = random.Random(seed)
    addresses = [f"127.0.{1 + number // 250}.{1 + number % 250}" for number in range(hosts)]
    plan = Plan(port=free_port(addresses), hosts=addresses)
    many = max(len(TROUBLES), round(hosts * failing / 5))
    troubled = chance.sample(addresses, many)
    plan.trouble = dict(zip(troubled, cycle(TROUBLES), strict=False))
    places = [addresses[number % hosts] for number in range(feeds)]
    to_fail = round(feeds * failing) - sum(host in plan.trouble for host in places)
    healthy = [number for number, host in enumerate(places) if host not in plan.trouble]
    ill = dict(zip(chance.sample(healthy, to_fail + to_fail // 10), cycle([*FEED_WAYS, _MOVED]), strict=False))
    page_ways = cycle(chance.sample([*PAGE_WAYS], len(PAGE_WAYS)))
    for number, host in enumerate(places):
        path = f"/feed/{number}.xml"
        plan.feeds_at.setdefault(host, {})[path] = number
        ways = plan.ways.setdefault(host, {})
        ways[path] = ill.get(number, GOOD)
        links = []
        for place in range(items):
            private = chance.random() < 0.05
            link = f"{PRIVATE if private else '/page/'}{number}/{place}"
            ways[link] = next(page_ways) if not private and chance.random() < failing else GOOD
            links.append(link)
        plan.links[str(number)] = links
    kinds = cycle(["none"] * 8 + [*ROBOTS])
    for host in addresses:
        plan.robots_kind[host] = next(kinds)
        plan.robots[host] = ROBOTS[plan.robots_kind[host]]
    return plan


def free_port(addresses: list[str]) -> int:
    """A port that is free on all of these addresses.

    Raises:
        OSError: this machine has no such addresses; only Linux answers on all of 127.0.0.0/8 by itself.
    """
    for _ in range(50):
        with socket.socket() as probe:
            probe.bind((addresses[0], 0))
            port = int(probe.getsockname()[1])
        try:
            for address in addresses:
                with socket.socket() as other:
                    other.bind((address, port))
        except OSError:
            continue
        return port
    raise OSError("no port is free on all addresses of 127.0.0.0/8 that are wanted; this needs Linux")


def way_of(plan: Plan, host: str, path: str) -> Way:
    """How a path is answered."""
    plain = path.partition("?")[0]
    if plain == "/robots.txt":
        kind = plan.robots_kind[host]
        return {"none": FEED_WAYS["404"], "server error": FEED_WAYS["500"]}.get(kind, WELL)
    name = plan.ways.get(host, {}).get(plain, "404")
    if name == GOOD:
        return WELL
    if name == _MOVED:
        return MOVED
    return FEED_WAYS[name] if plain in plan.feeds_at.get(host, {}) else PAGE_WAYS[name]


def counted(values: dict[str, str]) -> Counter[str]:
    """How often each way is used."""
    return Counter(values.values())
