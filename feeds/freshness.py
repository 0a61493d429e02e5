"""How long an answer is good by the server's own word (RFC 9111, section 4.2). Pure.

Only what is said is used: no lifetime is guessed from Last-Modified, as a cache might do.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

LONGEST_FRESH = timedelta(hours=24)
"""A server that calls its feed good for longer is asked daily all the same."""
_DIRECTIVE = re.compile(r'([\w-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*)))?')
_LONGEST_HEADER = 2048


def fresh_until(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """Until when a feed need not be asked again.

    Cache-Control's max-age counts, else Expires less Date; Age is taken off either. s-maxage is for shared caches,
    which this is not; no-cache and no-store mean that nothing may be relied on.

    Args:
        headers: of the answer, names in lower case.
        now: when it came (UTC).

    Returns:
        The time (UTC), at most `LONGEST_FRESH` ahead; None if nothing is said, or nothing that can be read.
    """
    lifetime = _lifetime(headers, now)
    if lifetime is None:
        return None
    lifetime -= _seconds(headers.get("age", "")) or timedelta(0)
    return now + min(lifetime, LONGEST_FRESH) if lifetime > timedelta(0) else None


def _lifetime(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    said = _directives(headers.get("cache-control", ""))
    if "no-cache" in said or "no-store" in said:
        return None
    if "max-age" in said:
        return _seconds(said["max-age"])  # one that cannot be read: stale (RFC 9111, 4.2.1), whatever Expires says
    expires = _moment(headers.get("expires", ""))
    if expires is None:
        return None
    return expires - (_moment(headers.get("date", "")) or now)


def _directives(value: str) -> dict[str, str]:
    """The directives of a Cache-Control header; of a repeated one the first."""
    found: dict[str, str] = {}
    for match in _DIRECTIVE.finditer(value[:_LONGEST_HEADER]):
        found.setdefault(match[1].lower(), (match[2] or match[3] or "").strip())
    return found


def _seconds(value: str) -> timedelta | None:
    value = value.partition(",")[0].strip()
    if not (value.isascii() and value.isdecimal()):
        return None
    return timedelta(seconds=min(int(value[:12]), 10**9))


def _moment(value: str) -> datetime | None:
    """An HTTP date, UTC; None if it is none ("0" and "-1" are common, and mean "already expired")."""
    try:
        when = parsedate_to_datetime(value[:_LONGEST_HEADER])
        return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    except (ValueError, OverflowError, TypeError, IndexError):  # the standard library's, on texts that are no dates
        return None
