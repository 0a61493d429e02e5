"""`spywatch review`: the grey zone, walked through in the terminal."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer
from rich.text import Text

from cli.author import author_of
from cli.console import Exit, clear_errors, fail, out
from cli.evidence import tag_json
from cli.jsonlines import Json, write
from cli.opinions import unknown_category
from cli.run import Db
from spywatch.settings import Settings, load_settings

if TYPE_CHECKING:
    from storage.verdicts import ReviewItem


def review(
    category: Annotated[str | None, typer.Option("--category", help="Only this category.")] = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="At most so many.")] = None,
    author: Annotated[str | None, typer.Option("--author", help="Who answers; default: setting author.")] = None,
    db: Db = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the queue as JSON Lines and ask nothing.")] = False,
) -> None:
    """Walk through what the model left in doubt, worst doubt first, and answer by single keys.

    Shows each article with the sentences that speak for the category, and why.
    Keys: y it applies, n it does not, s or space later, a no category applies,
    t the whole text, u undo the last step, ? help, q quit.
    Each answer is a verdict and is recorded at once; what was answered is kept
    however you leave. If a colleague has answered meanwhile, it says so first.

    Examples:
    spywatch review
    spywatch review --category recruitment --limit 20
    spywatch review --json | jq -r .url
    """
    from storage.verdicts import review_items

    if not as_json and not (sys.stdin.isatty() and sys.stdout.isatty()):
        fail(
            "review asks by keys and needs a terminal; elsewhere `spywatch review --json` prints the queue, "
            '`spywatch sql "FROM review_queue"` too, and `spywatch verdict` answers',
            Exit.USAGE,
        )
    with clear_errors():
        settings = load_settings(db=db)
        names = _categories(settings)
        if category is not None and category not in names:
            fail(unknown_category(category, names), Exit.USAGE)
        if as_json:
            for item in review_items(settings.db, category=category, limit=limit):
                write(_item_json(item))
            return
        who = author_of(settings, author)
        read_at = datetime.now(UTC)
        queue = review_items(settings.db, category=category, limit=limit)
        if not queue:
            out.print(Text("nothing is in doubt" + (f" in {category}" if category else "")))
            return

        from cli.walk import Recorder, Walk

        with Recorder(settings.db, who) as recorder:
            walk = Walk(queue, names, recorder, ZoneInfo(settings.time_zone), read_at)
            try:
                walk.through()
            except (KeyboardInterrupt, EOFError):
                out.print()
        walk.summary()


def _categories(settings: Settings) -> tuple[str, ...]:
    from classifiers.corpus import load_corpus

    return load_corpus(settings.corpus).names


def _item_json(item: ReviewItem) -> Json:
    return {
        "article_id": item.article_id,
        "url": item.url,
        "title": item.title,
        "outlet": item.outlet,
        "published_at": item.published_at.isoformat() if item.published_at else None,
        "language": item.language,
        "category": item.category,
        "score": item.score,
        "doubt": item.doubt,
        "tag": tag_json(item.tag),
        "other_tags": [tag_json(tag) for tag in item.other_tags],
    }
