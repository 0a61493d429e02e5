"""`spywatch status` and `spywatch where`: how the desk stands, and what became of an address."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from cli.console import Exit, argument_text, clear_errors, err, fail, out
from cli.run import Db, show
from cli.tables import cell, show_fields, show_rows
from spywatch.settings import load_settings
from spywatch.urls import redact

if TYPE_CHECKING:
    from storage.published import Result
    from storage.whereabouts import ArticleTrace, EntryTrace, FeedTrace

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def status(db: Db = None, as_json: AsJson = False) -> None:
    """How the last run went, what is waiting, and how each source is.

    Example: spywatch status --db /var/lib/spywatch
    """
    from storage.published import jsonable, run_sql
    from storage.status import status as read_status

    with clear_errors():
        settings = load_settings(db=db)
        found = read_status(settings.db)
        health = run_sql(settings.db, "FROM source_health ORDER BY outlet")
    if as_json:
        sources = [dict(zip(health.columns, row, strict=True)) for row in health.rows()]
        typer.echo(json.dumps(jsonable({**asdict(found), "sources": sources}), ensure_ascii=False))
        return
    if found.running is not None:
        out.print(Text(f"a run is at work (process {found.running})", style="bold green"))
    if found.last_run:
        show(found.last_run, settings.db)
    else:
        out.print("no run has finished yet")
    waiting = ", ".join(f"{count} {state}" for state, count in found.entries.items()) or "none"
    out.print(f"entries  {waiting}")
    told = f"{found.digests} made, the last at {cell(found.last_digest_at)}" if found.digests else "none made yet"
    out.print(f"digests  {told}")
    out.print(f"review   {found.awaiting_review} articles in the grey zone")
    if found.journal_records:
        out.print(f"journal  {found.journal_records} records wait for the next run")
    _show_health(health)


def _show_health(health: Result) -> None:
    found = [dict(zip(health.columns, row, strict=True)) for row in health.rows()]
    headings = ("source", "health", "last success", "articles", "alerts")
    rows = [
        (
            one["outlet"],
            f"{one['health']}: {one['last_reason']}" if one["last_reason"] else one["health"],
            f"{one['last_success_at']:%d %b %H:%M}" if one["last_success_at"] else "never",
            one["articles"],
            one["alert_articles"],
        )
        for one in found
    ]
    show_rows(headings, rows, title="sources; --json tells all that is known of them")


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
        typer.echo(json.dumps(jsonable({**asdict(found), "asked": redact(asked)}), ensure_ascii=False))
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
            ("moved to", feed.permanent_url),
            ("last failure", f"{feed.last_reason}: {feed.last_detail}" if feed.last_reason else None),
            ("entries", f"{feed.entries}, {feed.entries_due} due, {feed.entries_failed} failed"),
            ("articles", f"{feed.articles}, {feed.alert_articles} with an alert"),
        ],
    )


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
            *failures,
        ],
    )


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
            ("text", f"{article.characters} characters from {article.text_source}, access {article.access}"),
            ("language", article.language),
            ("not classified", article.not_classified),
            *tags,
            ("scores", scores),
            *[("told in digest", f"{one.digest_id} at {cell(one.made_at)}") for one in article.digests],
        ],
    )
