"""What makes a line of the register valid, whatever file it stands in."""

from __future__ import annotations

from urllib.parse import urlsplit

from spywatch.records import FeedKind
from spywatch.urls import host_of, redact


class RegisterError(Exception):
    """A register, or a change to one, cannot be used; the message is one sentence for the operator."""


def checked_url(url: str, where: str) -> str:
    """A feed's address, ready to fetch.

    Args:
        url: as written; "feed:" in front, as some programs write it, is removed.
        where: for the message, e.g. "feed 3 of feeds.toml".

    Returns:
        The address.

    Raises:
        RegisterError: it is no absolute http(s) address, or its secret was blanked out in an export.
    """
    url = url.strip()
    if url.lower().startswith("feed://"):
        url = f"https://{url[7:]}"
    elif url.lower().startswith("feed:"):
        url = url[5:]
    if not host_of(url) or any(letter.isspace() for letter in url):
        raise RegisterError(f"{where}: {redact(url)!r} is not an http or https address")
    if "REDACTED" in url:
        raise RegisterError(
            f"{where}: the address was exported without its secret; put the secret back: {redact(url)}"
        )
    return url


def checked_kind(kind: str, where: str) -> FeedKind:
    """A kind from the closed vocabulary.

    Raises:
        RegisterError: it is not one of them.
    """
    try:
        return FeedKind(kind)
    except ValueError:
        known = ", ".join(FeedKind)
        raise RegisterError(f"{where}: unknown kind {kind!r}; use one of {known}") from None


def sameness(url: str) -> str:
    """What two addresses have in common if they are one feed: all but scheme, case of the host and final slash."""
    parts = urlsplit(url.strip())
    port = f":{parts.port}" if parts.port not in {None, 80, 443} else ""
    user = f"{parts.netloc.rpartition('@')[0]}@" if "@" in parts.netloc else ""
    return f"{user}{host_of(url)}{port}{parts.path.rstrip('/')}?{parts.query}"
