"""The newsroom's answers: a table of resources over HTTP, misbehaviour included."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from time import monotonic
from typing import TextIO

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from newsroom.resource import Moment, Resource

RESET_PATH = "/_control/reset"
PUBLISH_PATH = "/_control/publish"
CLOCK_PATH = "/_control/clock"
SLOW_SECONDS = 2.0
DRIP_SECONDS = 1.0
_CHUNK = b"<span>+++ the wind is up, the tide is in, the next report follows +++</span>\n" * 800


class NewsroomApp:
    """Answers for all outlets; the local port of a connection says which outlet is meant.

    In: the rendered site, the outlet of each port, the newsroom's time (UTC), how slow the slow page is, a stream for
    the access log or None.
    """

    def __init__(
        self,
        site: Mapping[str, Mapping[str, Resource]],
        outlet_of_port: Mapping[int, str],
        *,
        now: datetime,
        slow_seconds: float = SLOW_SECONDS,
        log: TextIO | None = None,
    ) -> None:
        self._site = site
        self._outlet_of_port = outlet_of_port
        self._slow_seconds = slow_seconds
        self._log = log
        self._first_now = now
        self._begin()
        self.asgi = Starlette(
            routes=[
                Route(RESET_PATH, self._reset, methods=["POST"]),
                Route(PUBLISH_PATH, self._publish, methods=["POST"]),
                Route(CLOCK_PATH, self._set_clock, methods=["POST"]),
                Route("/{path:path}", self._answer, methods=["GET", "HEAD"]),
            ]
        )

    def _begin(self) -> None:
        self._asked: Counter[tuple[str, str]] = Counter()
        self._refused: dict[tuple[str, str], str] = {}
        self._published = 0
        self._now, self._set_at = self._first_now, monotonic()

    async def _reset(self, request: Request) -> Response:
        """Forget what has been asked for, published and told of the time, so that what heals is ill again."""
        self._begin()
        return PlainTextResponse("reset\n")

    async def _publish(self, request: Request) -> Response:
        """Add an item to the feed that lies about having none."""
        self._published += 1
        return PlainTextResponse(f"{self._published}\n")

    async def _set_clock(self, request: Request) -> Response:
        """Set the newsroom's clock, which goes on from there; 400 if `now` is no ISO 8601 time with a zone."""
        try:
            now = datetime.fromisoformat(request.query_params.get("now", ""))
        except ValueError:
            return PlainTextResponse("now must be an ISO 8601 time\n", status_code=400)
        if now.tzinfo is None:
            return PlainTextResponse("now must carry a time zone\n", status_code=400)
        self._now, self._set_at = now.astimezone(UTC), monotonic()
        return PlainTextResponse(f"{self._now.isoformat()}\n")

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
        turn = max(self._asked[outlet, resource.counted_by] - 1, 0) if resource.counted_by else asked
        status = resource.statuses[min(turn, len(resource.statuses) - 1)]
        if status == 429 and self._refused.setdefault((outlet, resource.counted_by), key) != key:
            # Who was under way already is told less, so that one 429 a run slows the reader down and not several.
            return PlainTextResponse("503\n", status_code=503)
        if resource.slow:
            await asyncio.sleep(self._slow_seconds)
        if status in (301, 302, 307, 308):
            base = "" if resource.location.startswith("http") else str(request.base_url).rstrip("/")
            return Response(status_code=status, headers={"Location": base + resource.location})
        if status != 200:
            return _refusal(resource, status)
        headers = dict(_validators(resource))
        if len(resource.statuses) == 1:
            headers |= resource.headers
        if _unchanged(request, resource):
            return Response(status_code=304, headers=headers)
        headers["Content-Type"] = resource.media_type
        if resource.stream_bytes:
            return StreamingResponse(_padded(resource), headers=headers)
        if resource.drips:
            return StreamingResponse(_dripping(resource), headers=headers)
        if resource.changing is not None:
            moment = Moment(asked=asked, published=self._published, now=self._clock())
            return Response(resource.changing(moment), headers=headers)
        return Response(resource.body, headers=headers)

    def _clock(self) -> datetime:
        return (self._now + timedelta(seconds=monotonic() - self._set_at)).replace(microsecond=0)

    def _write_log(self, log: TextIO, outlet: str, request: Request, status: int) -> None:
        query = f"?{request.url.query}" if request.url.query else ""
        line = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "outlet": outlet,
            "method": request.method,
            "path": request.url.path + query,
            "status": status,
            "user_agent": request.headers.get("user-agent", ""),
            "conditional": _conditional(request),
        }
        log.write(json.dumps(line) + "\n")
        log.flush()


def _refusal(resource: Resource, status: int) -> Response:
    headers = dict(resource.headers)
    if resource.wall:
        headers["Content-Type"] = "text/html; charset=utf-8"
        return Response(resource.wall, status_code=status, headers=headers)
    return PlainTextResponse(f"{status}\n", status_code=status, headers=headers)


def _validators(resource: Resource) -> dict[str, str]:
    headers = {}
    if resource.etag:
        headers["ETag"] = resource.etag
    if resource.last_modified is not None:
        headers["Last-Modified"] = format_datetime(resource.last_modified, usegmt=True)
    return headers


def _conditional(request: Request) -> bool:
    return "if-none-match" in request.headers or "if-modified-since" in request.headers


def _unchanged(request: Request, resource: Resource) -> bool:
    """RFC 9110, 13.2.2: If-None-Match decides alone where it is sent. A liar says so whenever it is asked."""
    if resource.lies:
        return _conditional(request)
    wanted = request.headers.get("if-none-match")
    if wanted is not None:
        tags = {tag.strip().removeprefix("W/") for tag in wanted.split(",")}
        return bool(resource.etag) and (resource.etag in tags or "*" in tags)
    since = request.headers.get("if-modified-since")
    if since is None or resource.last_modified is None:
        return False
    with contextlib.suppress(ValueError, TypeError):  # a date that cannot be read is no condition
        return resource.last_modified <= parsedate_to_datetime(since)
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


async def _dripping(resource: Resource) -> AsyncIterator[bytes]:
    """The body and then a byte a second, until the reader goes away."""
    yield resource.body
    while True:
        await asyncio.sleep(DRIP_SECONDS)
        yield b"."
