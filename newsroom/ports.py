"""The newsroom's sockets: a port for each outlet, and one at which nobody listens."""

from __future__ import annotations

import socket
from collections.abc import Sequence

HOST = "127.0.0.1"


class ServerError(RuntimeError):
    """The server cannot start; the message says why in one sentence."""


class Sockets:
    """Sockets on loopback, closed on leaving the `with` block.

    In: the outlets that get a port each, further outlets, and the first port (0 takes free ones). With a first port
    the outlets come one after the other, then the dead origin, then the further outlets, so that these move nothing.
    Raises ServerError where a port is taken.
    """

    def __init__(self, outlets: Sequence[str], extra: Sequence[str], port: int) -> None:
        self.listening: dict[str, socket.socket] = {}
        self._all: list[socket.socket] = []
        wanted = iter(range(port, port + len(outlets) + len(extra) + 1)) if port else iter(lambda: 0, 1)
        try:
            for outlet in outlets:
                self.listening[outlet] = self._bind(next(wanted), listen=True)
            # Bound and not listening: nobody else can take it, and whoever connects is refused.
            dead = self._bind(next(wanted), listen=False)
            for outlet in extra:
                self.listening[outlet] = self._bind(next(wanted), listen=True)
        except ServerError:
            self.close()
            raise
        self.base_urls = {outlet: _origin(sock) for outlet, sock in self.listening.items()}
        self.dead = _origin(dead)

    def __enter__(self) -> Sockets:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all."""
        for sock in self._all:
            sock.close()

    @property
    def outlet_of_port(self) -> dict[int, str]:
        """Which outlet a port belongs to."""
        return {sock.getsockname()[1]: outlet for outlet, sock in self.listening.items()}

    def _bind(self, port: int, *, listen: bool) -> socket.socket:
        # asyncio switches Nagle's delay off only where the protocol is named; else each answer takes 40 ms
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._all.append(sock)
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((HOST, port))
            if listen:
                sock.listen(128)
        except (OSError, OverflowError) as error:
            why = error.strerror if isinstance(error, OSError) else "no such port"
            raise ServerError(f"cannot listen on {HOST} port {port}: {why}") from error
        return sock


def _origin(sock: socket.socket) -> str:
    return f"http://{HOST}:{sock.getsockname()[1]}"
