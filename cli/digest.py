"""`spywatch digest`: what is new since the last one."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from cli.console import clear_errors, fail, moment, note, out
from cli.evidence import nearest_json, terms_json
from cli.jsontext import dumps
from cli.run import Db
from spywatch.records import Digest
from spywatch.settings import load_settings


class Form(StrEnum):
    """How a digest is written."""

    TERMINAL = "terminal"
    MARKDOWN = "markdown"
    JSON = "json"


def digest(
    db: Db = None,
    form: Annotated[Form, typer.Option("--format", help="How to write it.")] = Form.TERMINAL,
    target: Annotated[Path | None, typer.Option("--out", help="Write Markdown (or JSON) to this file.")] = None,
    peek: Annotated[bool, typer.Option("--peek", help="Show it without remembering that it was told.")] = False,
    now: Annotated[str | None, typer.Option("--now", help="The clock, ISO 8601; default: the present.")] = None,
) -> None:
    """Tell what is new since the last digest, and remember it: a second call has nothing new.

    Works while a run is at work, too; what has to be remembered then waits in the journal for the run to take in.

    Example: spywatch digest --format markdown --out today.md
    """
    from digests import markdown, terminal
    from flows.tell import next_digest, write_page
    from flows.telling import tell_to_file
    from storage.announced import settle_announced
    from storage.recording import Recorded, record_digest

    clock = moment(now)
    recorded: Recorded | None = None
    if target is not None and target.is_dir():
        fail(f"{target} is a folder; --out takes the name of a file")
    with clear_errors():
        settings = load_settings(db=db)
        finished = () if peek else settle_announced(settings.db, clock)
        for path in finished:
            note(f"the digest in {path} was cut off before it was recorded; it is recorded now")
        made = next_digest(settings.db, now=clock)
        if target is not None and target.absolute() in finished and not made.items:
            note("there is nothing new beside it, so the file stays as it is")
            return
        zone = ZoneInfo(settings.time_zone)
        if target is not None or form is not Form.TERMINAL:
            page = dumps(digest_json(made)) if form is Form.JSON else markdown.render(made, zone=zone)
            if target is None:
                typer.echo(page)
            else:
                try:
                    if peek:
                        write_page(target, page)
                    else:
                        recorded = tell_to_file(settings.db, made, target=target, page=page, now=clock)
                except OSError as error:
                    fail(f"cannot write {target}: {error.strerror}; nothing was recorded")
        else:
            out.print(terminal.render(made, zone=zone))
        if not peek and recorded is None:
            recorded = record_digest(settings.db, made, clock)
        if peek:
            note("not recorded: the next digest tells the same again")
        elif recorded is Recorded.JOURNALED:
            note("recorded in the journal: a run is at work and takes it in before it publishes")
        else:
            note("recorded")


def digest_json(made: Digest) -> dict[str, Any]:
    """A digest as JSON."""
    return {
        "id": made.id,
        "made_at": made.made_at.isoformat(),
        "since": made.since.isoformat() if made.since else None,
        "items": [
            {
                "article_id": item.article_id,
                "url": item.url,
                "title": item.title,
                "outlet": item.outlet,
                "published_at": item.published_at.isoformat() if item.published_at else None,
                "first_seen_at": item.first_seen_at.isoformat(),
                "access": str(item.access),
                "retroactive": item.retroactive,
                "tags": [
                    {
                        "category": tag.category,
                        "score": tag.score,
                        "evidence": [one.text for one in tag.evidence],
                        "terms": terms_json(tag),
                        "nearest": nearest_json(tag),
                        "judged_by": item.judged_by.get(tag.category),
                    }
                    for tag in item.tags
                ],
            }
            for item in made.items
        ],
        "coverage": {
            "sources": made.coverage.sources,
            "sources_read": made.coverage.sources_read,
            "articles_read": made.coverage.articles_read,
            "awaiting_review": made.coverage.awaiting_review,
            "failing": list(made.coverage.failing),
            "silent": list(made.coverage.silent),
            "backlog": made.coverage.backlog,
        },
    }
