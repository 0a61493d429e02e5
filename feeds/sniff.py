"""What a document is, by its first bytes; and how its bytes are written. Pure."""

from __future__ import annotations

import codecs
import re
from enum import Enum

_BOMS = (codecs.BOM_UTF8, codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_PROLOGUE = re.compile(rb"\s+|<\?.*?\?>|<!--.*?-->", re.DOTALL)
_HTML = re.compile(rb"<!doctype\s+html|<html[\s>]|<head[\s>]|<body[\s>]", re.IGNORECASE)


class Shape(Enum):
    """What a document looks like before it is parsed."""

    EMPTY = "empty"
    JSON = "json"
    HTML = "html"
    OTHER = "other"


def shape_of(body: bytes) -> Shape:
    """Look at the first bytes after byte order mark, XML declaration and comments."""
    start = skim(body)
    if not start:
        return Shape.EMPTY
    if start.startswith((b"{", b"[")):
        return Shape.JSON
    return Shape.HTML if _HTML.match(start) else Shape.OTHER


def skim(body: bytes, length: int = 64) -> bytes:
    """The first bytes that say something, zero bytes of two-byte encodings left out."""
    position = next((len(mark) for mark in _BOMS if body.startswith(mark)), 0)
    head = body[position : position + 65_536]
    if b"\0" in head[:64]:
        head = head.replace(b"\0", b"")
    place = 0
    while True:
        match = _PROLOGUE.match(head, place)
        if not match:
            return head[place : place + length]
        place = match.end()


def is_utf8(body: bytes) -> bool:
    """Whether a document can hardly be anything but UTF-8: it has multi-byte letters, and all of them are valid."""
    if body.isascii() or b"\0" in body:
        return False
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def charset_of(content_type: str) -> str:
    """The charset parameter of a Content-Type header, lower case, "" if none."""
    match = re.search(r"charset\s*=\s*[\"']?([\w.:-]+)", content_type, re.IGNORECASE)
    return match.group(1).lower() if match else ""
