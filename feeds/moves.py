"""Permanent redirects: when a feed's new address is taken for its own, and when that is taken back. Pure.

A redirect that calls itself permanent is believed once it has led to the same place on three different days, with no
other answer between, and what stands there was read as a feed. Until then, and where it cannot be believed, it is
followed anew each time. The register's address stays the feed's name throughout: ids and entries do not change.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urldefrag, urlsplit, urlunsplit

from feeds.schedule import Grade, grade_of
from spywatch.records import Failure, FeedState, Reason
from spywatch.urls import redact

DAYS_TO_ADOPT = 3
_FAILURES_TO_ASK_BOTH = 3


def asked_address(state: FeedState) -> str:
    """Where the feed is asked: the adopted address, else the register's."""
    return state.adopted_url or state.url


def after_answer(state: FeedState, *, asked: str, permanent_url: str | None, read: bool, now: datetime) -> FeedState:
    """What to remember of a successful answer's redirects.

    Args:
        state: what is remembered otherwise; `adopted_url` is the address that was asked, if not the register's.
        asked: the address that was asked.
        permanent_url: where the redirects led, if there were any and each was permanent.
        read: a document came and was read as a feed ("not modified" proves nothing of what stands there).
        now: the clock (UTC).

    Returns:
        The state with the count of days, and with `adopted_url` once they are enough. Validators are dropped where
        the address to ask changes, because they belong to the address that gave them.
    """
    target = urldefrag(permanent_url).url if permanent_url else None
    if target is None or target == urldefrag(asked).url:
        return replace(state, permanent_url=None, permanent_days=0, permanent_on=None)
    state = _counted(state, target, now)
    if state.permanent_days < DAYS_TO_ADOPT or not read or refusal(asked, target):
        return state
    return replace(
        state,
        adopted_url=None if target == urldefrag(state.url).url else target,
        permanent_url=None,
        permanent_days=0,
        permanent_on=None,
        etag=None,
        last_modified=None,
    )


def _counted(state: FeedState, target: str, now: datetime) -> FeedState:
    today = now.astimezone(UTC).date()
    # What is remembered has its secrets blanked.
    same = redact(state.permanent_url or "") == redact(target) and state.permanent_on is not None
    if not same or state.permanent_on is None or today < state.permanent_on:
        # Another place, or a clock that went backwards, in which case days could be counted twice: begin anew.
        return replace(state, permanent_url=target, permanent_days=1, permanent_on=today)
    if today == state.permanent_on:
        return replace(state, permanent_url=target)
    return replace(state, permanent_url=target, permanent_days=state.permanent_days + 1, permanent_on=today)


def refusal(asked: str, target: str) -> str:
    """Why a new address may not be adopted, "" if it may."""
    if urlsplit(target).scheme not in {"http", "https"}:
        return "it is no http address"
    if urlsplit(asked).scheme == "https" and urlsplit(target).scheme == "http":
        return "it would give up encryption"
    if "@" in urlsplit(asked).netloc and "@" not in urlsplit(target).netloc:
        return "it would give up the login"
    if redact(target) != _bare(target):
        return "it seems to hold a secret, which belongs into the register and nowhere else"
    return ""


def _bare(url: str) -> str:
    """An address in the form that `redact` gives it, nothing blanked."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    netloc = host if parts.port is None else f"{host}:{parts.port}"
    netloc = f"{parts.netloc.rpartition('@')[0]}@{netloc}" if "@" in parts.netloc else netloc
    return urlunsplit((parts.scheme, netloc, parts.path, parts.query, ""))


def ask_register_too(state: FeedState, failure: Failure) -> bool:
    """Whether a failure at an adopted address sends us to the register's own at once.

    A clear no does, and a name that no longer exists; so does the third failure in a row of any kind, because a
    server that is switched off never says no.
    """
    if state.adopted_url is None:
        return False
    refused = grade_of(failure) is Grade.HARD or failure.reason is Reason.DNS
    return refused or state.consecutive_failures + 1 >= _FAILURES_TO_ASK_BOTH


def graver(adopted: Failure, own: Failure) -> Failure:
    """Which of two failures counts, where both the adopted and the register's address failed.

    A feed is retired only if both say that it is gone: an old address is often switched off after a move, and a new
    one may be a mistake.
    """
    return own if adopted.reason is Reason.GONE else adopted


def revert(state: FeedState) -> FeedState:
    """The state with the adoption and everything that came from the adopted address forgotten."""
    return replace(
        state,
        adopted_url=None,
        permanent_url=None,
        permanent_days=0,
        permanent_on=None,
        etag=None,
        last_modified=None,
    )
