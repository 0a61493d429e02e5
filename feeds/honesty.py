"""Whether a server's "not modified" can be believed: when to compare, and what to make of it. Pure.

Some servers and caches go on saying "not modified" (304) after a feed has changed. Once a week such an answer is
compared with a full one. `feeds.poll` makes the requests; `docs/lying-servers.md` tells the operator.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from enum import Enum

from spywatch.records import FeedState, ParsedFeed, Reason
from spywatch.urls import digest_of

CHECK_EVERY = timedelta(days=7)
CHECKS_TO_TRUST = 4
"""True answers in a row, a week apart, after which a server that lied is believed again."""
_RULES = "1"
"""To be raised when the rules of `feeds.identity` change, so that old ids are not compared with new ones."""


class Finding(Enum):
    """What comparing a "not modified" with a full answer showed."""

    NOTHING = "nothing"
    """Not compared: no check was due, or there was nothing to compare with."""
    TRUE = "true"
    FALSE = "false"


def has_validators(state: FeedState) -> bool:
    """Whether there is anything to send in a conditional request."""
    return bool(state.etag or state.last_modified)


def check_due(state: FeedState, now: datetime) -> bool:
    """Whether the next "not modified" is to be compared with a full answer.

    So it is a week after the last comparison, where none was ever made, and where the last one lies in the future (a
    clock that went backwards).
    """
    return state.checked_at is None or not timedelta(0) <= now - state.checked_at < CHECK_EVERY


def ask_conditionally(state: FeedState, now: datetime) -> bool:
    """Whether to send the validators: always while the server is trusted, once a week while it is not."""
    return has_validators(state) and (not state.validators_lie or check_due(state, now))


def listing_of(feed: ParsedFeed) -> str | None:
    """What a document lists, in short: a hash of its entries' ids, whatever their order.

    Titles, texts and dates of entries with an address of their own do not count: a server may well call a feed
    unmodified whose items have only been reworded.

    Returns:
        The hash. Of a document that had more items than are read it says so, because which ones are read depends on
        a setting. None for a document that may lack items, since what is missing proves nothing.
    """
    if not feed.complete:
        return None
    ids = sorted(entry.id for entry in feed.entries)
    cut = any(skip.reason is Reason.TOO_MANY_ITEMS for skip in feed.skipped)
    return f"{_RULES}:{len(ids) if cut else 'all'}:{digest_of(*ids)}"


def differ(before: str | None, after: str | None) -> bool | None:
    """Whether two listings differ; None if they cannot be compared."""
    if before is None or after is None or before.rpartition(":")[0] != after.rpartition(":")[0]:
        return None
    return before != after


def same_version(state: FeedState, etag: str | None, last_modified: str | None) -> bool:
    """Whether a full answer bears the validators that were remembered, so that it claims to be what was read before.

    Entity tags are compared weakly (RFC 9110, section 8.8.3.2); the date decides only where neither has a tag.
    """
    if state.etag or etag:
        return _opaque(state.etag) == _opaque(etag)
    return bool(last_modified) and state.last_modified == last_modified


def _opaque(etag: str | None) -> str | None:
    return etag.removeprefix("W/") if etag else None


def after_check(state: FeedState, finding: Finding, *, listing: str | None, full: bool, now: datetime) -> FeedState:
    """What to remember of a successful poll.

    Args:
        state: what is remembered otherwise.
        finding: what a comparison showed, if one was made.
        listing: of the full answer, None if there was none or it was not complete.
        full: whether a full answer came.
        now: the clock (UTC).

    Returns:
        The state with the listing, the time of the comparison, and whether the server is believed. The week begins
        with the first full answer.
    """
    if full:
        state = replace(state, listing=listing, checked_at=state.checked_at or now)
    if finding is Finding.NOTHING:
        return state
    state = replace(state, checked_at=now)
    if finding is Finding.FALSE:
        return replace(state, validators_lie=True, clean_checks=0)
    if not state.validators_lie:
        return state
    checks = state.clean_checks + 1
    trusted = checks >= CHECKS_TO_TRUST
    return replace(state, validators_lie=not trusted, clean_checks=0 if trusted else checks)
