"""All that the newsroom serves, rendered once: a table of resources by outlet and path."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from newsroom.content import Newsroom
from newsroom.misbehaviour import MISBEHAVIOURS, OVERSIZE_BYTES
from newsroom.outlets import FeedSpec, Outlet
from newsroom.rendering import FEED_MEDIA_TYPES, Press, malformed


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """What one path answers.

    `statuses` are the answers to one request after another, the last repeats. `etag` is the quoted validator,
    "" for none; `last_modified` None for none. `stream_bytes` above 0 pads the body to that length, streamed.
    """

    media_type: str
    body: bytes = b""
    etag: str = ""
    last_modified: datetime | None = None
    statuses: tuple[int, ...] = (200,)
    location: str = ""
    slow: bool = False
    stream_bytes: int = 0


def build_site(newsroom: Newsroom, base_urls: dict[str, str], now: datetime) -> dict[str, dict[str, Resource]]:
    """Render every page and feed: outlet key to path (`?id=` included) to resource."""
    press = Press(newsroom, base_urls, now)
    site = {outlet.key: _outlet_resources(newsroom, press, outlet, now) for outlet in newsroom.outlets.values()}
    for item in MISBEHAVIOURS:
        if item.on == "entry":
            continue
        resource = site[item.outlet].get(item.path, _page(f"<h1>{item.name}</h1>", now))
        if item.oversize:
            resource = replace(resource, body=_live_page(item.path), etag="", stream_bytes=OVERSIZE_BYTES)
        if item.malformed:
            resource = _validated(replace(resource, body=malformed(resource.body)))
        site[item.outlet][item.path] = replace(
            resource, statuses=item.statuses, location=item.location, slow=item.slow
        )
    return site


def feeds_register(newsroom: Newsroom, base_urls: Mapping[str, str]) -> str:
    """The TOML register of all feeds: `[[feeds]]` with url, name, language, country (if real) and kind."""
    blocks = []
    for outlet in newsroom.outlets.values():
        for feed in outlet.feeds:
            lines = ["[[feeds]]", f'url = "{base_urls[outlet.key]}{feed.register_path}"', f'name = "{feed.title}"']
            lines.append(f'language = "{outlet.language}"')
            if outlet.country:
                lines.append(f'country = "{outlet.country}"')
            lines.append(f'kind = "{outlet.kind}"')
            blocks.append("\n".join(lines))
    return "# The sample newsroom's feeds; written when its server starts.\n\n" + "\n\n".join(blocks) + "\n"


def _outlet_resources(newsroom: Newsroom, press: Press, outlet: Outlet, now: datetime) -> dict[str, Resource]:
    resources = {
        "/": _page(press.list_page(outlet, outlet.title), now),
        "/about": _page(press.about_page(outlet), now),
        "/robots.txt": Resource(media_type="text/plain", body=b"User-agent: *\nAllow: /\n"),
    }
    for section in outlet.sections:
        resources[f"/section/{section}"] = _page(press.list_page(outlet, section.capitalize()), now)
    if outlet.tag_page:
        resources[outlet.tag_page] = _page(press.tag_page(outlet, outlet.sections[0].capitalize()), now)
    for article in newsroom.of_outlet(outlet.key):
        page = _page(press.article_page(article), article.published_at(now))
        resources[newsroom.path_of(article)] = page
    for feed in outlet.feeds:
        resources[feed.path] = _feed(press, outlet, feed)
    return resources


def _feed(press: Press, outlet: Outlet, feed: FeedSpec) -> Resource:
    resource = Resource(
        media_type=f"{FEED_MEDIA_TYPES[feed.format]}; charset={feed.encoding}",
        body=press.feed_document(outlet, feed),
        last_modified=press.newest(outlet, feed) if feed.last_modified else None,
    )
    return _validated(resource) if feed.etag else resource


def _page(html: str, modified: datetime) -> Resource:
    return _validated(Resource(media_type="text/html; charset=utf-8", body=html.encode(), last_modified=modified))


def _validated(resource: Resource) -> Resource:
    return replace(resource, etag=f'"{hashlib.sha256(resource.body).hexdigest()[:20]}"')


def _live_page(path: str) -> bytes:
    head = "<!doctype html>\n<html lang=en><head><title>Live</title></head><body>\n"
    return (head + f'<h1>Minute by minute</h1><p class="ticker" data-source="{path}">\n').encode()
