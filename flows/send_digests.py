"""The digest as a Prefect flow: what is new since the last one, written to a file and recorded."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from prefect import flow
from prefect.artifacts import acreate_markdown_artifact

from digests import markdown
from flows.tell import digest_path, next_digest
from flows.telling import tell_to_file
from spywatch.settings import load_settings
from storage.announced import settle_announced


@flow(name="send-digests", retries=0, persist_result=False)
async def send_digests() -> int:
    """Make the digest of what is new, write it to `DIR/digests/`, record it, and show it as an artifact.

    Returns:
        How many articles it tells.
    """
    settings, now = load_settings(), datetime.now(UTC)
    settle_announced(settings.db, now)
    digest = next_digest(settings.db, now=now)
    page = markdown.render(digest, zone=ZoneInfo(settings.time_zone))
    tell_to_file(settings.db, digest, target=digest_path(settings.db, digest), page=page, now=now)
    await acreate_markdown_artifact(page, key="digest", description=f"{len(digest.items)} new")
    return len(digest.items)


if __name__ == "__main__":
    import asyncio

    asyncio.run(send_digests())
