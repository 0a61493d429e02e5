"""A server process on many loopback addresses that fails in every way, and logs what it was asked and when.

    python -m benchmarks.hostile_server PLAN LOG

PLAN is the JSON of a `benchmarks.load_plan.Plan`. Each host has an address of 127.0.0.0/8, all have the same port. A
line of JSON goes to LOG for each beginning and end of a connection and of a request, with the time of one monotonic
clock in seconds. `ready` goes to standard output once all hosts listen.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

from benchmarks.hostile_answers import Exchange, feed_body, page_body
from benchmarks.load_plan import DEAF, REFUSING, SILENT, Plan, way_of

_TICK = 0.004


class Server:
    """All hosts of a plan."""

    def __init__(self, plan: Plan, log: TextIO) -> None:
        self._plan = plan
        self._log = log
        self._connections = 0
        self._kept: list[socket.socket] = []

    async def serve(self) -> None:
        """Listen until the process is ended."""
        servers = []
        for host in self._plan.hosts:
            trouble = self._plan.trouble.get(host, "")
            if trouble == REFUSING:
                continue
            if trouble == DEAF:
                self._deafen(host)
                continue
            servers.append(await asyncio.start_server(self._connected, host, self._plan.port, backlog=100))
        print("ready", flush=True)
        await asyncio.gather(self._keep_time(), *(server.serve_forever() for server in servers))

    async def _keep_time(self) -> None:
        """Log when this process was late: what it noted then may have happened that much earlier."""
        while True:
            before = time.monotonic()
            await asyncio.sleep(_TICK)
            late = time.monotonic() - before - _TICK
            if late > _TICK / 2:
                self._tell("late", "", 0, seconds=late)

    def _deafen(self, host: str) -> None:
        """Listen with a queue that is full, so that a client's connection never comes about."""
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, self._plan.port))
        listener.listen(0)
        self._kept.append(listener)
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            with suppress(BlockingIOError):
                filler.connect((host, self._plan.port))
            self._kept.append(filler)

    def _tell(self, what: str, host: str, connection: int, **more: Any) -> None:
        line = {"at": time.monotonic(), "what": what, "host": host, "connection": connection, **more}
        self._log.write(json.dumps(line) + "\n")

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host = str(writer.get_extra_info("sockname")[0])
        self._connections += 1
        mine = self._connections
        self._tell("open", host, mine)
        try:
            if self._plan.trouble.get(host) == SILENT:
                await reader.read()
            else:
                while await self._one(reader, writer, host, mine):
                    pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError):
            pass  # the client went away, which is told below
        finally:
            self._tell("close", host, mine)
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str, mine: int) -> bool:
        """Answer one request of a connection; False when it is the last one."""
        head = await reader.readuntil(b"\r\n\r\n")
        path = head.split(b" ", 2)[1].decode("ascii", "replace")
        self._tell("start", host, mine, path=path)
        exchange = self._exchange(host, path, writer)
        answering = asyncio.ensure_future(way_of(self._plan, host, path)(exchange))
        gone = asyncio.ensure_future(reader.read(1))  # a client says nothing more before it has its answer
        more = b""
        try:
            await asyncio.wait({answering, gone}, return_when=asyncio.FIRST_COMPLETED)
            if gone.done():
                more = gone.result()
            if answering.done():
                answering.result()
        finally:
            self._tell("end", host, mine, path=path)
            for task in (answering, gone):
                task.cancel()
            await asyncio.gather(answering, gone, return_exceptions=True)
        return not exchange.closing and not more and not (gone.done() and not gone.cancelled())

    def _exchange(self, host: str, path: str, writer: asyncio.StreamWriter) -> Exchange:
        base = f"http://{host}:{self._plan.port}"
        plain = path.partition("?")[0]
        kind, name = "text/html; charset=utf-8", plain.strip("/").replace("/", " ")
        if plain == "/robots.txt":
            kind, body = "text/plain", self._plan.robots.get(host, "").encode()
        elif plain in self._plan.feeds_at.get(host, {}):
            number = self._plan.feeds_at[host][plain]
            kind, body = "application/rss+xml", feed_body(base, number, self._plan.links[str(number)])
        else:
            body = page_body(name)
        return Exchange(base=base, path=path, body=body, media_type=kind, writer=writer)


def main() -> None:
    """Serve the plan named on the command line."""
    plan = Plan.read(Path(sys.argv[1]))
    with suppress(PermissionError):
        os.nice(-15)  # so that the log tells when something happened, not when the machine had time for it
    with Path(sys.argv[2]).open("w", encoding="utf-8", buffering=1) as log, suppress(KeyboardInterrupt):
        asyncio.run(Server(plan, log).serve())


if __name__ == "__main__":
    main()
