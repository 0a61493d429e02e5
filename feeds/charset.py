"""How a document's bytes are written, made plain for whoever scans them. Pure.

Before anything is looked for in a document, its markup must stand there in ASCII: encodings of two and four bytes
and EBCDIC are rewritten as UTF-8, and encodings that can write markup in other signs are not believed (UTF-7 and
Python's own escapes would hide an entity bomb from every scan; decoding punycode takes quadratic time).
"""

from __future__ import annotations

import codecs
import re

from feeds.sniff import charset_of

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# "<" and what may follow it, as XML 1.0 (appendix F) detects encodings without a byte order mark.
_WIDE_STARTS = (
    (re.compile(rb"<\0\0\0[!?\w]\0\0\0"), "utf-32-le"),
    (re.compile(rb"\0\0\0<\0\0\0[!?\w]"), "utf-32-be"),
    (re.compile(rb"<\0[!?\w]\0"), "utf-16-le"),
    (re.compile(rb"\0<\0[!?\w]"), "utf-16-be"),
    (re.compile(rb"\x4c\x6f\xa7\x94"), "cp037"),
)
_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>")
_DECLARED = re.compile(rb"encoding\s*=\s*[\"']([^\"'>]*)")
_UTF_8 = "application/xml; charset=utf-8"
_MARKUP = "<>&;\"'=!?[]/:#-abcxyzABCXYZ0123456789"
_HIDING = {"punycode", "idna", "utf-7", "unicode_escape", "raw-unicode-escape", "unicode-escape", "undefined"}


def plain_bytes(body: bytes, content_type: str) -> tuple[bytes, str]:
    """A document whose markup stands in ASCII, and the Content-Type to read it with.

    Args:
        body: the document, undecoded.
        content_type: the header, "" if unknown.

    Returns:
        Both as they are for nearly every document. A document in UTF-16, UTF-32 or EBCDIC comes back as UTF-8, what
        cannot be decoded in it replaced; a declared charset that hides markup is taken out of header and document.
    """
    encoding = next((name for mark, name in _MARKS if body.startswith(mark)), "")
    if not encoding:
        encoding = next((name for start, name in _WIDE_STARTS if start.match(body)), "")
    if encoding:
        text = body.decode(encoding, "replace").lstrip("\ufeff")
        return _DECLARATION.sub("", text, count=1).encode("utf-8", "replace"), _UTF_8
    named = charset_of(content_type)
    if named and not readable(named):
        content_type = content_type.partition(";")[0]
    return _without_hiding_declaration(body), content_type


def readable(charset: str) -> bool:
    """Whether Python knows a charset, and markup in it is written as in ASCII."""
    try:
        known = codecs.lookup(charset)
        return known.name not in _HIDING and _MARKUP.encode("ascii").decode(charset) == _MARKUP
    except (LookupError, ValueError):  # unknown, no text encoding, or bytes that it cannot decode
        return False


def _without_hiding_declaration(body: bytes) -> bytes:
    while body.startswith(b"<?"):
        first_line = body.split(b"\n", 1)[0]
        names = _DECLARED.findall(first_line)
        if all(readable(name.decode("latin-1").strip() or "utf-8") or not _known(name) for name in names):
            return body
        end = body.find(b"?>")
        body = body[end + 2 :].lstrip() if end >= 0 else body[2:]
    return body


def _known(name: bytes) -> bool:
    try:
        codecs.lookup(name.decode("latin-1").strip())
    except (LookupError, ValueError):
        return False
    return True
