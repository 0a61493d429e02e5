"""Addresses: their canonical form, and their form without secrets.

`canonical` decides what counts as the same page; `redact` what may be shown. The list of tracking parameters is
courlan's (the library that trafilatura uses for the same purpose).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from hashlib import sha256
from posixpath import normpath
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}
_SECRET_NAME = re.compile(
    r"token|secret|pass|pwd|^pw$|key$|auth|sig(nature)?$|session|^sid$|credential|jwt|access|^code$|^k$|^hash$",
    re.IGNORECASE,
)
_MIXED = re.compile(r"(?=.*\d)(?=.*[A-Za-z])[A-Za-z0-9_.~+=]{16,}")
_HEXADECIMAL = re.compile(r"(?=.*\d)[0-9a-fA-F\-]{16,}")
_ENDING = re.compile(r"\.[A-Za-z0-9]{2,5}$")
_REDACTED = "REDACTED"


def canonical(url: str) -> str:
    """The form of an address under which the same page is known once.

    Lower-case scheme and host, punycode host, no default port, no fragment, no tracking parameters, sorted query,
    dot segments resolved, no trailing slash except at the root. The scheme is kept out of the comparison: http and
    https of one page are the same page, written as https unless a port is given.

    Args:
        url: an absolute http(s) address.

    Returns:
        The canonical address, or "" if the input is not an absolute http(s) address.
    """
    from courlan import normalize_url

    parts = _split(url)
    if parts is None:
        return ""
    scheme, host, port, path, query = parts
    cleaned = urlsplit(normalize_url(urlunsplit((scheme, "example.org", "/", query, ""))))
    pairs = sorted((name, value) for name, value in parse_qsl(cleaned.query, keep_blank_values=True))
    trailing = path.endswith("/")
    path = normpath(path) if path else "/"
    path = "/" + path.lstrip("/")
    if trailing and path != "/":
        path = path.rstrip("/")
    netloc = f"[{host}]" if ":" in host else host
    if port is not None and port != _DEFAULT_PORTS[scheme]:
        netloc = f"{netloc}:{port}"
    else:
        scheme = "https"
    return urlunsplit(
        (
            scheme,
            netloc,
            quote(unquote(path), safe="/:@!$&'()*+,;=~-._", errors="replace"),
            urlencode(pairs, errors="replace"),
            "",
        )
    )


def _split(url: str) -> tuple[str, str, int | None, str, str] | None:
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname, parts.port
    except ValueError:  # an invalid port or an unclosed IPv6 bracket
        return None
    scheme = parts.scheme.lower()
    if scheme not in _DEFAULT_PORTS or not host:
        return None
    host = host.rstrip(".").lower()
    try:
        host = host.encode("idna").decode("ascii") if not host.isascii() else host
    except UnicodeError:
        return None
    return scheme, host, port, parts.path, parts.query


def host_of(url: str) -> str:
    """The lower-case host name of an address, "" if it has none."""
    parts = _split(url)
    return parts[1] if parts else ""


def path_of(url: str) -> str:
    """The path of an address, "" if it has none or is no web address."""
    parts = _split(url)
    return parts[3] if parts else ""


def digest_of(*parts: str) -> str:
    """A short stable id (24 hexadecimal digits of SHA-256) over text parts."""
    return sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:24]


def redact(url: str) -> str:
    """An address that may be shown: user name, password and anything that looks like a token are blanked.

    A value of the query is blanked by its name (token, key, auth, ...) or by its looks, a segment of the path by its
    looks alone: 16 or more hexadecimal digits (a UUID too), or 16 or more letters and digits mixed without a hyphen.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = parts.port
    except ValueError:
        return _REDACTED
    netloc = f"[{host}]" if ":" in host else host
    if port is not None:
        netloc = f"{netloc}:{port}"
    if "@" in parts.netloc:
        netloc = f"{_REDACTED}@{netloc}"
    query = _each(r"[&;]", parts.query, _redact_pair)
    path = _each(r"/", parts.path, lambda segment: _each(r";", segment, _redact_segment))
    return urlunsplit((parts.scheme, netloc, path, query, ""))


def _each(separator: str, text: str, change: Callable[[str], str]) -> str:
    """Every piece of a text changed, the separators between them kept."""
    pieces = re.split(f"({separator})", text)
    return "".join(change(piece) if number % 2 == 0 else piece for number, piece in enumerate(pieces))


def _redact_pair(pair: str) -> str:
    name, equals, value = pair.partition("=")
    if not equals:
        return _REDACTED if _token_like(name) else pair
    secret = value and (_SECRET_NAME.search(unquote(name)) or _token_like(unquote(value)))
    return f"{name}={_REDACTED}" if secret else pair


def _redact_segment(segment: str) -> str:
    if "=" in segment:
        return _redact_pair(segment)
    ending = _ENDING.search(segment)
    bare = segment[: ending.start()] if ending else segment
    return _REDACTED + (ending[0] if ending else "") if _token_like(bare) else segment


def _token_like(text: str) -> bool:
    return bool(_HEXADECIMAL.fullmatch(text)) or bool(_MIXED.fullmatch(text))
