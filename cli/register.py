"""`spywatch feeds`: the feed register."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from cli.console import Exit, argument_text, clear_errors, err, fail, note, out
from cli.jsontext import echo as echo_json
from cli.jsontext import visible
from cli.tables import cell
from spywatch.records import Failure, Feed, FeedKind, ParsedFeed, Poll
from spywatch.settings import OWN_REGISTER, Settings, load_settings
from spywatch.urls import redact

app = typer.Typer(help="The feed register: list, add, remove, import, export, check.", no_args_is_help=True)

Register = Annotated[
    Path | None,
    typer.Option("--feeds", help="Register (TOML); default: feeds.toml here if it exists, else the bundled one."),
]


@app.command("list")
def list_feeds(
    feeds: Register = None, as_json: Annotated[bool, typer.Option("--json", help="JSON.")] = False
) -> None:
    """Show the register. Tokens in addresses are blanked.

    Example: spywatch feeds list --feeds feeds.toml
    """
    from feeds.registry import load_register

    with clear_errors():
        settings = load_settings(feeds=feeds)
        register = load_register(settings.register)
    if as_json:
        echo_json([_feed_json(feed) for feed in register], indent=2)
        return
    table = Table(title=f"{len(register)} feeds in {settings.register}", title_justify="left")
    for heading in ("outlet", "language", "country", "kind", "seen to answer", "address"):
        table.add_column(heading, overflow="fold")
    for feed in register:
        seen = "yes" if feed.verified else "not yet"
        row = (feed.outlet, feed.language, feed.country, str(feed.kind), seen, redact(feed.url))
        table.add_row(*(Text(cell(value)) for value in row))
    out.print(table)


def _feed_json(feed: Feed) -> dict[str, object]:
    return {
        "url": redact(feed.url),
        "name": feed.name,
        "language": feed.language,
        "country": feed.country,
        "kind": str(feed.kind),
        "verified": feed.verified,
    }


@app.command()
def add(
    url: Annotated[str, typer.Argument(help="Address of the feed.")],
    name: Annotated[str, typer.Option(help="The outlet's name.")] = "",
    language: Annotated[str, typer.Option(help="Two-letter language code.")] = "",
    country: Annotated[str, typer.Option(help="Two-letter country code.")] = "",
    kind: Annotated[FeedKind, typer.Option(help="What kind of publisher.")] = FeedKind.OTHER,
    feeds: Register = None,
) -> None:
    """Add a feed. A register that does not exist yet is begun.

    Example: spywatch feeds add https://example.org/feed.xml --name "The Example" --language en --country IE
    """
    from feeds.registry import add_feed

    texts = [argument_text(text).strip() for text in (url, name, language, country)]
    feed = Feed(url=texts[0], name=texts[1], language=texts[2].lower(), country=texts[3].upper(), kind=kind)
    path = _rewrite(load_settings_or_end(feeds), lambda register: add_feed(register, feed), may_begin=True)
    note(f"added {redact(url)} to {path}")


@app.command()
def remove(
    url: Annotated[str, typer.Argument(help="Address of the feed, or its name.")], feeds: Register = None
) -> None:
    """Remove a feed. What was stored from it stays.

    Example: spywatch feeds remove https://example.org/feed.xml
    """
    from feeds.registry import remove_feed

    path = _rewrite(load_settings_or_end(feeds), lambda register: remove_feed(register, url))
    note(f"removed {redact(url)} from {path}")


@app.command("import")
def import_feeds(
    source: Annotated[Path, typer.Argument(help="An OPML file, or another register.")], feeds: Register = None
) -> None:
    """Take in the feeds of an OPML file or of another register; those that are known already stay as they are.

    Example: spywatch feeds import subscriptions.opml
    """
    from feeds.registry import RegisterError, add_feed, load_register

    with clear_errors():
        incoming = load_register(source)
    known = 0

    def merged(register: tuple[Feed, ...]) -> tuple[Feed, ...]:
        nonlocal known
        for feed in incoming:
            try:
                register = add_feed(register, feed)
            except RegisterError:  # the register has it already
                known += 1
        return register

    path = _rewrite(load_settings_or_end(feeds), merged, may_begin=True, start_empty=True)
    note(f"{len(incoming) - known} feeds added to {path}, {known} were known")


@app.command()
def export(
    target: Annotated[Path | None, typer.Argument(help="File to write; standard output if none.")] = None,
    with_secrets: Annotated[
        bool, typer.Option("--with-secrets", help="Write addresses whole, tokens included.")
    ] = False,
    feeds: Register = None,
) -> None:
    """Write the register as OPML, which every reader can import. Tokens in addresses are blanked unless asked for.

    Example: spywatch feeds export subscriptions.opml
    """
    from feeds.opml import write_opml
    from feeds.registry import load_register

    with clear_errors():
        register = load_register(load_settings(feeds=feeds).register)
    document = write_opml(register, title="spywatch feeds", with_secrets=with_secrets)
    if target is None:
        typer.echo(visible(document.decode()) if sys.stdout.isatty() else document.decode())
        return
    try:
        target.write_bytes(document)
    except OSError as error:
        fail(f"cannot write {target}: {error.strerror}")
    note(f"{len(register)} feeds written to {target}")


@app.command()
def check(
    urls: Annotated[list[str] | None, typer.Argument(help="Only these addresses; all if none.")] = None,
    feeds: Register = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON.")] = False,
) -> None:
    """Ask every feed once, say how each answered, and mark those that did as verified. Nothing is stored.

    Exit code 1 if one of them did not answer with a feed.

    Example: spywatch feeds check --feeds feeds.toml
    """
    from feeds.registry import load_register, mark_verified

    settings = load_settings_or_end(feeds)
    with clear_errors():
        register = load_register(settings.register)
        wanted = set(urls or ())
        chosen = [feed for feed in register if not wanted or feed.url in wanted]
        if missing := wanted - {feed.url for feed in chosen}:
            fail(f"{redact(min(missing))} is not in {settings.register}")
        polls = asyncio.run(_ask(chosen, settings))
    answered = {poll.feed.url for poll in polls if isinstance(poll.result, ParsedFeed)}
    if {feed.url for feed in chosen if not feed.verified} & answered:
        _rewrite(settings, lambda register: mark_verified(register, answered))
    if as_json:
        echo_json([_check_json(poll) for poll in polls], indent=2)
    else:
        out.print(_check_table(polls))
    if len(answered) < len(polls):
        raise typer.Exit(int(Exit.UNBALANCED))


async def _ask(feeds: list[Feed], settings: Settings) -> list[Poll]:
    from feeds.poll import poll
    from feeds.workers import FeedParser
    from flows.equipment import manners, reading_pool, schedule
    from spywatch.web import Web

    with reading_pool(settings) as pool, Progress(console=err, transient=True) as progress:
        task = progress.add_task("asking feeds", total=len(feeds))
        parse = FeedParser(pool, time_limit=settings.parse_time_limit_seconds, max_items=settings.max_feed_items)

        async def one(web: Web, feed: Feed) -> Poll:
            result = await poll(
                feed,
                None,
                web=web,
                now=datetime.now(UTC),
                max_bytes=settings.max_feed_bytes,
                schedule=schedule(settings),
                parse=parse,
            )
            progress.advance(task)
            return result

        async with Web(manners(settings)) as web:
            return list(await asyncio.gather(*(one(web, feed) for feed in feeds)))


def _check_json(poll: Poll) -> dict[str, object]:
    failed = poll.result if isinstance(poll.result, Failure) else None
    return {
        "url": redact(poll.feed.url),
        "name": poll.feed.name,
        "entries": len(poll.result.entries) if isinstance(poll.result, ParsedFeed) else 0,
        "failure": {"reason": str(failed.reason), "detail": failed.detail} if failed else None,
    }


def _check_table(polls: list[Poll]) -> Table:
    table = Table()
    for heading in ("outlet", "answer", "entries", "newest", "detail"):
        table.add_column(heading, overflow="fold")
    for poll in polls:
        name = Text(cell(poll.feed.outlet))
        if isinstance(poll.result, ParsedFeed):
            newest = max((e.published_at for e in poll.result.entries if e.published_at), default=None)
            day = f"{newest:%d %b %Y}" if newest else "no dates"
            skipped = f"{len(poll.result.skipped)} entries unusable" if poll.result.skipped else ""
            table.add_row(name, Text("feed", style="green"), str(len(poll.result.entries)), day, skipped)
        elif isinstance(poll.result, Failure):
            table.add_row(name, Text(str(poll.result.reason), style="red"), "", "", Text(cell(poll.result.detail)))
    return table


def load_settings_or_end(feeds: Path | None) -> Settings:
    """The settings with the register that was named."""
    with clear_errors():
        return load_settings(feeds=feeds)


def _rewrite(
    settings: Settings,
    change: Callable[[tuple[Feed, ...]], tuple[Feed, ...]],
    *,
    may_begin: bool = False,
    start_empty: bool = False,
) -> Path:
    """Change the register, and say where it is.

    The bundled register is never written: `feeds.toml` in the current folder takes its place from then on. A register
    that was named and does not exist yet is begun if `may_begin`; `start_empty` says not to begin as the bundled one.
    """
    from feeds.registry import load_register, save_register

    bundled = settings.uses_bundled_register
    path = OWN_REGISTER if bundled else settings.register
    with clear_errors():
        begin_empty = start_empty if bundled else may_begin and not path.exists()
        register = () if begin_empty else load_register(settings.register)
        save_register(path, change(register))
    if bundled:
        note(
            f"{path} is the register in this folder from now on"
            + ("" if start_empty else ", begun as the bundled one")
        )
    return path
