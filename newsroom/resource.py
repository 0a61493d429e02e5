"""What one path of an outlet answers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What an answer that changes depends on.

    Attributes:
        asked: how often this path has been asked for before.
        published: items added by POST /_control/publish.
        now: the newsroom's clock (UTC), which POST /_control/clock can set.
    """

    asked: int
    published: int
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """What one path answers.

    Attributes:
        statuses: the answers to one request after another, the last repeats.
        counted_by: the path whose requests count instead, "" for this one.
        etag: the quoted validator, "" for none; `last_modified` None for none.
        headers: sent with every answer.
        wall: the HTML that goes with a status of 400 or above; plain text without one.
        location: where a redirect leads, a path or a whole URL.
        stream_bytes: above 0, pads the body to that length, streamed.
        drips: the body is followed by a byte a second, for ever.
        changing: makes the body anew for each request.
        lies: every conditional request is answered 304, whatever has changed.
    """

    media_type: str
    body: bytes = b""
    etag: str = ""
    last_modified: datetime | None = None
    statuses: tuple[int, ...] = (200,)
    counted_by: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    wall: bytes = b""
    location: str = ""
    slow: bool = False
    stream_bytes: int = 0
    drips: bool = False
    changing: Callable[[Moment], bytes] | None = None
    lies: bool = False


def html_page(html: str, modified: datetime | None = None) -> Resource:
    """A page with validators; `modified` is its Last-Modified (UTC)."""
    return validated(Resource(media_type="text/html; charset=utf-8", body=html.encode(), last_modified=modified))


def validated(resource: Resource) -> Resource:
    """The same with an ETag made from its body."""
    return replace(resource, etag=f'"{hashlib.sha256(resource.body).hexdigest()[:20]}"')
