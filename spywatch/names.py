"""Host names to addresses.

The event loop's own look-ups share a handful of threads with everything else and know no time limit, so that a few
names whose servers keep silent would hold up every other host. These have threads and a limit of their own.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from spywatch.guard import AllowedHosts, check

Lookup = Callable[..., Sequence[tuple[Any, ...]]]
"""Called like `socket.getaddrinfo`."""
_MOST_THREADS = 32


class Names:
    """Looks names up.

    Args:
        threads: look-ups at once, at most 32.
        time_limit: seconds for one.
        lookup: what to ask; the system's resolver by default.
    """

    def __init__(self, threads: int, time_limit: float, lookup: Lookup = socket.getaddrinfo) -> None:
        self._time_limit = time_limit
        self._lookup = lookup
        self._unknown: set[str] = set()
        self._threads = ThreadPoolExecutor(min(threads, _MOST_THREADS), thread_name_prefix="names")

    async def addresses(self, host: str, port: int) -> tuple[str, ...]:
        """The numeric addresses of a name, in the order to try them; numbers in any form count as names.

        Raises:
            OSError, UnicodeError: there are none, or it is no name.
            TimeoutError: no word within the time limit.
        """
        ask = partial(self._lookup, host, port, type=socket.SOCK_STREAM)
        async with asyncio.timeout(self._time_limit):
            found = await asyncio.get_running_loop().run_in_executor(self._threads, ask)
        return tuple(dict.fromkeys(str(item[4][0]) for item in found))

    async def checked(self, host: str, port: int, allowed: AllowedHosts) -> tuple[str, ...]:
        """The same, after the private-network guard has let every one of them through.

        Raises:
            PrivateAddressError: one of them is private; a name that has such a one is not trusted with the others.
        """
        addresses = await self.addresses(host, port)
        for address in addresses:
            check(host, port, address, allowed)
        return addresses

    async def check_locally(self, host: str, port: int, allowed: AllowedHosts) -> None:
        """Before a name is handed to a proxy, which resolves it itself: refuse what is private as seen from here.

        A name that is not known here, or not in time, passes, now and for the rest of the run.

        Raises:
            PrivateAddressError: it is private.
        """
        if host in self._unknown:
            return
        if host == "localhost" or host.endswith(".localhost"):
            check(host, port, "127.0.0.1", allowed)
        try:
            await self.checked(host, port, allowed)
        except (OSError, UnicodeError):
            self._unknown.add(host)

    def close(self) -> None:
        """Look up nothing more."""
        self._threads.shutdown(wait=False, cancel_futures=True)
