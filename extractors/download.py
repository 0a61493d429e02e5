"""Fetching an entry's page, and telling what a refusal was."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from extractors import walls
from spywatch.records import Entry, Failure, Page, Reason, Stage
from spywatch.web import Answer, Permit, Web, refusal

_ACCEPT = {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.5"}
_NO_CLOCK = datetime(1970, 1, 1, tzinfo=UTC)


async def download(
    entry: Entry, *, web: Web, max_bytes: int, now: datetime | None = None, permit: Permit | None = None
) -> Page | Failure:
    """Get the page that an entry links.

    Args:
        entry: the feed's entry.
        web: the HTTP client.
        max_bytes: largest body after decompression.
        now: the time (UTC), from which a refusal's Retry-After is counted; None if no clock is known.
        permit: asked before each address, those of redirects too (`Robots.allows`); the failure that it returns is
            the result.

    Returns:
        The page as sent, or a failure: one of the web's reasons, `bot_challenge`, `login_required` or
        `payment_required` where the server refused and its page or headers say so, or `no_link_no_text` where the
        entry has no link (the feed's text may still be used).
    """
    if not entry.url:
        return Failure(
            stage=Stage.DOWNLOAD, subject=entry.id, reason=Reason.NO_LINK_NO_TEXT, detail="the entry has no link"
        )
    answer = await web.get(
        entry.url, stage=Stage.DOWNLOAD, headers=_ACCEPT, max_bytes=max_bytes, refusals=True, permit=permit
    )
    if isinstance(answer, Failure):
        return answer
    if answer.status >= 400:
        failure = refusal(answer, stage=Stage.DOWNLOAD, at=now or _NO_CLOCK)
        return told_refusal(answer, failure if now else replace(failure, at=None, retry_after=None))
    return Page(
        url=answer.url,
        status=answer.status,
        body=answer.body,
        content_type=answer.headers.get("content-type", ""),
        headers=answer.headers,
    )


def told_refusal(answer: Answer, failure: Failure) -> Failure:
    """A refusal with the reason that its page gives, where its status alone says less.

    Args:
        answer: what the server sent with its refusal (status 4xx or 5xx).
        failure: what its status and headers alone stand for.
    """
    service = walls.refused_by_check(answer.headers, answer.body, status=answer.status)
    if service:
        detail = f"HTTP {answer.status}, a bot check ({service})"
        return replace(failure, reason=Reason.BOT_CHALLENGE, detail=detail)
    plain = failure.reason in (Reason.FORBIDDEN, Reason.HTTP_CLIENT_ERROR)
    if plain and ("www-authenticate" in answer.headers or walls.asks_for_password(answer.body)):
        return replace(failure, reason=Reason.LOGIN_REQUIRED, detail=f"HTTP {answer.status}, a login page")
    return failure
