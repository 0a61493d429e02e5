"""The one HTTP door: every request of spywatch to the outside goes through `Web.get` (the only importer of httpx).

What comes back is an `Answer` (2xx, 304 to a conditional request, or a refusal that was asked for) or a `Failure`
with a reason; no httpx exception gets past this module. Sizes are limited while streaming, after decompression too.
The private-network guard looks at the address that is connected to, on every hop. Hosts are asked at the pace, and
left alone for as long, as `hosts.py` says.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from types import TracebackType
from typing import Any, Self
from urllib.parse import urljoin
from urllib.request import getproxies_environment, proxy_bypass_environment  # type: ignore[attr-defined]

import httpcore
import httpx

from spywatch.answers import WALL_STATUSES, Answer, is_challenge, refusal, retry_after, shows_html
from spywatch.guard import AllowedHosts, PrivateAddressError
from spywatch.hosts import HostResting, Hosts, Origin, asks_for_rest
from spywatch.inflate import BadEncoding, TooLarge, Truncated, read_limited
from spywatch.manners import Manners
from spywatch.names import Lookup, Names
from spywatch.records import Failure, Reason, Stage
from spywatch.urls import redact

__all__ = [
    "REASONS",
    "Answer",
    "Manners",
    "Permit",
    "Web",
    "origin_of",
    "reason_of",
    "refusal",
    "request_target",
    "retry_after",
]

Permit = Callable[[str], Awaitable[Failure | None]]
"""Asked before each address, redirects included; a failure means that it is not to be read (`Robots.allows`)."""

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

_PERMANENT = {301, 308}
_REDIRECTS = {301, 302, 303, 307, 308}


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Opens connections, but only to addresses that the private-network guard lets through."""

    def __init__(
        self, allowed: AllowedHosts, names: Names, inner: httpcore.AsyncNetworkBackend | None = None
    ) -> None:
        self._allowed = allowed
        self._names = names
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
            addresses = await self._names.checked(host, port, self._allowed)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(f"no word from the name servers about {host}") from error
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"no address for {host}") from error
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


@cache
def _tls() -> ssl.SSLContext:
    # Reading the certificates takes longer than most requests; httpx would do it for each transport.
    return httpx.create_ssl_context()


def _guarded_transport(manners: Manners, names: Names) -> httpx.AsyncHTTPTransport:
    transport = httpx.AsyncHTTPTransport(verify=_tls())
    # httpx offers no parameter for the network backend; the pool is the transport's only state.
    transport._pool = httpcore.AsyncConnectionPool(
        ssl_context=_tls(),
        max_connections=manners.connections,
        max_keepalive_connections=manners.connections,
        keepalive_expiry=15.0,
        network_backend=GuardedBackend(manners.allowed_private_hosts, names),
    )
    return transport


def _proxied_transport(manners: Manners, proxy: str) -> httpx.AsyncHTTPTransport:
    limits = httpx.Limits(max_connections=manners.connections, max_keepalive_connections=manners.connections)
    try:
        return httpx.AsyncHTTPTransport(
            proxy=proxy if "://" in proxy else f"http://{proxy}", limits=limits, verify=_tls()
        )
    except (ValueError, httpx.InvalidURL) as error:
        told = f"the environment's proxy setting cannot be used: {redact(proxy)}"
        raise httpx.ProxyError(told) from error


class Web:
    """An async HTTP client with manners. Use it as an async context manager, for one run.

    Args:
        manners: time-outs, limits and the guard's exceptions.
        transport: replaces the network in unit tests.
        lookup: replaces the system's name resolver in tests.
        clock: the present (UTC), for dates in Retry-After.
    """

    def __init__(
        self,
        manners: Manners,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        lookup: Lookup = socket.getaddrinfo,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._manners = manners
        self._clock = clock
        self._fake = transport
        self._clients: dict[str, httpx.AsyncClient] = {}
        self._names = Names(manners.connections, manners.connect_timeout, lookup)
        self._hosts = Hosts(
            concurrency=manners.host_concurrency,
            delay=manners.host_delay,
            delay_max=manners.host_delay_max,
            patience=manners.host_patience,
            connections=manners.connections,
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
        self._names.close()

    @property
    def user_agent(self) -> str:
        """The User-Agent header of every request."""
        return self._manners.user_agent

    def crawl_delay(self, origin: Origin, seconds: float) -> None:
        """Keep such a pause between two starts at the origin's host, within `Manners.host_delay_max`."""
        self._hosts.crawl_delay(origin.host, seconds)

    async def get(
        self,
        url: str,
        *,
        stage: Stage,
        max_bytes: int,
        headers: Mapping[str, str] | None = None,
        refusals: bool = False,
        truncate: bool = False,
        permit: Permit | None = None,
    ) -> Answer | Failure:
        """Fetch an address.

        Args:
            url: absolute http(s) address; user name and password in it become basic authentication.
            stage: named in a failure.
            max_bytes: size limit, in bytes after decompression; the compressed size is limited by the same number.
            headers: sent as they are (validators).
            refusals: whether a page sent with status 401, 402, 403, 405, 407, 429, 451 or 503 comes back as an
                answer, its body cut at `max_bytes`; `refusal` makes the failure of it. A challenge that names
                itself in the headers is a failure all the same.
            truncate: whether a longer body is cut at `max_bytes` instead of failing.
            permit: asked before each address, redirects included; what it returns other than None is the result.

        Returns:
            The answer for 2xx and 304, else the failure with its reason; `host_resting` where the origin, or one that
            a redirect led to, is dead or rests (see `hosts.py`).
        """
        fetch = _Fetch(stage, max_bytes, dict(headers or {}), refusals, truncate, permit)
        try:
            return await self._follow(url, fetch)
        except HostResting as error:
            return self._failure(stage, url, Reason.HOST_RESTING, str(error), retryable=True, wait=error.wait)
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

    async def _follow(self, url: str, fetch: _Fetch) -> Answer | Failure:
        here, permanent, hops = url, True, 0
        while True:
            target = httpx.URL(here)
            origin = _origin(target)
            if origin is None:
                detail = f"{redact(here)!r} is not an http(s) address"
                return self._failure(fetch.stage, url, Reason.BAD_URL, detail)
            if fetch.permit is not None and (forbidden := await fetch.permit(here)) is not None:
                return forbidden
            client = await self._client_for(origin)
            async with self._hosts.turn(origin) as sent:
                result = await self._hop(client, target, origin, fetch, permanent and hops > 0, sent)
            if not isinstance(result, _Redirect):
                return result
            hops += 1
            permanent = permanent and result.permanent
            if hops > self._manners.max_redirects:
                detail = f"more than {self._manners.max_redirects} redirects"
                return self._failure(fetch.stage, url, Reason.TOO_MANY_REDIRECTS, detail)
            try:
                here = urljoin(here, result.location)
            except ValueError:
                detail = "redirect to an address that cannot be read"
                return self._failure(fetch.stage, url, Reason.BAD_URL, detail)

    async def _hop(
        self,
        client: httpx.AsyncClient,
        target: httpx.URL,
        origin: Origin,
        fetch: _Fetch,
        permanent: bool,
        sent: Callable[[], None],
    ) -> Answer | Failure | _Redirect:
        """One request to its end, and what the host is remembered for by it."""
        began = time.monotonic()

        async def told(event: str, _: Mapping[str, object]) -> None:
            if event == "http11.send_request_headers.complete":
                sent()

        heard: tuple[int, float, timedelta | None] | None = None
        failed: Reason | None = None
        try:
            async with (
                asyncio.timeout(max(0.0, self._manners.total_timeout - fetch.spent)),
                client.stream(
                    "GET", target, headers=fetch.headers, follow_redirects=False, extensions={"trace": told}
                ) as response,
            ):
                wait = retry_after(response.headers.get("retry-after", ""), self._clock())
                heard = (response.status_code, time.monotonic() - began, wait)
                location = response.headers.get("location", "")
                if response.status_code in _REDIRECTS and location:
                    return _Redirect(location, response.status_code in _PERMANENT)
                return await self._read(response, fetch, permanent, began)
        except TimeoutError:
            if time.monotonic() - began >= self._manners.total_timeout / 2:  # it had a fair share of the time
                failed = Reason.TIMEOUT
            raise
        except httpx.TransportError as error:
            failed = reason_of(error)[0]
            raise
        finally:
            fetch.spent += time.monotonic() - began
            if heard is not None and (failed is None or asks_for_rest(heard[0], heard[2])):
                self._hosts.answered(origin, status=heard[0], seconds=heard[1], wait=heard[2])
            elif failed is not None:
                self._hosts.failed(origin, failed, headed=heard is not None)

    async def _read(self, response: httpx.Response, fetch: _Fetch, permanent: bool, began: float) -> Answer | Failure:
        status = response.status_code
        url = str(response.url)
        headers = {name.lower(): value for name, value in response.headers.items()}
        answer = Answer(url=url, status=status, headers=headers, body=b"")
        refused = refusal(answer, stage=fetch.stage, at=self._clock())
        good = (response.is_success or status == 304) and not is_challenge(status, headers)
        if not good and not (fetch.refusals and status in WALL_STATUSES and refused.reason != Reason.BOT_CHALLENGE):
            return refused
        try:
            body = b"" if status == 304 else await _body(response, fetch.max_bytes, fetch.truncate or not good)
        except (BadEncoding, Truncated):
            if good:
                raise
            return refused
        answer = Answer(
            url=url,
            status=status,
            headers=headers,
            body=body,
            permanent_url=url if permanent and good else None,
            seconds=fetch.spent + time.monotonic() - began,
        )
        return answer if good or shows_html(answer) else refused

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

    async def _client_for(self, origin: Origin) -> httpx.AsyncClient:
        proxy = self._proxies.get(origin.scheme) or self._proxies.get("all") or ""
        if proxy and proxy_bypass_environment(origin.host, self._proxies):
            proxy = ""
        if proxy:
            await self._names.check_locally(origin.host, origin.port, self._manners.allowed_private_hosts)
        if proxy not in self._clients:
            self._clients[proxy] = self._new_client(proxy)
        return self._clients[proxy]

    def _new_client(self, proxy: str) -> httpx.AsyncClient:
        if self._fake is not None:
            transport = self._fake
        elif proxy:
            transport = _proxied_transport(self._manners, proxy)
        else:
            transport = _guarded_transport(self._manners, self._names)
        timeout = httpx.Timeout(self._manners.read_timeout, connect=self._manners.connect_timeout, pool=None)
        headers = {
            "User-Agent": self._manners.user_agent,
            "Accept": "*/*",
            "Accept-Encoding": "gzip, deflate",
        }
        return httpx.AsyncClient(transport=transport, timeout=timeout, headers=headers, trust_env=False)


@dataclass(slots=True)
class _Fetch:
    """One call of `get` on its way; `spent` is the time that its requests took so far, without waiting for turns."""

    stage: Stage
    max_bytes: int
    headers: dict[str, str]
    refusals: bool
    truncate: bool
    permit: Permit | None
    spent: float = 0.0


@dataclass(frozen=True, slots=True)
class _Redirect:
    location: str
    permanent: bool


async def _body(response: httpx.Response, max_bytes: int, truncate: bool) -> bytes:
    encoding = response.headers.get("content-encoding", "").strip().lower()
    chunks = response.aiter_raw(65_536)
    return await read_limited(chunks, encoding=encoding, max_bytes=max_bytes, truncate=truncate)


def _origin(target: httpx.URL) -> Origin | None:
    # httpx's own reading of the address, because it is the one that is connected to.
    host = target.raw_host.decode("ascii").lower().rstrip(".")
    usual = {"http": 80, "https": 443}.get(target.scheme)
    return Origin(target.scheme, host, target.port or usual) if usual and host else None


def origin_of(url: str) -> Origin | None:
    """Scheme, host and port of an address as requests are made to it; None if it is no http(s) address."""
    try:
        return _origin(httpx.URL(url))
    except (httpx.InvalidURL, UnicodeError):
        return None


def request_target(url: str) -> str:
    """Path and query as they are sent, percent-encoded, for an address that `origin_of` could read."""
    return httpx.URL(url).raw_path.decode("ascii")


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
