"""`spywatch verdict`: an analyst's word on an article."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer
from rich.text import Text

from cli.author import author_of
from cli.console import Exit, argument_text, clear_errors, err, fail, moment, note, out
from cli.jsontext import echo as echo_json
from cli.opinions import OpinionError, parse_opinions
from cli.run import Db
from cli.standing import show_standing, standing_json
from cli.tables import cell
from spywatch.records import Opinion, Verdict
from spywatch.settings import Settings, load_settings
from spywatch.urls import redact

if TYPE_CHECKING:
    from storage.judgements import GivenVerdict
    from storage.verdicts import FoundArticle, Judged

_LONGEST_NOTE = 2_000


def verdict(
    article: Annotated[
        str,
        typer.Argument(metavar="ARTICLE", help="Its id, the first characters of one (six at least), or its address."),
    ],
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="OPINION",
            help="+CATEGORY it applies, -CATEGORY it does not, =CATEGORY takes an earlier word back; without any, "
            "what is said of the article is shown.",
            show_default=False,
        ),
    ] = None,
    none: Annotated[bool, typer.Option("--none", help="No category applies: - for each of them.")] = False,
    remark: Annotated[
        str | None, typer.Option("--note", help="Why, for colleagues; at most 2,000 characters.")
    ] = None,
    author: Annotated[str | None, typer.Option("--author", help="Who says so; default: setting author.")] = None,
    db: Db = None,
    now: Annotated[str | None, typer.Option("--now", help="The clock, ISO 8601; default: the present.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what an article is about, or see what model and analysts say of it.

    A verdict wins over the model in views and digests at once, also while a run is
    at work, and the next fit of the model learns from it. The latest word on a
    category holds; = takes it back, and the model decides again.

    Examples:
    spywatch verdict 3f9c2a +expulsion -recruitment --note "both envoys named in the note"
    spywatch verdict https://example.org/2026/envoys-told-to-go --none
    spywatch verdict 3f9c2a =recruitment
    spywatch verdict 3f9c2a
    """
    from storage.recording import Recorded
    from storage.verdicts import record_verdict, standing

    clock = moment(now)
    given = [argument_text(word) for word in words or []]
    if article[:1] in {"+", "-", "="}:
        fail("name the article first, then the opinions: spywatch verdict ARTICLE +category", Exit.USAGE)
    with clear_errors():
        settings = load_settings(db=db)
        found = _the_article(settings, argument_text(article).strip())
        before = standing(settings.db, found.article_id)
        opinions = _opinions(settings, given, none=none, before=before)
        if not opinions:
            if remark is not None:
                fail("--note goes with an opinion: +category, -category, =category or --none", Exit.USAGE)
            if as_json:
                echo_json(standing_json(before))
            else:
                show_standing(before, ZoneInfo(settings.time_zone))
            return
        why = _remark(remark)
        said = Verdict(
            article_id=found.article_id,
            opinions=opinions,
            author=author_of(settings, author),
            at=clock,
            note=why,
        )
        recorded = record_verdict(settings.db, said, clock)
        after = standing(settings.db, found.article_id)
    if as_json:
        echo_json(standing_json(after) | {"recorded": str(recorded)})
    else:
        words_said = ", ".join(f"{category} {opinion}" for category, opinion in opinions.items())
        out.print(Text(f"{said.author}: {words_said}", style="bold"))
        for word in _overruling(after, said):
            when = f"{word.at.astimezone(ZoneInfo(settings.time_zone)):%d %b %Y, %H:%M}"
            out.print(
                Text(f"what holds is {word.category} {word.opinion}: {cell(word.author)}, {when}, a later word")
            )
        out.print(Text(f"{cell(after.article.title) or '(no headline)'}: {_counting(after)}"))
    if recorded is Recorded.JOURNALED:
        note("in the journal: a run is at work and takes it in before it publishes; digests heed it from now on")
    else:
        note("in the database")


def _remark(text: str | None) -> str:
    from digests.plain import clean

    if text is None:
        return ""
    line = clean(argument_text(text), len(text) + 1)
    if len(line) > _LONGEST_NOTE:
        fail(f"--note is too long: it has {len(line):,} characters, and a note at most {_LONGEST_NOTE:,}", Exit.USAGE)
    return line


def _opinions(settings: Settings, words: list[str], *, none: bool, before: Judged) -> dict[str, Opinion]:
    """What was said, by category, checked against the categories that there are."""
    from classifiers.corpus import load_corpus

    if not words and not none:
        return {}
    # A category that has left the corpus can still be denied where the article carries it.
    carried = {tag.category for tag in (*before.tags, *before.effective)}
    names = load_corpus(settings.corpus).names
    known = (*names, *sorted(carried.difference(names)))
    try:
        opinions = parse_opinions(words, known, withdrawable={given.category for given in before.verdicts})
    except OpinionError as error:
        fail(str(error), Exit.USAGE)
    if not none:
        return opinions
    if other := [category for category, opinion in opinions.items() if opinion is not Opinion.NO]:
        fail(f"--none says that no category applies, and {other[0]} is said otherwise; give one of them", Exit.USAGE)
    return dict.fromkeys(known, Opinion.NO)


def _the_article(settings: Settings, key: str) -> FoundArticle:
    """The one article that a key means; ends with a sentence where there is none, or several."""
    from storage.verdicts import SHORTEST_PREFIX, find_articles

    if not key:
        fail("verdict asks for an article: its id or its address", Exit.USAGE)
    found = find_articles(settings.db, key)
    if len(found) == 1:
        return found[0]
    if found:
        err.print(Text.assemble(("spywatch: ", "bold red"), f"{cell(redact(key))} may be one of these; give an id:"))
        for one in found:
            when = f"{one.published_at:%d %b %Y}" if one.published_at else "no date"
            err.print(
                Text(f"  {one.article_id}  {cell(one.title, 80)} ({cell(one.outlet, 40)}, {when})"), soft_wrap=True
            )
        raise typer.Exit(int(Exit.BAD_INPUT))
    if "/" not in key and len(key) < SHORTEST_PREFIX:
        fail(f"{cell(key)!r} is too short for an article's id; give at least {SHORTEST_PREFIX} characters of it")
    fail(
        f"there is no article {cell(redact(key))}; `spywatch where ADDRESS` says what became of an address, and "
        '`spywatch sql "SELECT article_id, title FROM article_list"` lists the articles'
    )


def _overruling(after: Judged, said: Verdict) -> list[GivenVerdict]:
    """The words of others that hold although something else was just said."""
    latest = {word.category: word for word in after.verdicts}
    return [
        latest[category]
        for category, opinion in said.opinions.items()
        if category in latest and latest[category].opinion is not opinion
    ]


def _counting(judged: Judged) -> str:
    alerts = [tag.category for tag in judged.effective if tag.decision == "alert"]
    return f"tagged {', '.join(alerts)}" if alerts else "no tag"
