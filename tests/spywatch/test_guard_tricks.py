"""Ways of making spywatch connect to where it must not. Whoever is at the other end counts connections: none.

Each trick is tried twice: as an address, with nothing allowed, and as a redirect from a server that alone is allowed.
No look-up leaves the machine; `NAMES` is all that the name server knows.
"""

from __future__ import annotations

import itertools
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from spywatch.guard import AllowedHosts
from spywatch.records import Failure, Reason
from spywatch.robots import Robots
from spywatch.web import Answer, Web
from tests.spywatch.conftest import Site, ask, manners, resolver, send

PUBLIC = "203.0.114.10"  # handed out; never connected to here, because of its company
NAMES: dict[str, str | list[str]] = {
    "localhost": ["127.0.0.1", "::1"],
    "localhost.": ["127.0.0.1", "::1"],
    "inside.example": "127.0.0.1",
    "inside.example.": "127.0.0.1",
    "127.0.0.1.inside.example": "127.0.0.1",
    "xn--nside-xcc.example": "127.0.0.1",
    "inside6.example": "::1",
    "mapped.example": "::ffff:127.0.0.1",
    "zone.example": "fe80::1%lo",
    "last.example": [PUBLIC, "127.0.0.1"],
    "first.example": ["127.0.0.1", PUBLIC],
    "among6.example": [PUBLIC, "2606:4700::1111", "::1"],
    "metadata.example": "169.254.169.254",
    "null.example": "0.0.0.0",
    "office.example": "10.1.2.3",
}
REACHING = [  # each of these does lead to the server where everything is allowed
    "http://127.0.0.1:{port}/",
    "HTTP://127.0.0.1:{port}",
    "http://127.1:{port}/",
    "http://127.0.1:{port}/",
    "http://2130706433:{port}/",
    "http://0x7f000001:{port}/",
    "http://0x7F.0x0.0x0.0x1:{port}/",
    "http://0x7f.1:{port}/",
    "http://017700000001:{port}/",
    "http://0177.0x0.0.1:{port}/",
    "http://0.0.0.0:{port}/",
    "http://0:{port}/",
    "http://0x0:{port}/",
    "http://[::1]:{port}/",
    "http://[0:0:0:0:0:0:0:1]:{port}/",
    "http://[0000::0001]:{port}/",
    "http://[::0.0.0.1]:{port}/",
    "http://[::]:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://[::ffff:7f00:1]:{port}/",
    "http://[0:0:0:0:0:FFFF:127.0.0.1]:{port}/",
    "http://localhost:{port}/",
    "http://LOCALHOST:{port}/",
    "http://localhost.:{port}/",
    "http://127。0。0。1:{port}/",
    "http://inside.example:{port}/",
    "http://inside.example.:{port}/",
    "http://INSIDE.Example:{port}/",
    "http://127.0.0.1.inside.example:{port}/",
    "http://inside6.example:{port}/",
    "http://mapped.example:{port}/",
    "http://null.example:{port}/",
    "http://first.example:{port}/",
    "http://news.example@127.0.0.1:{port}/",
    "http://news.example:80@127.0.0.1:{port}/",
    "http://user:pass%40news.example@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}/#@news.example/",
    "http://127.0.0.1:{port}?@news.example/",
    "http://127.0.0.1:{port}/..;@news.example/",
    "http://news.example\\@127.0.0.1:{port}/",
    "http://127.0.0.1:0{port}/",
    "https://127.0.0.1:{port}/",
    "https://inside.example:{port}/",
]
OTHERS = [
    "http://127.0.0.1.:{port}/",
    "http://127.255.255.254:{port}/",
    "http://0177.0.0.1:{port}/",
    "http://１２７.０.０.１:{port}/",
    "http://①②⑦.⓪.⓪.①:{port}/",
    "http://ⓛocalhost:{port}/",
    "http://10.0.0.1:{port}/",
    "http://10.1:{port}/",
    "http://172.16.0.1:{port}/",
    "http://172.31.255.255:{port}/",
    "http://192.168.1.1:{port}/",
    "http://100.64.0.1:{port}/",
    "http://169.254.169.254/latest/meta-data/",
    "http://2852039166/latest/meta-data/",
    "http://0xA9FEA9FE/",
    "http://0251.0376.0251.0376/",
    "http://[::ffff:169.254.169.254]/",
    "http://[fd00:ec2::254]/latest/meta-data/",
    "http://100.100.100.200/latest/meta-data/",
    "http://192.0.0.192/opc/v2/",
    "http://168.63.129.16/machine/",
    "http://metadata.example/",
    "http://office.example/",
    "http://198.18.0.1/",
    "http://192.0.2.1/",
    "http://224.0.0.1/",
    "http://240.0.0.1/",
    "http://255.255.255.255/",
    "http://[::127.0.0.1]:{port}/",
    "http://[::ffff:0:127.0.0.1]:{port}/",
    "http://[64:ff9b::127.0.0.1]:{port}/",
    "http://[64:ff9b::a9fe:a9fe]/",
    "http://[64:ff9b:1::7f00:1]:{port}/",
    "http://[2002:7f00:1::]:{port}/",
    "http://[2002:a9fe:a9fe::1]/",
    "http://[2001:0:4136:e378:8000:63bf:80ff:fffe]:{port}/",
    "http://[2606:4700::5efe:127.0.0.1]:{port}/",
    "http://[fe80::1]:{port}/",
    "http://[fe80::1%25lo]:{port}/",
    "http://[::1%25lo]:{port}/",
    "http://[fc00::1]:{port}/",
    "http://[fec0::1]:{port}/",
    "http://[ff02::1]:{port}/",
    "http://[2001:db8::1]:{port}/",
    "http://zone.example:{port}/",
    "http://last.example:{port}/",
    "http://among6.example:{port}/",
    "http://%31%32%37.0.0.1:{port}/",
    "http://127%2e0%2e0%2e1:{port}/",
    "http://127.0.0.1%00.news.example:{port}/",
    "http://127.0.0.1%0a:{port}/",
    "http://127.0.0.1\t:{port}/",
    "http://127.0.\t0.1:{port}/",
    "http://127.0.0.1\\@news.example:{port}/",
    "http://127.0.0.1:{port}\\@news.example/",
    "http://[::1]@127.0.0.1:{port}@/",
    "http://[127.0.0.1]:{port}/",
    "http://256.256.256.256:{port}/",
    "http://127.0.0.1:{port}:80/",
    "http:///127.0.0.1:{port}/",
    "http:127.0.0.1:{port}/",
    "http:/127.0.0.1:{port}/",
    "http:\\\\127.0.0.1:{port}\\",
    "http://*:{port}/",
    "file:///etc/passwd",
    "file://localhost/etc/passwd",
    "ftp://127.0.0.1:{port}/",
    "gopher://127.0.0.1:{port}/_GET%20/",
    "dict://127.0.0.1:{port}/info",
    "ldap://127.0.0.1:{port}/",
    "ws://127.0.0.1:{port}/",
    "unix:///var/run/docker.sock",
    "http+unix://%2Fvar%2Frun%2Fdocker.sock/info",
    "data:text/html,<p>hello",
    "javascript:alert(1)",
    "jar:http://127.0.0.1:{port}/!/",
    "view-source:http://127.0.0.1:{port}/",
]
TRICKS = REACHING + OTHERS
CAUGHT = {Reason.PRIVATE_ADDRESS, Reason.BAD_URL, Reason.DNS, Reason.PROTOCOL}


class Victim:
    """Listens on both loopback addresses at one port and counts who comes."""

    def __init__(self, port: int = 0, addresses: tuple[str, ...] = ("127.0.0.1", "::1")) -> None:
        self.connections = 0
        self._listeners: list[socket.socket] = []
        for address in addresses:
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            listener = socket.create_server((address, port), family=family)
            port = int(listener.getsockname()[1])
            self._listeners.append(listener)
            threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        self.port = port

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            self.connections += 1
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nsecret")
            connection.close()

    def close(self) -> None:
        for listener in self._listeners:
            listener.close()


@pytest.fixture
def victim() -> Iterator[Victim]:
    for _ in range(20):  # the port that is free at one address may be taken at the other
        try:
            victim = Victim()
            break
        except OSError:
            continue
    yield victim
    victim.close()


def the_web(allowed: str, **options: Any) -> Web:
    hosts = AllowedHosts.parse(allowed)
    return Web(
        manners(allowed_private_hosts=hosts, connect_timeout=2.0, read_timeout=2.0),
        **{"lookup": resolver(NAMES), **options},
    )


def test_there_are_enough_of_them() -> None:
    assert len(TRICKS) >= 110
    assert len(set(TRICKS)) == len(TRICKS)


@pytest.mark.parametrize("trick", TRICKS)
async def test_no_address_gets_through(trick: str, victim: Victim) -> None:
    async with the_web("") as web:
        told = await ask(web, trick.format(port=victim.port))
    assert isinstance(told, Failure)
    assert told.reason in CAUGHT
    assert victim.connections == 0


@pytest.mark.parametrize("trick", TRICKS)
async def test_no_redirect_gets_through(trick: str, victim: Victim, site: Site) -> None:
    location = trick.format(port=victim.port).encode().decode("latin-1")
    site.paths["/"] = send(302, Location=location)
    async with the_web(f"127.0.0.1:{site.port}") as web:
        told = await ask(web, site.url + "/")
    assert victim.connections == 0
    assert isinstance(told, Failure)
    # What is no address of its own leads back to the server that is allowed, which has no such page.
    assert told.reason in CAUGHT | {Reason.NOT_FOUND, Reason.TOO_MANY_REDIRECTS}
    assert len(site.seen) >= 1


@pytest.mark.parametrize("trick", REACHING)
async def test_it_is_the_guard_that_stops_them(trick: str, victim: Victim) -> None:
    async with the_web("0.0.0.0/0, ::/0") as web:
        await ask(web, trick.format(port=victim.port))
    assert victim.connections == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_every_kind_of_redirect_is_looked_at_and_every_hop(victim: Victim, site: Site, status: int) -> None:
    site.paths["/"] = send(status, Location="/second")
    site.paths["/second"] = send(status, Location=f"//127.0.0.1:{site.port}/third")
    site.paths["/third"] = send(status, Location=f"http://127.0.0.1:{victim.port}/")
    async with the_web(f"127.0.0.1:{site.port}") as web:
        told = await ask(web, site.url + "/")
    assert isinstance(told, Failure)
    assert told.reason is Reason.PRIVATE_ADDRESS
    assert len(site.seen) == 3
    assert victim.connections == 0


async def test_a_name_that_changes_its_address_between_two_requests(site: Site) -> None:
    """127.0.0.1 stands for the public address here; what the name comes to later listens at the same port."""
    victim = Victim(site.port, ("::1",))
    site.paths["*"] = send(200, b"x")
    answers = itertools.chain(["127.0.0.1"], itertools.repeat("::1"))
    asked: list[str] = []

    def changing(host: str, port: int, **_: Any) -> list[tuple[Any, ...]]:
        asked.append(host)
        return [(0, 0, 0, "", (next(answers), port))]

    async with the_web("127.0.0.1/32", lookup=changing) as web:
        first = await ask(web, f"http://rebinding.example:{site.port}/")
        later = [await ask(web, f"http://rebinding.example:{site.port}/{number}") for number in range(3)]
    assert isinstance(first, Answer)
    assert {one.reason for one in later if isinstance(one, Failure)} == {Reason.PRIVATE_ADDRESS}
    assert (len(later), len(asked), len(site.seen), victim.connections) == (3, 4, 1, 0)
    victim.close()


async def test_a_name_is_looked_up_once_for_a_connection(site: Site) -> None:
    """Checked and connected to is the same answer: a second look-up in between could come to another."""
    site.paths["*"] = send(200, b"x")
    asked: list[str] = []

    def once(host: str, port: int, **_: Any) -> list[tuple[Any, ...]]:
        asked.append(host)
        return [(0, 0, 0, "", ("127.0.0.1", port))]

    async with the_web("127.0.0.1/32", lookup=once) as web:
        assert isinstance(await ask(web, f"http://once.example:{site.port}/"), Answer)
    assert asked == ["once.example"]


async def test_what_is_allowed_at_one_port_is_not_at_another(victim: Victim, site: Site) -> None:
    async with the_web(f"127.0.0.1:{site.port}, localhost:{site.port}") as web:
        for host in ("127.0.0.1", "localhost", "[::1]", "inside.example"):
            told = await ask(web, f"http://{host}:{victim.port}/")
            assert isinstance(told, Failure)
            assert told.reason is Reason.PRIVATE_ADDRESS
    assert victim.connections == 0


async def test_robots_txt_goes_through_the_same_door(victim: Victim, site: Site) -> None:
    site.paths["/robots.txt"] = send(302, Location=f"http://127.0.0.1:{victim.port}/robots.txt")
    async with the_web(f"127.0.0.1:{site.port}") as web:
        rules = Robots(web, now=datetime(2026, 5, 20, tzinfo=UTC))
        told = await rules.allows(site.url + "/news")
        await rules.allows(f"http://127.0.0.1:{victim.port}/news")
    assert told is not None
    assert told.reason is Reason.ROBOTS_UNREACHABLE
    assert victim.connections == 0


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "2130706433",
        "0x7f.1",
        "[::1]",
        "[::ffff:10.0.0.1]",
        "169.254.169.254",
        "localhost",
        "printer.localhost",
        "inside.example",
        "last.example",
        "office.example",
        "127。0。0。1",
    ],
)
async def test_before_a_proxy_is_asked(site: Site, monkeypatch: pytest.MonkeyPatch, scheme: str, host: str) -> None:
    monkeypatch.setenv(f"{scheme}_proxy", site.url)
    monkeypatch.delenv("no_proxy", raising=False)
    async with the_web("") as web:
        told = await ask(web, f"{scheme}://{host}/")
    assert isinstance(told, Failure)
    assert told.reason is Reason.PRIVATE_ADDRESS
    assert site.most_open == 0


async def test_a_proxy_is_handed_what_is_not_known_here(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.paths["http://news.example/a"] = send(302, Location="http://inside.example/")
    site.paths["http://news.example/b"] = send(200, b"x")
    monkeypatch.setenv("http_proxy", site.url)
    monkeypatch.delenv("no_proxy", raising=False)
    async with the_web("") as web:
        led_inside = await ask(web, "http://news.example/a")
        assert isinstance(await ask(web, "http://news.example/b"), Answer)
    assert isinstance(led_inside, Failure)
    assert led_inside.reason is Reason.PRIVATE_ADDRESS
    assert [path for path, _ in site.seen] == ["http://news.example/a", "http://news.example/b"]
