"""What a server sees of the manners: real requests, and the server's own log."""

import asyncio
import itertools
import socket
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from spywatch.guard import AllowedHosts
from spywatch.records import Failure, Reason
from spywatch.web import Answer, Web
from tests.spywatch.conftest import Site, after, ask, ask_all, manners, resolver, send


@pytest.fixture
def silent_port() -> Iterator[tuple[int, list[float]]]:
    """A server that takes connections and never says a word, and when each came."""
    came: list[float] = []
    held: list[socket.socket] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        while True:
            try:
                held.append(listener.accept()[0])
            except OSError:
                return
            came.append(time.monotonic())

    threading.Thread(target=accept, daemon=True).start()
    yield int(listener.getsockname()[1]), came
    listener.close()
    for connection in held:
        connection.close()


def gaps(site: Site) -> list[float]:
    return [later - earlier for earlier, later in itertools.pairwise(site.starts)]


def reasons(told: list[Answer | Failure]) -> set[Reason | None]:
    return {one.reason if isinstance(one, Failure) else None for one in told}


async def test_starts_are_a_pause_apart_and_never_more_than_so_many_at_once(site: Site) -> None:
    site.paths["*"] = after(0.7, send(200, b"x"))
    async with Web(manners(host_concurrency=2, host_delay=0.25)) as web:
        answers = await ask_all(web, [f"{site.url}/{number}" for number in range(6)])
    assert reasons(answers) == {None}
    assert site.most_active[""] == 2
    # A server on a busy machine sees a request later than it was sent, so that two may seem closer than they were.
    assert min(gaps(site)) > 0.1
    assert site.starts[-1] - site.starts[0] > 5 * 0.25 - 0.15


async def test_a_pause_grows_with_the_answering_time(site: Site) -> None:
    site.paths["*"] = after(0.3, send(200, b"x"))
    async with Web(manners(host_concurrency=4, host_delay=0.0, host_delay_max=5.0)) as web:
        await ask(web, site.url)
        await ask_all(web, [f"{site.url}/{number}" for number in range(4)])
    assert min(gaps(site)) > 0.12
    assert site.most_active[""] <= 2


async def test_the_limit_ends_what_a_slow_host_stretches(site: Site) -> None:
    site.paths["*"] = after(1.0, send(200, b"x"))
    async with Web(manners(host_concurrency=4, host_delay=0.0, host_delay_max=0.1)) as web:
        await ask(web, site.url)
        await ask_all(web, [f"{site.url}/{number}" for number in range(4)])
    assert site.most_active[""] >= 3


async def test_the_limit_on_open_connections_holds_for_all_hosts_together(keeping_site: Site) -> None:
    names = {f"h{number}.example": "127.0.0.1" for number in range(12)}
    keeping_site.paths["*"] = after(0.05, send(200, b"x"))
    allowed = AllowedHosts.parse("127.0.0.1")
    urls = [f"http://{name}:{keeping_site.port}/{page}" for page in range(3) for name in names]
    async with Web(
        manners(connections=4, host_concurrency=2, allowed_private_hosts=allowed), lookup=resolver(names)
    ) as web:
        answers = await ask_all(web, urls)
    assert reasons(answers) == {None}
    assert keeping_site.most_active[""] == 4
    assert keeping_site.most_open <= 5  # an idle one may be on its way out while the next comes in
    assert {len(seen) for seen in keeping_site.most_active.items()} == {2}


async def test_a_waiting_host_holds_no_connection_of_the_others(site: Site) -> None:
    names = {"slow.example": "127.0.0.1", "quick.example": "127.0.0.1"}
    site.paths["*"] = send(200, b"x")
    slow, quick = (f"http://{name}:{site.port}/" for name in names)
    async with Web(manners(connections=1, host_delay=1.0), lookup=resolver(names)) as web:
        await ask(web, slow)
        waiting = asyncio.create_task(ask(web, slow))
        await asyncio.sleep(0.05)
        assert isinstance(await ask(web, quick), Answer)
        assert not waiting.done()
        assert isinstance(await waiting, Answer)


@pytest.mark.parametrize(("status", "wait"), [(429, "120"), (503, "120")])
async def test_a_host_that_names_a_time_is_left_alone_until_then(site: Site, status: int, wait: str) -> None:
    site.paths["*"] = send(status, b"not now", Retry_After=wait)
    async with Web(manners()) as web:
        first = await ask(web, site.url)
        rest = await ask_all(web, [f"{site.url}/{number}" for number in range(10)])
    assert isinstance(first, Failure)
    assert first.reason is (Reason.RATE_LIMITED if status == 429 else Reason.HTTP_SERVER_ERROR)
    assert len(site.seen) == 1
    assert reasons(rest) == {Reason.HOST_RESTING}
    for failure in rest:
        assert isinstance(failure, Failure)
        assert failure.retryable
        assert failure.retry_after is not None
        assert timedelta(seconds=100) < failure.retry_after <= timedelta(seconds=120)
        assert str(status) in failure.detail
        assert "127.0.0.1" in failure.detail


async def test_a_host_that_names_no_time_is_asked_three_times(site: Site) -> None:
    site.paths["*"] = send(429)
    async with Web(manners(host_concurrency=1)) as web:
        told = await ask_all(web, [f"{site.url}/{number}" for number in range(10)])
    assert len(site.seen) == 3
    assert [one.reason for one in told if isinstance(one, Failure)] == [
        *[Reason.RATE_LIMITED] * 3,
        *[Reason.HOST_RESTING] * 7,
    ]


async def test_a_server_error_alone_is_no_reason_to_leave_a_host_alone(site: Site) -> None:
    site.paths["*"] = send(503)
    async with Web(manners(host_concurrency=1)) as web:
        await ask_all(web, [f"{site.url}/{number}" for number in range(6)])
    assert len(site.seen) == 6


async def test_a_silent_host_is_asked_twice_whoever_waits(silent_port: tuple[int, list[float]]) -> None:
    port, came = silent_port
    urls = [f"http://127.0.0.1:{port}/{number}" for number in range(30)]
    async with Web(manners(read_timeout=0.4, host_delay=0.05)) as web:
        told = await ask_all(web, urls)
    assert len(came) == 2
    assert [one.reason for one in told if isinstance(one, Failure)].count(Reason.TIMEOUT) == 2
    assert reasons(told) == {Reason.TIMEOUT, Reason.HOST_RESTING}
    resting = next(one for one in told if isinstance(one, Failure) and one.reason is Reason.HOST_RESTING)
    assert resting.retryable
    assert resting.retry_after is None
    assert "could not be reached" in resting.detail


async def test_a_trickling_host_is_dead_too(site: Site) -> None:
    stop = threading.Event()

    def trickle(handler: Any) -> None:
        handler.send_response(200)
        handler.end_headers()
        while not stop.wait(0.05):
            handler.wfile.write(b".")

    site.paths["*"] = trickle
    async with Web(manners(total_timeout=0.3)) as web:
        told = await ask_all(web, [f"{site.url}/{number}" for number in range(6)])
    stop.set()
    assert len(site.seen) == 4  # the heads of answers came, which count half
    assert reasons(told) == {Reason.TIMEOUT, Reason.HOST_RESTING}


@pytest.mark.parametrize("url", ["http://127.0.0.1:{}/", "https://127.0.0.1:{}/", "http://gone.example:{}/"])
async def test_refused_connections_bad_tls_and_names_without_address_count(site: Site, url: str) -> None:
    site.paths["*"] = send(200)
    if url.startswith("http://127"):
        site.close()
    first = {"http://127": Reason.CONNECT, "https://12": Reason.TLS, "http://gon": Reason.DNS}[url[:10]]
    async with Web(manners(), lookup=resolver({})) as web:
        told = [await ask(web, url.format(site.port)) for _ in range(3)]
    assert [one.reason for one in told if isinstance(one, Failure)] == [first, first, Reason.HOST_RESTING]


async def test_one_answer_between_two_failures_keeps_a_host_alive(site: Site) -> None:
    site.paths["/slow"] = after(3.0, send(200))
    site.paths["/no"] = send(500)
    async with Web(manners(read_timeout=0.7)) as web:
        told = [await ask(web, site.url + path) for path in ("/slow", "/no", "/slow", "/no")]
    assert [one.reason for one in told if isinstance(one, Failure)] == [
        Reason.TIMEOUT,
        Reason.HTTP_SERVER_ERROR,
        Reason.TIMEOUT,
        Reason.HTTP_SERVER_ERROR,
    ]


async def test_a_connection_cut_short_is_not_a_dead_host(site: Site) -> None:
    site.paths["*"] = lambda handler: handler.connection.shutdown(socket.SHUT_RDWR)
    async with Web(manners()) as web:
        told = [await ask(web, site.url) for _ in range(4)]
    assert reasons(told) == {Reason.PROTOCOL}


async def test_what_the_guard_refuses_is_not_a_dead_host(site: Site) -> None:
    site.paths["*"] = send(200, b"x")
    allowed = AllowedHosts.parse(f"127.0.0.1:{site.port}")
    private = "http://10.20.30.40/"
    async with Web(manners(allowed_private_hosts=allowed)) as web:
        assert reasons([await ask(web, private) for _ in range(4)]) == {Reason.PRIVATE_ADDRESS}


async def test_a_redirect_to_a_host_that_rests_or_is_dead(site: Site, silent_port: tuple[int, list[float]]) -> None:
    dead = f"http://127.0.0.1:{silent_port[0]}/"
    site.paths["/to-dead"] = send(302, Location=dead)
    site.paths["/to-here"] = send(302, Location="/rest")
    site.paths["/rest"] = send(429, Retry_After="60")
    async with Web(manners(read_timeout=0.2)) as web:
        for _ in range(2):
            await ask(web, dead)
        to_dead = await ask(web, site.url + "/to-dead")
        limited = await ask(web, site.url + "/to-here")
        to_here = await ask(web, site.url + "/to-here")
    assert reasons([to_dead]) == {Reason.HOST_RESTING}
    assert isinstance(to_dead, Failure)
    assert to_dead.subject == site.url + "/to-dead"
    assert str(silent_port[0]) in to_dead.detail
    assert len(silent_port[1]) == 2
    assert (reasons([limited]), reasons([to_here])) == ({Reason.RATE_LIMITED}, {Reason.HOST_RESTING})


async def test_a_host_that_was_left_no_time_is_not_dead(site: Site, silent_port: tuple[int, list[float]]) -> None:
    silent = f"http://127.0.0.1:{silent_port[0]}/"
    site.paths["*"] = after(0.6, send(302, Location=silent))
    async with Web(manners(total_timeout=1.0, host_concurrency=3)) as web:
        told = await ask_all(web, [f"{site.url}/{number}" for number in range(3)])
        told.append(await ask(web, silent))
    assert [one.reason for one in told if isinstance(one, Failure)] == [Reason.TIMEOUT] * 4


async def test_names_whose_servers_are_silent_hold_up_nobody_else(site: Site) -> None:
    site.paths["*"] = send(200, b"x")
    enough = threading.Event()

    def lookup(host: str, port: int, **options: Any) -> list[tuple[Any, ...]]:
        if host.startswith("silent"):
            enough.wait(30)
        return [(0, 0, 0, "", ("127.0.0.1", port))]

    names = [f"silent{number}.example" for number in range(12)]
    async with Web(manners(connect_timeout=60.0, connections=16), lookup=lookup) as web:
        silent = asyncio.gather(*(ask(web, f"http://{name}:{site.port}/") for name in names))
        await asyncio.sleep(0.05)
        assert isinstance(await ask(web, site.url), Answer)
        assert not silent.done()
        enough.set()
        assert reasons(await silent) == {None}


async def test_a_look_up_has_a_time_limit() -> None:
    enough = threading.Event()

    def lookup(host: str, port: int, **options: Any) -> list[tuple[Any, ...]]:
        enough.wait(30)
        return []

    async with Web(manners(connect_timeout=0.1), lookup=lookup) as web:
        told = await ask(web, "http://silent.example/")
        enough.set()
    assert isinstance(told, Failure)
    assert told.reason is Reason.TIMEOUT
