"""The newsroom's HTTP server: one process, a loopback port for each outlet, misbehaviour by the table."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime
from pathlib import Path

import uvicorn

from newsroom.app import SLOW_SECONDS, NewsroomApp
from newsroom.content import load_newsroom
from newsroom.extras import EXTRAS
from newsroom.outlet_types import Outlet
from newsroom.ports import ServerError, Sockets
from newsroom.site import build_site, feeds_register

__all__ = ["SLOW_SECONDS", "ServerError", "serve"]


class _Server(uvicorn.Server):
    """uvicorn's server without its signal handlers, which would end the process by the signal itself."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone: `_serve` below handles them."""
        yield


def serve(
    *,
    out: Path,
    port: int = 0,
    now: datetime | None = None,
    ready_file: Path | None = None,
    log: Path | None = None,
    parent_pid: int | None = None,
    slow_seconds: float = SLOW_SECONDS,
    hostile: bool = False,
    lying: bool = False,
) -> None:
    """Serve the newsroom on loopback until SIGTERM or SIGINT, or until the parent process is gone.

    `out` is the folder that gets `feeds.toml`. `port` 0 takes free ports, another number that port and the
    next ones, an outlet each and one at which nobody listens. `now` (UTC-aware, default: the current time) is what
    publication dates count back from. Once the server listens, a line of JSON
    `{"outlets": {key: base URL}, "dead": URL, "feeds_file", "pid"}` goes to stdout and, if given, to `ready_file`
    (whole or not at all). `log` gets a line of JSON for each request. The server ends when the process `parent_pid`
    has gone. `hostile` and `lying` add an outlet each, with a register of its own (`feeds-hostile.toml`,
    `feeds-lying.toml`) beside the one of all feeds.

    Raises ServerError when a port is taken or a file cannot be written, ContentError when the content is broken.
    """
    newsroom = load_newsroom()
    wanted = [name for name, asked in (("hostile", hostile), ("lying", lying)) if asked]
    extra = {name: EXTRAS[name].outlet for name in wanted}
    with Sockets(list(newsroom.outlets), [outlet.key for outlet in extra.values()], port) as sockets:
        start = _whole_second(now or datetime.now(UTC))
        site = build_site(newsroom, sockets.base_urls, sockets.dead, start)
        everyone = [*newsroom.outlets.values(), *extra.values()]
        feeds_file = _write_register(everyone, sockets.base_urls, out / "feeds.toml")
        for name, outlet in extra.items():
            _write_register([outlet], sockets.base_urls, out / f"feeds-{name}.toml")
        with contextlib.ExitStack() as stack:
            try:
                log_stream = stack.enter_context(log.open("a", encoding="utf-8")) if log else None
            except OSError as error:
                raise ServerError(f"cannot write the access log {log}: {error.strerror}") from error
            app = NewsroomApp(site, sockets.outlet_of_port, now=start, slow_seconds=slow_seconds, log=log_stream)
            told = {"outlets": sockets.base_urls, "dead": sockets.dead, "feeds_file": str(feeds_file)}
            ready = json.dumps(told | {"pid": os.getpid()})
            asyncio.run(_serve(app, sockets, ready, ready_file, parent_pid))


async def _serve(
    app: NewsroomApp, sockets: Sockets, ready: str, ready_file: Path | None, parent_pid: int | None
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
    serving = asyncio.create_task(server.serve(sockets=list(sockets.listening.values())))
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


def _write_register(outlets: Collection[Outlet], base_urls: dict[str, str], path: Path) -> Path:
    feeds_file = path.absolute()
    try:
        feeds_file.parent.mkdir(parents=True, exist_ok=True)
        _write_whole(feeds_file, feeds_register(outlets, base_urls))
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
