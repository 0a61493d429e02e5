"""All that the newsroom serves, rendered once: a table of resources by outlet and path."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from newsroom.content import Newsroom
from newsroom.extras import EXTRAS
from newsroom.misbehaviour import MISBEHAVIOURS, OVERSIZE_BYTES
from newsroom.mischief import Misbehaviour
from newsroom.outlet_types import FeedSpec, Outlet
from newsroom.rendering import FEED_MEDIA_TYPES, Press, malformed
from newsroom.resource import Resource, html_page, validated

Site = dict[str, dict[str, Resource]]


def build_site(newsroom: Newsroom, base_urls: Mapping[str, str], dead: str, now: datetime) -> Site:
    """Render every page and feed: outlet key to path (`?id=` included) to resource.

    In: the content, the base URL of each outlet (extra ones where they are asked for), the origin at which nobody
    listens, and the time that dates count back from (UTC).
    """
    press = Press(newsroom, base_urls, dead, now)
    site = {outlet.key: _outlet_resources(newsroom, press, outlet, now) for outlet in newsroom.outlets.values()}
    for item in MISBEHAVIOURS:
        for path in item.served:
            _misbehave(site[item.outlet], path, item, press, now)
    for extra in EXTRAS.values():
        if extra.outlet.key in base_urls:
            site[extra.outlet.key] = extra.resources(base_urls[extra.outlet.key], now)
    return site


def feeds_register(outlets: Iterable[Outlet], base_urls: Mapping[str, str]) -> str:
    """The TOML register of these outlets' feeds: `[[feeds]]` with url, name, language, country (if real), kind."""
    blocks = []
    for outlet in outlets:
        for feed in outlet.feeds:
            lines = ["[[feeds]]", f'url = "{base_urls[outlet.key]}{feed.register_path}"', f'name = "{feed.title}"']
            lines.append(f'language = "{outlet.language}"')
            if outlet.country:
                lines.append(f'country = "{outlet.country}"')
            lines.append(f'kind = "{outlet.kind}"')
            blocks.append("\n".join(lines))
    return "# The sample newsroom's feeds; written when its server starts.\n\n" + "\n\n".join(blocks) + "\n"


def _misbehave(resources: dict[str, Resource], path: str, item: Misbehaviour, press: Press, now: datetime) -> None:
    if item.on == "entry":
        if item.statuses and path not in resources:
            resources[path] = html_page(f"<h1>{item.name}</h1>", now)
        return
    resource = resources.get(path, html_page(f"<h1>{item.name}</h1>", now))
    if item.oversize:
        resource = replace(resource, body=_live_page(path), etag="", stream_bytes=OVERSIZE_BYTES)
    if item.malformed:
        resource = validated(replace(resource, body=malformed(resource.body)))
    wall = press.wall(item.wall, path) if item.wall else ""
    if wall and item.location:
        resources[item.location.partition("?")[0]] = html_page(wall)
    resources[path] = replace(
        resource,
        statuses=item.statuses,
        counted_by=item.counted_by,
        headers=item.headers,
        wall=b"" if item.location else wall.encode(),
        location=item.location,
        slow=item.slow,
    )


def _outlet_resources(newsroom: Newsroom, press: Press, outlet: Outlet, now: datetime) -> dict[str, Resource]:
    resources = {
        "/": html_page(press.list_page(outlet, outlet.title), now),
        "/about": html_page(press.about_page(outlet), now),
    }
    if outlet.robots:
        resources["/robots.txt"] = Resource(media_type="text/plain", body=outlet.robots.encode())
    for section in outlet.sections:
        resources[f"/section/{section}"] = html_page(press.list_page(outlet, section.capitalize()), now)
    if outlet.tag_page:
        resources[outlet.tag_page] = html_page(press.tag_page(outlet, outlet.sections[0].capitalize()), now)
    for article in newsroom.of_outlet(outlet.key):
        page = html_page(press.article_page(article), article.published_at(now))
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
    return validated(resource) if feed.etag else resource


def _live_page(path: str) -> bytes:
    head = "<!doctype html>\n<html lang=en><head><title>Live</title></head><body>\n"
    return (head + f'<h1>Minute by minute</h1><p class="ticker" data-source="{path}">\n').encode()
