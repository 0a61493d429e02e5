"""A real server on loopback, and the web that asks it."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from spywatch.guard import AllowedHosts
from spywatch.records import Failure, Stage
from spywatch.web import Answer, Manners, Web

Respond = Callable[[BaseHTTPRequestHandler], None]


class Site:
    """A real server on loopback whose paths are answered by functions, and what it saw.

    Attributes:
        seen: path and headers of each request.
        starts: when each came, in seconds of the monotonic clock.
        most_active: most requests at once, by Host header; "" for all hosts together.
        most_open: most connections at once, idle ones too.
    """

    def __init__(self, *, keep_alive: bool = False, port: int = 0) -> None:
        self.paths: dict[str, Respond] = {}
        self.seen: list[tuple[str, dict[str, str]]] = []
        self.starts: list[float] = []
        self.most_active: dict[str, int] = {}
        self.most_open = 0
        self._active: dict[str, int] = {}
        self._open = 0
        self._lock = threading.Lock()
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1" if keep_alive else "HTTP/1.0"

            def handle(self) -> None:
                with site._lock:
                    site._open += 1
                    site.most_open = max(site.most_open, site._open)
                try:
                    super().handle()
                except (BrokenPipeError, ConnectionResetError):
                    pass
                finally:
                    with site._lock:
                        site._open -= 1

            def do_GET(self) -> None:
                headers = {name.lower(): value for name, value in self.headers.items()}
                host = headers.get("host", "")
                site._enter(self.path, headers, host)
                try:
                    path = self.path.split("?")[0]
                    (site.paths.get(path) or site.paths.get("*") or send(404))(self)
                finally:
                    site._leave(host)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.port = int(self.server.server_address[1])
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def _enter(self, path: str, headers: dict[str, str], host: str) -> None:
        with self._lock:
            self.seen.append((path, headers))
            self.starts.append(time.monotonic())
            for name in {host, ""}:
                self._active[name] = self._active.get(name, 0) + 1
                self.most_active[name] = max(self.most_active.get(name, 0), self._active[name])

    def _leave(self, host: str) -> None:
        with self._lock:
            for name in {host, ""}:
                self._active[name] -= 1

    def close(self) -> None:
        """Listen no more."""
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    yield site
    site.close()


@pytest.fixture
def keeping_site() -> Iterator[Site]:
    """A server that keeps connections open."""
    site = Site(keep_alive=True)
    yield site
    site.close()


def send(status: int, body: bytes = b"", **headers: str) -> Respond:
    """A fixed answer; underscores in header names stand for hyphens."""

    def respond(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return respond


def after(seconds: float, respond: Respond) -> Respond:
    """An answer that takes its time to begin."""

    def late(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(seconds)
        respond(handler)

    return late


def manners(**changes: object) -> Manners:
    """No pauses, and loopback allowed."""
    values: dict[str, object] = {
        "user_agent": "spywatch-test/1",
        "host_delay": 0.0,
        "host_delay_max": 0.0,
        "allowed_private_hosts": AllowedHosts.parse("127.0.0.1"),
    }
    return Manners(**{**values, **changes})  # type: ignore[arg-type]


def resolver(addresses: Mapping[str, str | list[str]]) -> Callable[..., list[tuple[Any, ...]]]:
    """A name server: knows these names and no other; numbers are what they are."""

    def lookup(host: str, port: int, **options: Any) -> list[tuple[Any, ...]]:
        known = addresses.get(host)
        if known is None:
            return list(socket.getaddrinfo(host, port, **options, flags=socket.AI_NUMERICHOST))
        found = [known] if isinstance(known, str) else known
        return [(0, socket.SOCK_STREAM, 0, "", (address, port)) for address in found]

    return lookup


async def ask(web: Web, url: str, **options: Any) -> Answer | Failure:
    """One page."""
    return await web.get(url, **{"stage": Stage.DOWNLOAD, "max_bytes": 100_000, **options})


async def ask_all(web: Web, urls: list[str]) -> list[Answer | Failure]:
    """Many pages at once."""
    return await asyncio.gather(*(ask(web, url) for url in urls))
