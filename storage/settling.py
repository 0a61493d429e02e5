"""The end of an attempt: what becomes of the entry and of what was made of it. Pure.

How the ends add up to a run stands at the top of `storage.ledger`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from spywatch.records import Access, Article, Disposition, EntryOutcome, Failure, TextSource

from .ledger import UNASKED, EntryState, RetryRule

MUCH_SHORTER = 0.8
"""A page's text that is shorter than this share of the full text in the feed does not take its place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptArticle:
    """An article that is stored for an entry already; `characters` is the length of its text."""

    article_id: str
    part: int | None
    text_source: TextSource
    characters: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """How an attempt ended, as it is written.

    Attributes:
        disposition: how the run counts it.
        failure: why it failed, was dropped, or is stored without its page.
        stored: positions, in the outcome's articles, of those to store.
        in_place_of: id of the stored article whose place the one to store takes, None if it takes none.
    """

    state: EntryState
    disposition: Disposition
    attempts: int
    due_at: datetime | None = None
    failure: Failure | None = None
    linked_to: str | None = None
    stored: tuple[int, ...] = ()
    in_place_of: str | None = None


def settle(
    outcome: EntryOutcome,
    *,
    attempts: int,
    owners: Mapping[str, str],
    now: datetime,
    retry: RetryRule,
    since: datetime,
    kept: Sequence[KeptArticle] = (),
) -> Settled:
    """Say how an attempt ended.

    An outcome that brings only articles which another entry has stored already (two addresses that lead to one
    page) ends as linked. A failure that brings articles (what the feed itself says, where the page cannot be had)
    is stored once it is final, its failure beside it; until then the page is tried again and they are not used.

    An entry that was replayed may have an article already, from the feed's own text. The page's text takes its place
    (under its id, so that digests and verdicts still name it) if it says more; whatever else comes, it stays.

    Args:
        outcome: what the stages made of the entry.
        attempts: attempts before this one.
        owners: by article id, the entry that it is stored for.
        now: UTC.
        retry: when a failure is tried again.
        since: since when the entry has been waiting: first seen, or replayed (UTC).
        kept: what is stored for it already.

    Raises:
        ValueError: an outcome that no attempt can have (unchanged; stored without article; failed without reason).
    """
    entry = outcome.entry
    unasked = outcome.failure is not None and outcome.failure.reason in UNASKED
    done = attempts if unasked else attempts + 1
    if (
        kept
        and outcome.disposition is not Disposition.UNCHANGED
        and not _comes_again(outcome, done, since, now, retry)
    ):
        return _settle_kept(outcome, done, owners, kept)
    match outcome.disposition:
        case Disposition.STORED:
            if not outcome.articles:
                raise ValueError(f"entry {entry.id} is said to be stored and has no article")
            stored = _new_articles(outcome, owners)
            if stored:
                return Settled(state=EntryState.STORED, disposition=Disposition.STORED, attempts=done, stored=stored)
            first = outcome.articles[0].article.id
            return Settled(state=EntryState.LINKED, disposition=Disposition.LINKED, attempts=done, linked_to=first)
        case Disposition.LINKED:
            return Settled(
                state=EntryState.LINKED,
                disposition=Disposition.LINKED,
                attempts=done,
                linked_to=outcome.linked_to,
            )
        case Disposition.DROPPED | Disposition.FAILED if outcome.failure is None:
            raise ValueError(f"entry {entry.id} {outcome.disposition} without a reason")
        case Disposition.DROPPED:
            return Settled(
                state=EntryState.DROPPED,
                disposition=Disposition.DROPPED,
                attempts=done,
                failure=outcome.failure,
            )
        case Disposition.FAILED:
            assert outcome.failure is not None
            due_at = _due_at(outcome.failure, done, since, now, retry)
            if due_at is None and (fallback := _new_articles(outcome, owners)):
                return Settled(
                    state=EntryState.STORED,
                    disposition=Disposition.STORED,
                    attempts=done,
                    failure=outcome.failure,
                    stored=fallback,
                )
            return Settled(
                state=EntryState.DUE if due_at else EntryState.FAILED,
                disposition=Disposition.FAILED,
                attempts=done,
                due_at=due_at,
                failure=outcome.failure,
            )
        case Disposition.UNCHANGED:
            raise ValueError(f"entry {entry.id} was attempted, so it cannot end as unchanged")


def _due_at(failure: Failure, done: int, since: datetime, now: datetime, retry: RetryRule) -> datetime | None:
    if failure.reason in UNASKED:
        return retry.next_asking(failure, done, since, now)
    return retry.next_attempt(failure, done, now)


def _comes_again(outcome: EntryOutcome, done: int, since: datetime, now: datetime, retry: RetryRule) -> bool:
    if outcome.disposition is not Disposition.FAILED or outcome.failure is None:
        return False
    return _due_at(outcome.failure, done, since, now, retry) is not None


def _settle_kept(outcome: EntryOutcome, done: int, owners: Mapping[str, str], kept: Sequence[KeptArticle]) -> Settled:
    """The end of an entry that has articles: it is stored, with what is better than them."""
    better: tuple[int, ...] = ()
    in_place_of = None
    if outcome.disposition is Disposition.STORED:
        better = tuple(
            position
            for position in _new_articles(outcome, owners)
            if all(says_more(outcome.articles[position].article, than) for than in kept)
        )
        # A page that turned out to hold several posts is told beside what is stored, since none of them is the same.
        if len(better) == len(outcome.articles) == len(kept) == 1:
            in_place_of = kept[0].article_id
    return Settled(
        state=EntryState.STORED,
        disposition=Disposition.STORED,
        attempts=done,
        failure=outcome.failure,
        stored=better,
        in_place_of=in_place_of,
    )


def says_more(article: Article, than: KeptArticle) -> bool:
    """Whether an article is a better text than the one that is stored.

    Only a page's text is, beside a text that is none; and only one that shows the whole article, or at least more of
    it than the feed did.
    """
    if article.text_source is not TextSource.PAGE or than.text_source is TextSource.PAGE:
        return False
    if article.part is not None or len(article.text) > than.characters:
        return True
    enough = MUCH_SHORTER * than.characters if than.text_source is TextSource.FEED_FULL else 0
    return article.access is Access.FULL and len(article.text) >= enough


def _new_articles(outcome: EntryOutcome, owners: Mapping[str, str]) -> tuple[int, ...]:
    chosen: dict[str, int] = {}
    for position, tagged in enumerate(outcome.articles):
        article_id = tagged.article.id
        if owners.get(article_id, outcome.entry.id) == outcome.entry.id:
            chosen.setdefault(article_id, position)
    return tuple(chosen.values())


def recorded(state: EntryState) -> Disposition:
    """How an entry that was settled before counts when the same batch is stored once more."""
    return Disposition.FAILED if state in {EntryState.DUE, EntryState.FAILED} else Disposition(state.value)
