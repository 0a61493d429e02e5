"""Fetching an entry's page."""

from __future__ import annotations

from spywatch.records import Entry, Failure, Page, Reason, Stage
from spywatch.web import Web

_ACCEPT = {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.5"}


async def download(entry: Entry, *, web: Web, max_bytes: int) -> Page | Failure:
    """Get the page that an entry links.

    Args:
        entry: the feed's entry.
        web: the HTTP client.
        max_bytes: largest body after decompression.

    Returns:
        The page as sent, or a failure: one of the web's reasons, or `no_link_no_text` where the entry has no link
        (the feed's text may still be used).
    """
    if not entry.url:
        return Failure(
            stage=Stage.DOWNLOAD, subject=entry.id, reason=Reason.NO_LINK_NO_TEXT, detail="the entry has no link"
        )
    answer = await web.get(entry.url, stage=Stage.DOWNLOAD, headers=_ACCEPT, max_bytes=max_bytes)
    if isinstance(answer, Failure):
        return answer
    return Page(
        url=answer.url, status=answer.status, body=answer.body, content_type=answer.headers.get("content-type", "")
    )
