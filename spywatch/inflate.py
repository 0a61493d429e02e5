"""Bodies, read and opened piece by piece so that a small bomb cannot grow past a limit in memory."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator

_OTHER_COMPRESSIONS = frozenset({"br", "zstd", "compress", "x-compress", "dcb", "dcz", "bzip2", "xz", "exi"})


class TooLarge(Exception):
    """The body passed the size limit.

    Attributes:
        held: what the piece that passed it held, no more than one byte beyond the limit.
    """

    def __init__(self, held: bytes = b"") -> None:
        super().__init__()
        self.held = held


class Truncated(Exception):
    """The compressed body stopped short."""


class BadEncoding(Exception):
    """The body is not what its Content-Encoding says."""


class Inflater:
    """gzip, zlib or raw deflate, at most `max_bytes` of output, concatenated members included."""

    def __init__(self, max_bytes: int) -> None:
        self._left = max_bytes
        self._started = False
        self._over = False
        self._engine = zlib.decompressobj(zlib.MAX_WBITS | 32)

    def feed(self, chunk: bytes) -> bytes:
        """What a piece of the body holds; raises `TooLarge` past the limit and `BadEncoding` where it is broken."""
        out = bytearray()
        while chunk and not self._over:
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
                raise TooLarge(bytes(out))
            chunk = self._engine.unused_data
            if chunk:
                # Another member, or padding and remarks that some servers put behind the end, which all readers skip.
                self._over = chunk[:1] != b"\x1f"
                self._engine = zlib.decompressobj(zlib.MAX_WBITS | 32)
        return bytes(out)

    def finish(self) -> None:
        """Say that there is no more; `Truncated` if the stream had not come to its end."""
        if self._started and not self._engine.eof and not self._over:
            raise Truncated


async def read_limited(chunks: AsyncIterator[bytes], *, encoding: str, max_bytes: int, truncate: bool) -> bytes:
    """A whole body, decompressed.

    Args:
        chunks: as they come over the wire.
        encoding: the Content-Encoding, lower case, "" if none.
        max_bytes: limit for what is read and for what it holds.
        truncate: whether a longer body is cut there instead of failing.

    Raises:
        TooLarge: it is longer, and not to be cut.
        BadEncoding: a compression other than gzip and deflate, several at once, or a broken one. A word that is no
            compression at all ("utf-8", "none"), which some servers send, is taken for none.
        Truncated: it stopped short.
    """
    if encoding in _OTHER_COMPRESSIONS or "," in encoding:
        raise BadEncoding(f"content encoding {encoding[:40]!r} was not asked for")
    inflate = Inflater(max_bytes) if encoding in {"gzip", "x-gzip", "deflate"} else None
    body = bytearray()
    read = 0
    try:
        async for chunk in chunks:
            read += len(chunk)
            body += inflate.feed(chunk) if inflate else chunk
            if read > max_bytes:
                raise TooLarge
    except TooLarge as error:
        if not truncate:
            raise
        return bytes(body + error.held)[:max_bytes]
    if inflate:
        inflate.finish()
    return bytes(body)
