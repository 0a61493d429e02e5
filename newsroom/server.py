"""The newsroom's HTTP server: one process, a loopback port for each outlet, misbehaviour by the table."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path
from typing import TextIO

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from newsroom.content import Newsroom, load_newsroom
from newsroom.site import Resource, build_site, feeds_register

HOST = "127.0.0.1"
RESET_PATH = "/_control/reset"
SLOW_SECONDS = 2.0
_CHUNK = b"<span>+++ the wind is up, the tide is in, the next report follows +++</span>\n" * 800


class ServerError(RuntimeError):
    """The server cannot start; the message says why in one sentence."""


class _Server(uvicorn.Server):
    """uvicorn's server without its signal handlers, which would end the process by the signal itself."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone: `_serve` below handles them."""
        yield


class NewsroomApp:
    """Answers for all outlets; the local port of a connection says which outlet is meant.

    In: the rendered site, the outlet of each port, how slow the slow page is, a stream for the access log or None.
    """

    def __init__(
        self,
        site: Mapping[str, Mapping[str, Resource]],
        outlet_of_port: Mapping[int, str],
        *,
        slow_seconds: float = SLOW_SECONDS,
        log: TextIO | None = None,
    ) -> None:
        self._site = site
        self._outlet_of_port = outlet_of_port
        self._slow_seconds = slow_seconds
        self._log = log
        self._asked: Counter[tuple[str, str]] = Counter()
        self.asgi = Starlette(
            routes=[
                Route(RESET_PATH, self._reset, methods=["POST"]),
                Route("/{path:path}", self._answer, methods=["GET", "HEAD"]),
            ]
        )

    async def _reset(self, request: Request) -> Response:
        """Forget which pages and feeds have been asked for, so that what heals is ill again."""
        self._asked.clear()
        return PlainTextResponse("reset\n")

    async def _answer(self, request: Request) -> Response:
        outlet = self._outlet_of_port[request.scope["server"][1]]
        response = await self._respond(outlet, request)
        if self._log is not None:
            self._write_log(self._log, outlet, request, response.status_code)
        return response

    async def _respond(self, outlet: str, request: Request) -> Response:
        key = request.url.path
        if "id" in request.query_params:
            key += f"?id={request.query_params['id']}"
        resource = self._site[outlet].get(key)
        if resource is None:
            return PlainTextResponse("Not found\n", status_code=404)
        asked = self._asked[outlet, key]
        self._asked[outlet, key] += 1
        status = resource.statuses[min(asked, len(resource.statuses) - 1)]
        if resource.slow:
            await asyncio.sleep(self._slow_seconds)
        if status in (301, 302, 307, 308):
            base = str(request.base_url).rstrip("/")
            return Response(status_code=status, headers={"Location": base + resource.location})
        if status != 200:
            return PlainTextResponse(f"{status}\n", status_code=status)
        headers = _validators(resource)
        if _unchanged(request, resource):
            return Response(status_code=304, headers=headers)
        headers["Content-Type"] = resource.media_type
        if resource.stream_bytes:
            return StreamingResponse(_padded(resource), headers=headers)
        return Response(resource.body, headers=headers)

    def _write_log(self, log: TextIO, outlet: str, request: Request, status: int) -> None:
        query = f"?{request.url.query}" if request.url.query else ""
        line = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "outlet": outlet,
            "method": request.method,
            "path": request.url.path + query,
            "status": status,
            "user_agent": request.headers.get("user-agent", ""),
            "conditional": "if-none-match" in request.headers or "if-modified-since" in request.headers,
        }
        log.write(json.dumps(line) + "\n")
        log.flush()


def serve(
    *,
    out: Path,
    port: int = 0,
    now: datetime | None = None,
    ready_file: Path | None = None,
    log: Path | None = None,
    parent_pid: int | None = None,
    slow_seconds: float = SLOW_SECONDS,
) -> None:
    """Serve the newsroom on loopback until SIGTERM or SIGINT, or until the parent process is gone.

    `out` is the folder that gets `feeds.toml`. `port` 0 takes free ports, another number that port and the
    next ones, an outlet each. `now` (UTC-aware, default: the current time) is what publication dates count back
    from. Once the server listens, a line of JSON `{"outlets": {key: base URL}, "feeds_file", "pid"}` goes to stdout
    and, if given, to `ready_file` (whole or not at all). `log` gets a line of JSON for each request. The server
    ends when the process `parent_pid` has gone.

    Raises ServerError when a port is taken or a file cannot be written, ContentError when the content is broken.
    """
    newsroom = load_newsroom()
    sockets = _bind(list(newsroom.outlets), port)
    try:
        base_urls = {key: f"http://{HOST}:{sock.getsockname()[1]}" for key, sock in sockets.items()}
        site = build_site(newsroom, base_urls, _whole_second(now or datetime.now(UTC)))
        feeds_file = _write_register(newsroom, base_urls, out)
        with contextlib.ExitStack() as stack:
            try:
                log_stream = stack.enter_context(log.open("a", encoding="utf-8")) if log else None
            except OSError as error:
                raise ServerError(f"cannot write the access log {log}: {error.strerror}") from error
            outlet_of_port = {sock.getsockname()[1]: key for key, sock in sockets.items()}
            app = NewsroomApp(site, outlet_of_port, slow_seconds=slow_seconds, log=log_stream)
            ready = json.dumps({"outlets": base_urls, "feeds_file": str(feeds_file), "pid": os.getpid()})
            asyncio.run(_serve(app, list(sockets.values()), ready, ready_file, parent_pid))
    finally:
        for sock in sockets.values():
            sock.close()


async def _serve(
    app: NewsroomApp, sockets: list[socket.socket], ready: str, ready_file: Path | None, parent_pid: int | None
) -> None:
    config = uvicorn.Config(
        app.asgi, lifespan="off", log_config=None, access_log=False, timeout_graceful_shutdown=1, server_header=False
    )
    server = _Server(config)

    def stop() -> None:
        server.should_exit = True

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    serving = asyncio.create_task(server.serve(sockets=sockets))
    while not server.started and not serving.done():
        await asyncio.sleep(0.01)
    if server.started:
        sys.stdout.write(ready + "\n")
        sys.stdout.flush()
        if ready_file is not None:
            _write_whole(ready_file, ready + "\n")
    watching = asyncio.create_task(_stop_without(parent_pid, stop)) if parent_pid is not None else None
    await serving
    if watching is not None:
        watching.cancel()


async def _stop_without(parent_pid: int, stop: Callable[[], None]) -> None:
    """Call `stop` as soon as the parent is gone; works for a parent that is further up as well."""
    direct = os.getppid() == parent_pid
    while _alive(parent_pid) and (not direct or os.getppid() == parent_pid):
        await asyncio.sleep(0.2)
    stop()


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _bind(outlets: list[str], port: int) -> dict[str, socket.socket]:
    """Listen on a port for each outlet; ServerError if one is taken."""
    sockets: dict[str, socket.socket] = {}
    for offset, outlet in enumerate(outlets):
        wanted = port + offset if port else 0
        # asyncio switches Nagle's delay off only where the protocol is named; else each answer takes 40 ms
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        sockets[outlet] = sock
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((HOST, wanted))
            sock.listen(128)
        except (OSError, OverflowError) as error:
            for opened in sockets.values():
                opened.close()
            why = error.strerror if isinstance(error, OSError) else "no such port"
            raise ServerError(f"cannot listen on {HOST} port {wanted}: {why}") from error
    return sockets


def _write_register(newsroom: Newsroom, base_urls: Mapping[str, str], out: Path) -> Path:
    feeds_file = (out / "feeds.toml").absolute()
    try:
        out.mkdir(parents=True, exist_ok=True)
        _write_whole(feeds_file, feeds_register(newsroom, base_urls))
    except OSError as error:
        raise ServerError(f"cannot write {feeds_file}: {error.strerror}") from error
    return feeds_file


def _write_whole(path: Path, text: str) -> None:
    """Write a file so that a reader sees all of it or nothing."""
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def _whole_second(now: datetime) -> datetime:
    """HTTP and feed dates have no fractions."""
    if now.tzinfo is None:
        raise ServerError("now must carry a time zone")
    return now.astimezone(UTC).replace(microsecond=0)


def _validators(resource: Resource) -> dict[str, str]:
    headers = {}
    if resource.etag:
        headers["ETag"] = resource.etag
    if resource.last_modified is not None:
        headers["Last-Modified"] = format_datetime(resource.last_modified, usegmt=True)
    return headers


def _unchanged(request: Request, resource: Resource) -> bool:
    """RFC 9110, 13.2.2: If-None-Match decides alone where it is sent."""
    wanted = request.headers.get("if-none-match")
    if wanted is not None:
        tags = {tag.strip().removeprefix("W/") for tag in wanted.split(",")}
        return bool(resource.etag) and (resource.etag in tags or "*" in tags)
    since = request.headers.get("if-modified-since")
    if since is None or resource.last_modified is None:
        return False
    try:
        return resource.last_modified <= parsedate_to_datetime(since)
    except (ValueError, TypeError):
        return False


async def _padded(resource: Resource) -> AsyncIterator[bytes]:
    """The body and then filler up to `stream_bytes`, without a Content-Length."""
    yield resource.body
    sent = len(resource.body)
    while sent < resource.stream_bytes:
        yield _CHUNK
        sent += len(_CHUNK)
        await asyncio.sleep(0)
    yield b"</p></body></html>\n"
