"""Compressed bodies, opened piece by piece so that a small bomb cannot grow past a limit in memory."""

from __future__ import annotations

import zlib


class TooLarge(Exception):
    """The body passed the size limit."""


class Truncated(Exception):
    """The compressed body stopped short."""


class BadEncoding(Exception):
    """The body is not what its Content-Encoding says."""


class Inflater:
    """gzip, zlib or raw deflate, at most `max_bytes` of output, concatenated members included."""

    def __init__(self, max_bytes: int) -> None:
        self._left = max_bytes
        self._started = False
        self._engine = zlib.decompressobj(zlib.MAX_WBITS | 32)

    def feed(self, chunk: bytes) -> bytes:
        """What a piece of the body holds; raises `TooLarge` past the limit and `BadEncoding` where it is broken."""
        out = bytearray()
        while chunk:
            try:
                piece = self._engine.decompress(chunk, self._left + 1)
            except zlib.error as error:
                if self._started:
                    raise BadEncoding(f"compressed body is broken: {error}") from error
                self._started = True
                self._engine = zlib.decompressobj(-zlib.MAX_WBITS)
                continue
            self._started = True
            out += piece
            self._left -= len(piece)
            if self._left < 0 or self._engine.unconsumed_tail:
                raise TooLarge
            chunk = self._engine.unused_data
            if chunk:
                if not chunk.strip(b"\0"):
                    break
                self._engine = zlib.decompressobj(zlib.MAX_WBITS | 32)
        return bytes(out)

    def finish(self) -> None:
        """Say that there is no more; `Truncated` if the stream had not come to its end."""
        if self._started and not self._engine.eof:
            raise Truncated
