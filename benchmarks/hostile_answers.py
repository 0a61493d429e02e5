"""What a hostile server answers: a function for each way to fail, and the documents that are meant to hurt."""

from __future__ import annotations

import asyncio
import gzip
import html
import socket
import struct
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial

GOOD = "good"
REST_SECONDS = 7_200
_BREATH = 0.01
"""Seconds between two pieces of something endless, so that the server keeps time for its other hosts."""
_LINGER = (socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
_RSS, _HTML = "application/rss+xml", "text/html; charset=utf-8"


@dataclass(slots=True)
class Exchange:
    """One request and the way to answer it.

    Attributes:
        base: scheme, host and port where it arrived.
        path: what was asked for.
        body: what a good answer to it would hold.
        media_type: of `body`.
        closing: whether the connection ends with this answer.
    """

    base: str
    path: str
    body: bytes
    media_type: str
    writer: asyncio.StreamWriter
    closing: bool = False

    async def send(self, data: bytes) -> None:
        """Write raw bytes."""
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self, body: bytes, *headers: str, media_type: str = "", status: str = "200 OK") -> None:
        """Write a well-formed answer."""
        kind = f"Content-Type: {media_type or self.media_type}"
        head = [f"HTTP/1.1 {status}", kind, f"Content-Length: {len(body)}", *headers, "", ""]
        await self.send("\r\n".join(head).encode() + body)

    def reset(self) -> None:
        """End the connection with a reset in place of a proper end."""
        raw = self.writer.get_extra_info("socket")
        raw.setsockopt(*_LINGER)
        self.writer.transport.abort()
        self.closing = True


Way = Callable[[Exchange], Awaitable[None]]


async def _good(here: Exchange) -> None:
    await here.answer(here.body)


async def _status(here: Exchange, *, status: str, headers: tuple[str, ...] = ()) -> None:
    await here.answer(
        f"<html><body><h1>{status}</h1></body></html>".encode(), *headers, media_type=_HTML, status=status
    )


async def _busy_until(here: Exchange) -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=REST_SECONDS), usegmt=True)
    await _status(here, status="503 Service Unavailable", headers=(f"Retry-After: {later}",))


async def _loop(here: Exchange) -> None:
    await here.answer(b"", f"Location: {here.path}", status="302 Found")


async def _chain(here: Exchange, *, hops: int) -> None:
    """Permanent redirects to the same path with a counter behind it, and the good answer at their end."""
    path, _, count = here.path.partition("?hop=")
    done = int(count or 0)
    if done >= hops:
        await _good(here)
    else:
        await here.answer(b"", f"Location: {here.base}{path}?hop={done + 1}", status="301 Moved Permanently")


async def _elsewhere(here: Exchange, *, to: str) -> None:
    await here.answer(b"", f"Location: {to}", status="302 Found")


async def _other(here: Exchange, *, body: bytes, media_type: str = "", headers: tuple[str, ...] = ()) -> None:
    await here.answer(body, *headers, media_type=media_type)


async def _silent(here: Exchange) -> None:
    await asyncio.Event().wait()


async def _drip(here: Exchange) -> None:
    await here.send(f"HTTP/1.1 200 OK\r\nContent-Type: {here.media_type}\r\nContent-Length: 100000\r\n\r\n".encode())
    for start in range(100_000):
        await here.send(here.body[start : start + 1] or b" ")
        await asyncio.sleep(0.2)


async def _endless(here: Exchange) -> None:
    await here.send(f"HTTP/1.1 200 OK\r\nContent-Type: {here.media_type}\r\nConnection: close\r\n\r\n".encode())
    await here.send(here.body)
    while True:
        await here.send(b"<!-- and on it goes -->\n" * 2_000)
        await asyncio.sleep(_BREATH)


async def _endless_headers(here: Exchange) -> None:
    await here.send(b"HTTP/1.1 200 OK\r\n")
    while True:
        await here.send(b"X-More: there is always another one\r\n" * 500)
        await asyncio.sleep(_BREATH)


async def _cut(here: Exchange) -> None:
    whole = f"HTTP/1.1 200 OK\r\nContent-Type: {here.media_type}\r\nContent-Length: {len(here.body)}\r\n\r\n".encode()
    await here.send(whole + here.body[: len(here.body) // 2])
    here.reset()


async def _unfinished(here: Exchange) -> None:
    await here.send(
        f"HTTP/1.1 200 OK\r\nContent-Type: {here.media_type}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    )
    await here.send(b"%x\r\n%b\r\n" % (len(here.body), here.body))
    here.closing = True


async def _hang_up(here: Exchange) -> None:
    here.reset()


async def _no_http(here: Exchange) -> None:
    await here.send(b"SSH-2.0-OpenSSH_9.7\r\n\x00\x01\x02")
    here.closing = True


async def _half_gzip(here: Exchange) -> None:
    packed = gzip.compress(here.body)
    await here.answer(packed[: len(packed) // 2], "Content-Encoding: gzip")


def _bomb(megabytes: int) -> bytes:
    """So many megabytes of spaces, a thousandth of it compressed."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join(packer.compress(b" " * 1_000_000) for _ in range(megabytes)) + packer.flush()


_GZIP = ("Content-Encoding: gzip",)
_WAIT = (f"Retry-After: {REST_SECONDS}",)
_EVERYWHERE: dict[str, Way] = {
    "404": partial(_status, status="404 Not Found"),
    "410": partial(_status, status="410 Gone"),
    "401": partial(_status, status="401 Unauthorized"),
    "403": partial(_status, status="403 Forbidden"),
    "500": partial(_status, status="500 Internal Server Error"),
    "503, wait": partial(_status, status="503 Service Unavailable", headers=_WAIT),
    "503, wait until": _busy_until,
    "429": partial(_status, status="429 Too Many Requests"),
    "429, wait": partial(_status, status="429 Too Many Requests", headers=_WAIT),
    "redirect loop": _loop,
    "thirty redirects": partial(_chain, hops=30),
    "redirect inside": partial(_elsewhere, to="http://10.11.12.13/secret"),
    "redirect to a file": partial(_elsewhere, to="file:///etc/passwd"),
    "no answer": _silent,
    "slow drip": _drip,
    "reset in the middle": _cut,
    "unfinished chunks": _unfinished,
    "hang up": _hang_up,
    "no HTTP": _no_http,
    "endless headers": _endless_headers,
    "huge body": _endless,
    "truncated gzip": _half_gzip,
    "gzip bomb": partial(_other, body=_bomb(200), headers=_GZIP),
    "gzip that is none": partial(_other, body=b"plain as day", headers=_GZIP),
    "unknown encoding": partial(_other, body=b"\x0b\x02\x80", headers=("Content-Encoding: br",)),
    "304 to no condition": partial(_status, status="304 Not Modified"),
    "empty": partial(_other, body=b""),
}
_ENTITIES = "".join(f'<!ENTITY e{level} "{f"&e{level - 1};" * 10}">' for level in range(1, 12))
_TITLE = "<rss version='2.0'><channel><title>"
FEED_WAYS: dict[str, Way] = _EVERYWHERE | {
    "HTML for a feed": partial(_other, body=b"<!doctype html><title>Hello</title><p>Hello.</p>", media_type=_HTML),
    "entity bomb": partial(
        _other,
        body=f'<!DOCTYPE r [<!ENTITY e0 "boom">{_ENTITIES}]>{_TITLE}&e11;</title></channel></rss>'.encode(),
    ),
    "external entity": partial(
        _other,
        body=f'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>{_TITLE}&x;</title></channel></rss>'.encode(),
    ),
    "50,000 deep": partial(_other, body=b"<rss><channel>" + b"<a>" * 50_000),
    "JSON": partial(_other, body=b'{"answer": 42}', media_type="application/json"),
}
"""How a feed can fail. A good answer has the same shape for `GOOD` and for the redirects of `MOVED`."""
PAGE_WAYS: dict[str, Way] = _EVERYWHERE | {
    "PDF": partial(_other, body=b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", media_type="application/pdf"),
    "JSON": partial(_other, body=b'{"answer": 42}', media_type="application/json"),
    "NUL bytes": partial(_other, body=b"\x00" * 20_000),
    "50,000 deep": partial(_other, body=b"<html><body>" + b"<div>" * 50_000 + b"text"),
    "50,000 attributes": partial(
        _other, body=b"<html><body><p " + b" ".join(b'a%d="x"' % n for n in range(50_000)) + b">text</p>"
    ),
    "spanning table": partial(
        _other,
        body=b"<html><body><table>" + b"<tr><td rowspan=100 colspan=100>x</td></tr>" * 1_000 + b"</table>",
    ),
}
"""How a page can fail; some of these are pages with next to no text."""
MOVED: Way = partial(_chain, hops=3)
WELL: Way = _good


def feed_body(base: str, number: int, links: list[str]) -> bytes:
    """An RSS feed that links these paths."""
    items = "".join(
        f"<item><title>Report {number}.{place}</title><link>{base}{html.escape(link)}</link></item>"
        for place, link in enumerate(links)
    )
    text = f'<?xml version="1.0"?><rss version="2.0"><channel><title>Feed {number}</title>{items}</channel></rss>'
    return text.encode()


def page_body(name: str) -> bytes:
    """A short article; each has words of its own, so that none is taken for another."""
    sentence = (
        f"The harbour board of ward {name} met on Tuesday and spoke at length about the dredging of the basin. "
    )
    paragraphs = "".join(f"<p>{sentence}Paragraph {place} adds that nothing was decided.</p>" for place in range(4))
    return (
        f"<!doctype html><html lang=en><head><title>Report {name}</title></head><body><article><h1>Report {name}"
        f"</h1>{paragraphs}</article></body></html>"
    ).encode()
