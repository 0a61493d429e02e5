"""The digest as a Prefect flow: what is new since the last one, written to a file and recorded."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from prefect import flow
from prefect.artifacts import acreate_markdown_artifact

from digests import markdown
from flows.tell import digest_path, next_digest, write_page
from spywatch.settings import load_settings
from storage.recording import record_digest


@flow(name="send-digests", retries=0, persist_result=False)
async def send_digests() -> int:
    """Make the digest of what is new, write it to `DIR/digests/`, record it, and show it as an artifact.

    Returns:
        How many articles it tells.
    """
    settings, now = load_settings(), datetime.now(UTC)
    digest = next_digest(settings.db, now=now)
    page = markdown.render(digest, zone=ZoneInfo(settings.time_zone))
    write_page(digest_path(settings.db, digest), page)
    record_digest(settings.db, digest, now)
    await acreate_markdown_artifact(page, key="digest", description=f"{len(digest.items)} new")
    return len(digest.items)


if __name__ == "__main__":
    import asyncio

    asyncio.run(send_digests())
