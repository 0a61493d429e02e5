"""Links of entries: made absolute, and chosen. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

_BREAKS = re.compile(r"[\t\r\n]")
_UNSAFE = re.compile(r"[^\x21-\x7e]|[\"<>\\^`{|}]")


def absolute(link: str, base: str = "") -> str:
    """An http(s) address made absolute against a base.

    Args:
        link: as the feed had it; line breaks inside are removed, spaces and non-ASCII letters of the path are
            percent-encoded, "//host/path" takes the base's scheme (https without a base).
        base: the address of the document or of the site; "" if unknown.

    Returns:
        The address, or "" if the result is no http(s) address with a host.
    """
    link = _BREAKS.sub("", link).strip()
    if not link or len(link) > 8192:
        return ""
    try:
        joined = urljoin(base, link) if base else link
        if joined.startswith("//"):
            joined = f"https:{joined}"
        parts = urlsplit(joined)
        host, _port = parts.hostname, parts.port
    except ValueError:  # an unclosed IPv6 bracket, a port that is no number
        return ""
    if parts.scheme.lower() not in {"http", "https"} or not host or re.search(r"[\s<>\"]", parts.netloc):
        return ""
    head, _, tail = joined.partition(parts.netloc)
    return f"{head}{parts.netloc}{_UNSAFE.sub(_encode, tail)}"


def public_base(url: str) -> str:
    """The part of a document's address that may become part of its entries' addresses: no user info, no query.

    A feed's address may hold a password or a token. Joined to it as it is, a relative link inherits the user info,
    and a link that is only a fragment the query too (RFC 3986, 5.2.2).

    Returns:
        The address without user info, query and fragment; "" if it cannot be read.
    """
    try:
        parts = urlsplit(url)
    except ValueError:  # an unclosed IPv6 bracket
        return ""
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def first_absolute(links: Iterable[str], base: str = "") -> str:
    """The first of several links that can be made an absolute http(s) address, "" if none can."""
    for link in links:
        found = absolute(link, base)
        if found:
            return found
    return ""


def _encode(match: re.Match[str]) -> str:
    return quote(match.group(), safe="", errors="replace")
