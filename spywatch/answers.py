"""What a server answered, and the failure that a refusal stands for.

A refusal is told by its status and by the headers with which the large firewalls mark their challenge pages. Whether
the page behind a 403 is a paywall or an error is for the extractors to say; they get it as an `Answer`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from spywatch.records import Failure, Reason, Stage
from spywatch.urls import redact

WALL_STATUSES = frozenset({401, 402, 403, 405, 407, 429, 451, 503})
"""Statuses behind which a wall may stand in place of the page."""

_STATUS_REASONS: Mapping[int, tuple[Reason, bool]] = {
    401: (Reason.LOGIN_REQUIRED, False),
    402: (Reason.PAYMENT_REQUIRED, False),
    403: (Reason.FORBIDDEN, False),
    404: (Reason.NOT_FOUND, False),
    407: (Reason.LOGIN_REQUIRED, False),
    408: (Reason.TIMEOUT, True),
    410: (Reason.GONE, False),
    429: (Reason.RATE_LIMITED, True),
    451: (Reason.FORBIDDEN, False),
}
_CHALLENGE_HEADERS: Mapping[str, frozenset[str]] = {
    "cf-mitigated": frozenset({"challenge"}),
    "x-amzn-waf-action": frozenset({"challenge", "captcha"}),
    "x-vercel-mitigated": frozenset({"challenge"}),
}
"""Cloudflare, AWS WAF and Vercel say by these headers that they sent a challenge in place of the page."""
_LONGEST_WAIT = timedelta(days=31)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a server sent: a success, or a refusal whose page was asked for.

    Attributes:
        url: the address after redirects.
        headers: names in lower case; of repeated headers the joined values.
        body: decompressed bytes.
        permanent_url: where the redirects led, if each of them was permanent (301, 308); None without redirects.
        seconds: from the first request to the last byte.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    permanent_url: str | None = None
    seconds: float = 0.0


def is_challenge(status: int, headers: Mapping[str, str]) -> bool:
    """Whether a firewall says that it sent a challenge: any status but the plain successes.

    AWS WAF sends 202 with its challenges, which is therefore looked at too.

    Args:
        status: the HTTP status.
        headers: names in lower case.
    """
    plain = 200 <= status < 300 and status != 202
    return not plain and any(
        headers.get(name, "").strip().lower() in values for name, values in _CHALLENGE_HEADERS.items()
    )


def reason_of_status(status: int, headers: Mapping[str, str]) -> tuple[Reason, bool]:
    """The reason for a refusal, and whether a later try may succeed."""
    if status in _STATUS_REASONS:
        reason, retryable = _STATUS_REASONS[status]
    elif status >= 500:
        reason, retryable = Reason.HTTP_SERVER_ERROR, True
    elif status >= 400:
        reason, retryable = Reason.HTTP_CLIENT_ERROR, False
    else:
        reason, retryable = Reason.UNEXPECTED_STATUS, False
    return (Reason.BOT_CHALLENGE, retryable) if is_challenge(status, headers) else (reason, retryable)


def refusal(answer: Answer, *, stage: Stage, at: datetime) -> Failure:
    """The failure that an answered refusal stands for.

    Args:
        answer: one whose status is no success.
        stage: named in the failure.
        at: when (UTC); a date in Retry-After is counted from here.

    Returns:
        What `Web.get` returns for the same answer where refusals are not asked for.
    """
    reason, retryable = reason_of_status(answer.status, answer.headers)
    return Failure(
        stage=stage,
        subject=redact(answer.url),
        reason=reason,
        detail=f"HTTP {answer.status}" + (", a bot challenge" if reason is Reason.BOT_CHALLENGE else ""),
        retryable=retryable,
        retry_after=retry_after(answer.headers.get("retry-after", ""), at),
        at=at,
    )


def shows_html(answer: Answer) -> bool:
    """Whether the body is a page for people, by its type or, where none is given, by its first character."""
    kind = answer.headers.get("content-type", "").lower()
    return bool(answer.body.strip()) and ("html" in kind or (not kind and answer.body.lstrip()[:1] == b"<"))


def retry_after(value: str, now: datetime) -> timedelta | None:
    """How long a server asks to wait.

    Args:
        value: the Retry-After header, in seconds or as an HTTP date (RFC 9110, section 10.2.3).

    Returns:
        The wait, at most 31 days, never negative; None if the header is missing or cannot be read.
    """
    value = value.strip()
    if value.isdecimal() and value.isascii():
        return min(timedelta(seconds=min(int(value[:12]), 10**9)), _LONGEST_WAIT)
    try:
        when = parsedate_to_datetime(value)
        when = when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return max(timedelta(0), min(when - now, _LONGEST_WAIT))
