"""`spywatch where`: what became of an address."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from cli.console import Exit, argument_text, clear_errors, err, fail, out
from cli.jsontext import echo as echo_json
from cli.run import Db
from cli.status import AsJson
from cli.tables import cell, show_fields
from spywatch.records import DateCandidate, DateFault
from spywatch.settings import load_settings
from spywatch.urls import redact

if TYPE_CHECKING:
    from storage.whereabouts import ArticleTrace, EntryTrace, FeedTrace, PollTrace

_FAULTS = {
    DateFault.UNREADABLE: "not believed: it has no single meaning",
    DateFault.TOO_EARLY: "not believed: it lies before 1990",
    DateFault.FUTURE: "not believed: it lies in the future",
}


def where(
    asked: Annotated[str, typer.Argument(metavar="URL", help="Address of an article or feed, or an entry's id.")],
    db: Db = None,
    as_json: AsJson = False,
) -> None:
    """What became of an address: which feeds showed it, how it ended and why, its articles, tags and digests.

    Exit code 1 if the database has never seen it.

    Example: spywatch where https://example.org/2026/envoys-told-to-go
    """
    from storage.published import jsonable
    from storage.whereabouts import where as trace

    asked = argument_text(asked).strip()
    if not asked:
        fail("where asks for an address or an id", Exit.USAGE)
    with clear_errors():
        found = trace(load_settings(db=db).db, asked)
    if as_json:
        echo_json(jsonable({**asdict(found), "asked": redact(asked)}))
    elif found.known:
        for feed in found.feeds:
            _show_feed(feed)
        for entry in found.entries:
            _show_entry(entry)
        for article in found.articles:
            _show_article(article)
    else:
        err.print(Text(f"{redact(asked)} was never seen: no feed has listed it"))
    if not found.known:
        raise typer.Exit(int(Exit.UNBALANCED))


def _grid(title: str, rows: list[tuple[str, Any]]) -> None:
    out.print(Text(cell(title), style="bold"))
    show_fields(rows)


def _show_feed(feed: FeedTrace) -> None:
    _grid(
        f"feed: {feed.outlet}",
        [
            ("address", feed.url),
            ("health", feed.health),
            ("last polled", feed.last_polled_at),
            ("last success", feed.last_success_at),
            ("failures in a row", feed.consecutive_failures or None),
            ("next attempt", feed.next_attempt_at),
            ("failure points", feed.failure_points or None),
            ("asked at", feed.adopted_url),
            ("redirected to", _redirected(feed)),
            ("fresh until", feed.fresh_until),
            ("validators", "not used: a “not modified” was false" if feed.validators_lie else None),
            *((f"habit {one.habit}", f"{one.detail} (since {cell(one.found_at)})") for one in feed.habits),
            ("last failure", f"{feed.last_reason}: {feed.last_detail}" if feed.last_reason else None),
            ("entries", f"{feed.entries}, {feed.entries_due} due, {feed.entries_failed} failed"),
            ("articles", f"{feed.articles}, {feed.alert_articles} with an alert"),
            *((f"notice {cell(one.noticed_at)}", f"{one.kind}: {one.detail}") for one in feed.notices),
            *((f"poll {cell(one.polled_at)}", _poll(one)) for one in feed.polls),
        ],
    )


def _redirected(feed: FeedTrace) -> str | None:
    if feed.permanent_url is None:
        return None
    days = f"{feed.permanent_days} day{'s' * (feed.permanent_days != 1)} so far"
    return f"{feed.permanent_url}, for good ({'adopted' if feed.adopted_url == feed.permanent_url else days})"


def _poll(poll: PollTrace) -> str:
    status = f" ({poll.http_status})" if poll.http_status else ""
    if poll.reason:
        return f"{poll.outcome}{status}, {poll.reason}: {poll.detail}"
    return f"{poll.outcome}{status}, {poll.entries} entries, {poll.new_entries} new"


def _dates(dates: Iterable[DateCandidate]) -> list[tuple[str, str]]:
    """Every date that was found, with where it stood and why it was not believed."""
    return [
        (
            f"date {one.source}",
            ", ".join(
                part
                for part in (
                    f"“{cell(one.text)}”",
                    f"read as {cell(one.at)}" if one.at else "",
                    _FAULTS[one.fault] if one.fault else "",
                )
                if part
            ),
        )
        for one in dates
    ]


def _show_entry(entry: EntryTrace) -> None:
    seen = [(f"seen in {cell(one.outlet)}", one.seen_at) for one in entry.seen_in]
    failures = [(f"failed {cell(one.at)}", f"{one.stage}/{one.reason}: {one.detail}") for one in entry.failures]
    _grid(
        f"entry: {entry.title}",
        [
            ("id", entry.entry_id),
            ("address", entry.url),
            *seen,
            ("state", f"{entry.state}, {entry.attempts} attempts"),
            ("reason", f"{entry.reason}: {entry.detail}" if entry.reason else None),
            ("due again", entry.due_at),
            ("copy of", entry.linked_to),
            ("backlog", "it stood in the first document that was read of its feed" if entry.backlog else None),
            ("replayed", entry.replayed_at),
            *([] if entry.article_ids else _dates(entry.dates)),
            *failures,
            ("try again with", f"spywatch replay {entry.entry_id} --yes" if _is_set_aside(entry) else None),
        ],
    )


def _is_set_aside(entry: EntryTrace) -> bool:
    return entry.state == "failed" or (entry.state == "stored" and entry.reason is not None)


def _show_article(article: ArticleTrace) -> None:
    tags = [
        (f"{tag.decision} {tag.category}", f"{tag.score:.2f} {tag.evidence[0].text if tag.evidence else ''}")
        for tag in article.tags
    ]
    scores = ", ".join(f"{category} {score:.2f}" for category, score in article.scores.items())
    _grid(
        f"article: {article.title}",
        [
            ("id", article.article_id),
            ("address", article.url),
            ("part", article.part),
            ("published", f"{cell(article.published_at) or 'no date'} ({article.date_source})"),
            *_dates(article.dates),
            ("first seen", article.first_seen_at),
            ("backlog", "old when its feed was new: no digest tells it" if article.backlog else None),
            ("text", f"{article.characters} characters from {article.text_source}, access {article.access}"),
            ("language", article.language),
            ("not classified", article.not_classified),
            *tags,
            ("scores", scores),
            *[("told in digest", f"{one.digest_id} at {cell(one.made_at)}") for one in article.digests],
        ],
    )
