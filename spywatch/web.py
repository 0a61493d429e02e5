"""The one HTTP door: every request of spywatch to the outside goes through `Web.get` (the only importer of httpx).

What comes back is an `Answer` (2xx, or 304 to a conditional request) or a `Failure` with a reason; no httpx
exception gets past this module. Sizes are limited while streaming, after decompression too; the private-network
guard looks at the address that is connected to, on every hop.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Self
from urllib.parse import urljoin, urlsplit
from urllib.request import getproxies_environment, proxy_bypass_environment  # type: ignore[attr-defined]

import httpcore
import httpx

from spywatch.guard import AllowedHosts, PrivateAddressError, check
from spywatch.inflate import BadEncoding, Inflater, TooLarge, Truncated
from spywatch.records import Failure, Reason, Stage
from spywatch.urls import host_of, redact

REASONS: Mapping[type[Exception], tuple[Reason, bool]] = {
    httpx.TimeoutException: (Reason.TIMEOUT, True),
    httpx.ConnectError: (Reason.CONNECT, True),
    httpx.NetworkError: (Reason.PROTOCOL, True),
    httpx.ProxyError: (Reason.PROXY, True),
    httpx.UnsupportedProtocol: (Reason.BAD_URL, False),
    httpx.ProtocolError: (Reason.PROTOCOL, True),
    httpx.TransportError: (Reason.CONNECT, True),
    httpx.DecodingError: (Reason.BAD_ENCODING, False),
    httpx.TooManyRedirects: (Reason.TOO_MANY_REDIRECTS, False),
    httpx.HTTPStatusError: (Reason.UNEXPECTED_STATUS, False),
    httpx.InvalidURL: (Reason.BAD_URL, False),
    httpx.CookieConflict: (Reason.PROTOCOL, False),
    httpx.StreamError: (Reason.PROTOCOL, True),
    httpx.RequestError: (Reason.PROTOCOL, True),
    httpx.HTTPError: (Reason.PROTOCOL, True),
}
"""Reason and retryable, by exception class; the nearest class in an exception's line of descent decides."""

_STATUS_REASONS: Mapping[int, tuple[Reason, bool]] = {
    401: (Reason.FORBIDDEN, False),
    402: (Reason.FORBIDDEN, False),
    403: (Reason.FORBIDDEN, False),
    404: (Reason.NOT_FOUND, False),
    408: (Reason.TIMEOUT, True),
    410: (Reason.GONE, False),
    429: (Reason.RATE_LIMITED, True),
    451: (Reason.FORBIDDEN, False),
}
_PERMANENT = {301, 308}
_REDIRECTS = {301, 302, 303, 307, 308}
_LONGEST_WAIT = timedelta(days=31)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A successful answer.

    Attributes:
        url: the address after redirects.
        headers: names in lower case; of repeated headers the joined values.
        body: decompressed bytes.
        permanent_url: where the redirects led, if each of them was permanent (301, 308); None without redirects.
        seconds: from the first request to the last byte.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    permanent_url: str | None = None
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """How requests are made; durations in seconds."""

    user_agent: str
    connect_timeout: float = 10.0
    read_timeout: float = 20.0
    total_timeout: float = 60.0
    max_redirects: int = 10
    connections: int = 32
    host_concurrency: int = 2
    host_delay: float = 1.0
    allowed_private_hosts: AllowedHosts = field(default_factory=AllowedHosts)


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Opens connections, but only to addresses that the private-network guard lets through."""

    def __init__(self, allowed: AllowedHosts, inner: httpcore.AsyncNetworkBackend | None = None) -> None:
        self._allowed = allowed
        self._inner = inner or httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Resolve the name, check every address of it, connect to the first that answers."""
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (socket.gaierror, UnicodeError) as error:
            raise httpcore.ConnectError(f"no address for {host}") from error
        addresses = list(dict.fromkeys(str(item[4][0]) for item in found))
        for address in addresses:
            check(host, port, address, self._allowed)
        failure: Exception = httpcore.ConnectError(f"no address for {host}")
        for address in addresses:
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.AsyncNetworkStream:
        """Refused: nothing that spywatch reads is behind a local socket."""
        raise PrivateAddressError(f"local socket {path}")

    async def sleep(self, seconds: float) -> None:
        """Wait (httpcore's retries)."""
        await asyncio.sleep(seconds)


def _guarded_transport(manners: Manners) -> httpx.AsyncHTTPTransport:
    transport = httpx.AsyncHTTPTransport()
    # httpx offers no parameter for the network backend; the pool is the transport's only state.
    transport._pool = httpcore.AsyncConnectionPool(
        ssl_context=httpx.create_ssl_context(),
        max_connections=manners.connections,
        max_keepalive_connections=manners.connections,
        keepalive_expiry=15.0,
        network_backend=GuardedBackend(manners.allowed_private_hosts),
    )
    return transport


def _proxied_transport(proxy: str) -> httpx.AsyncHTTPTransport:
    try:
        return httpx.AsyncHTTPTransport(proxy=proxy if "://" in proxy else f"http://{proxy}")
    except (ValueError, httpx.InvalidURL) as error:
        told = f"the environment's proxy setting cannot be used: {redact(proxy)}"
        raise httpx.ProxyError(told) from error


class Web:
    """An async HTTP client with manners. Use it as an async context manager.

    Args:
        manners: time-outs, limits and the guard's exceptions.
        transport: replaces the network in unit tests.
        clock: the present (UTC), for dates in Retry-After.
    """

    def __init__(
        self,
        manners: Manners,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._manners = manners
        self._clock = clock
        self._fake = transport
        self._clients: dict[str, httpx.AsyncClient] = {}
        self._total = asyncio.Semaphore(manners.connections)
        self._hosts: dict[str, _HostGate] = defaultdict(
            lambda: _HostGate(manners.host_concurrency, manners.host_delay)
        )
        self._proxies = {} if transport else getproxies_environment()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for client in self._clients.values():
            await client.aclose()
        self._clients.clear()

    async def get(
        self, url: str, *, stage: Stage, max_bytes: int, headers: Mapping[str, str] | None = None
    ) -> Answer | Failure:
        """Fetch an address.

        Args:
            url: absolute http(s) address; user name and password in it become basic authentication.
            stage: named in a failure.
            max_bytes: size limit, in bytes after decompression; the compressed size is limited by the same number.
            headers: sent as they are (validators).

        Returns:
            The answer for 2xx and 304, else the failure with its reason.
        """
        try:
            return await self._follow(url, stage, max_bytes, dict(headers or {}))
        except PrivateAddressError as error:
            return self._failure(stage, url, Reason.PRIVATE_ADDRESS, f"{error}; see allowed_private_hosts")
        except TimeoutError:
            detail = f"no complete answer within {self._manners.total_timeout:g} s"
            return self._failure(stage, url, Reason.TIMEOUT, detail, retryable=True)
        except UnicodeError as error:  # idna, on a host name that is none
            return self._failure(stage, url, Reason.BAD_URL, _tell(error))
        except Truncated:
            detail = "the compressed body ended before its end"
            return self._failure(stage, url, Reason.PROTOCOL, detail, retryable=True)
        except TooLarge:
            return self._failure(stage, url, Reason.TOO_LARGE, f"more than {max_bytes:,} bytes")
        except BadEncoding as error:
            return self._failure(stage, url, Reason.BAD_ENCODING, str(error))
        except (httpx.HTTPError, httpx.InvalidURL, httpx.CookieConflict, httpx.StreamError) as error:
            reason, retryable = reason_of(error)
            return self._failure(stage, url, reason, _tell(error), retryable=retryable)

    async def _follow(self, url: str, stage: Stage, max_bytes: int, headers: dict[str, str]) -> Answer | Failure:
        started = time.monotonic()
        budget = self._manners.total_timeout
        here, permanent, hops = url, True, 0
        while True:
            parts = _split(here)
            if parts is None:
                return self._failure(stage, url, Reason.BAD_URL, f"{redact(here)!r} is not an http(s) address")
            client = self._client_for(*parts)
            async with self._turn(here), asyncio.timeout(budget):
                hop_started = time.monotonic()
                async with client.stream("GET", here, headers=headers, follow_redirects=False) as response:
                    location = response.headers.get("location", "")
                    if response.status_code not in _REDIRECTS or not location:
                        return await self._read(response, stage, max_bytes, permanent and hops > 0, started)
                budget = max(0.0, budget - (time.monotonic() - hop_started))
            hops += 1
            permanent = permanent and response.status_code in _PERMANENT
            if hops > self._manners.max_redirects:
                detail = f"more than {self._manners.max_redirects} redirects"
                return self._failure(stage, url, Reason.TOO_MANY_REDIRECTS, detail)
            try:
                here = urljoin(here, location)
            except ValueError:
                return self._failure(stage, url, Reason.BAD_URL, "redirect to an address that cannot be read")

    async def _read(
        self, response: httpx.Response, stage: Stage, max_bytes: int, permanent: bool, started: float
    ) -> Answer | Failure:
        url = str(response.url)
        if response.status_code != 304 and not response.is_success:
            return self._refused(response, stage)
        body = b"" if response.status_code == 304 else await _read_limited(response, max_bytes)
        return Answer(
            url=url,
            status=response.status_code,
            headers={name.lower(): value for name, value in response.headers.items()},
            body=body,
            permanent_url=url if permanent else None,
            seconds=time.monotonic() - started,
        )

    def _refused(self, response: httpx.Response, stage: Stage) -> Failure:
        status = response.status_code
        if status in _STATUS_REASONS:
            reason, retryable = _STATUS_REASONS[status]
        elif status >= 500:
            reason, retryable = Reason.HTTP_SERVER_ERROR, True
        elif status >= 400:
            reason, retryable = Reason.HTTP_CLIENT_ERROR, False
        else:
            reason, retryable = Reason.UNEXPECTED_STATUS, False
        wait = retry_after(response.headers.get("retry-after", ""), self._clock())
        detail = f"HTTP {status}"
        return self._failure(stage, str(response.url), reason, detail, retryable=retryable, wait=wait)

    def _failure(
        self,
        stage: Stage,
        url: str,
        reason: Reason,
        detail: str,
        *,
        retryable: bool = False,
        wait: timedelta | None = None,
    ) -> Failure:
        return Failure(
            stage=stage,
            subject=redact(url),
            reason=reason,
            detail=detail,
            retryable=retryable,
            retry_after=wait,
            at=self._clock(),
        )

    @asynccontextmanager
    async def _turn(self, url: str) -> AsyncIterator[None]:
        async with self._hosts[host_of(url)].turn(), self._total:
            yield

    def _client_for(self, scheme: str, host: str, port: int) -> httpx.AsyncClient:
        proxy = self._proxies.get(scheme) or self._proxies.get("all") or ""
        if proxy and proxy_bypass_environment(host, self._proxies):
            proxy = ""
        if proxy:
            _check_literal(host, port, self._manners.allowed_private_hosts)
        if proxy not in self._clients:
            self._clients[proxy] = self._new_client(proxy)
        return self._clients[proxy]

    def _new_client(self, proxy: str) -> httpx.AsyncClient:
        if self._fake is not None:
            transport = self._fake
        elif proxy:
            transport = _proxied_transport(proxy)
        else:
            transport = _guarded_transport(self._manners)
        timeout = httpx.Timeout(self._manners.read_timeout, connect=self._manners.connect_timeout, pool=None)
        headers = {
            "User-Agent": self._manners.user_agent,
            "Accept": "*/*",
            "Accept-Encoding": "gzip, deflate",
        }
        return httpx.AsyncClient(transport=transport, timeout=timeout, headers=headers, trust_env=False)


class _HostGate:
    """Takes turns at one host: so many at once, and so long between two starts."""

    def __init__(self, concurrency: int, delay: float) -> None:
        self._slots = asyncio.Semaphore(concurrency)
        self._delay = delay
        self._next_start = 0.0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        async with self._slots:
            now = time.monotonic()
            start = max(now, self._next_start)
            self._next_start = start + self._delay
            if start > now:
                await asyncio.sleep(start - now)
            yield


async def _read_limited(response: httpx.Response, max_bytes: int) -> bytes:
    """The body, decompressed piece by piece so that a small bomb cannot grow past the limit in memory."""
    encoding = response.headers.get("content-encoding", "").strip().lower()
    if encoding not in {"", "identity", "gzip", "x-gzip", "deflate"}:
        raise BadEncoding(f"content encoding {encoding[:40]!r} was not asked for")
    inflate = Inflater(max_bytes) if encoding not in {"", "identity"} else None
    body = bytearray()
    read = 0
    async for chunk in response.aiter_raw(65_536):
        read += len(chunk)
        if read > max_bytes:
            raise TooLarge
        body += inflate.feed(chunk) if inflate else chunk
    if inflate:
        inflate.finish()
    return bytes(body)


def _split(url: str) -> tuple[str, str, int] | None:
    try:
        parts = urlsplit(url)
        scheme, host = parts.scheme.lower(), parts.hostname
        port = parts.port or {"http": 80, "https": 443}.get(scheme, 0)
    except ValueError:
        return None
    return (scheme, host, port) if scheme in {"http", "https"} and host else None


def _check_literal(host: str, port: int, allowed: AllowedHosts) -> None:
    """Behind a proxy names are resolved elsewhere; addresses written as numbers are checked here."""
    try:
        address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)[0][4][0]
    except (socket.gaierror, UnicodeError):
        if host.lower() == "localhost" or host.lower().endswith(".localhost"):
            check(host, port, "127.0.0.1", allowed)
        return
    check(host, port, str(address), allowed)


def reason_of(error: Exception) -> tuple[Reason, bool]:
    """The reason for an httpx exception and whether a later try may succeed."""
    if isinstance(error, httpx.ConnectError):
        for cause in _causes(error):
            if isinstance(cause, socket.gaierror | UnicodeError):
                return Reason.DNS, True
            if isinstance(cause, ssl.SSLError):
                return Reason.TLS, True
    for kind in type(error).__mro__:
        if kind in REASONS:
            return REASONS[kind]
    raise error


def _causes(error: BaseException) -> list[BaseException]:
    chain: list[BaseException] = []
    here: BaseException | None = error
    while here is not None and here not in chain:
        chain.append(here)
        here = here.__cause__ or here.__context__
    return chain


def _tell(error: Exception) -> str:
    text = " ".join(str(error).split())[:200]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def retry_after(value: str, now: datetime) -> timedelta | None:
    """How long a server asks to wait.

    Args:
        value: the Retry-After header, in seconds or as an HTTP date (RFC 9110, section 10.2.3).

    Returns:
        The wait, at most 31 days, never negative; None if the header is missing or cannot be read.
    """
    value = value.strip()
    if value.isdecimal() and value.isascii():
        return min(timedelta(seconds=min(int(value[:12]), 10**9)), _LONGEST_WAIT)
    try:
        when = parsedate_to_datetime(value)
        when = when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return max(timedelta(0), min(when - now, _LONGEST_WAIT))
