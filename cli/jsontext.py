"""JSON as it is printed: any text may stand in it, and none of it can steer the terminal that shows it."""

from __future__ import annotations

import io
import json
import re
from typing import Any, BinaryIO, cast

import typer

_UNSEEN = re.compile(
    r"[\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb"
    r"\U000e0000-\U000e007f]"
)
"""Control and direction characters, what has no width, halves of characters; JSON itself escapes those below 0x20.

In JSON they can stand in strings only, where an escape means the same (RFC 8259, section 7).
"""
_STEERING = re.compile(r"[\x00-\x08\x0b-\x1f]")


def dumps(value: Any, *, indent: int | None = None) -> str:
    """A value as JSON that every stream can hold and every terminal can show.

    Letters of all languages stand as they are; what cannot be seen stands as an escape, and is the same when read.
    """
    return _escaped(json.dumps(value, ensure_ascii=False, indent=indent))


def echo(value: Any, *, indent: int | None = None) -> None:
    """Print a value as JSON on standard output."""
    typer.echo(dumps(value, indent=indent))


def _escaped(text: str) -> str:
    return _UNSEEN.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    units = match.group().encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at] << 8 | units[at + 1]:04x}" for at in range(0, len(units), 2))


class Escaping(io.BufferedIOBase):
    """A binary stream that escapes what is written as JSON; each write is whole characters of UTF-8."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    @property
    def binary(self) -> BinaryIO:
        """The same, for who asks for a binary stream."""
        return cast(BinaryIO, self)

    def writable(self) -> bool:
        """Yes."""
        return True

    def write(self, data: Any) -> int:
        """Write, changed where needed; how many bytes were taken."""
        self._stream.write(self._changed(bytes(data).decode("utf-8")).encode("utf-8"))
        return len(data)

    def flush(self) -> None:
        """Pass it on."""
        self._stream.flush()

    def _changed(self, text: str) -> str:
        return _escaped(text)


class OnScreen(Escaping):
    """A binary stream to a terminal: what could steer it, or cannot be seen, is shown as U+FFFD."""

    def _changed(self, text: str) -> str:
        return visible(text)


def visible(text: str) -> str:
    """Lines of text for a terminal, with U+FFFD for each character that could steer it or cannot be seen."""
    return _STEERING.sub("\ufffd", _UNSEEN.sub("\ufffd", text.replace("\r\n", "\n")))
