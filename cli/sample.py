"""`spywatch demo`: the whole product on the sample newsroom."""

from __future__ import annotations

import asyncio
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.rule import Rule
from rich.text import Text

from cli.console import clear_errors, fail, out
from cli.progress import watching
from cli.run import show
from spywatch.records import RunReport
from spywatch.settings import Settings, load_settings

_MARK = ".spywatch-demo"


def demo(
    folder: Annotated[
        Path, typer.Option("--out", help="Folder to write to; an earlier demo there is removed.")
    ] = Path("demo-output"),
) -> None:
    """Serve the sample newsroom, run the pipeline on it twice over real HTTP, and show the digest.

    Leaves a database to play with: spywatch sql --db demo-output "FROM tagged_articles"

    Example: spywatch demo --out /tmp/demo
    """
    from digests import markdown, terminal
    from flows.tell import digest_path, next_digest, write_page
    from newsroom.process import running_newsroom
    from storage.recording import record_digest

    _clear(folder)
    with clear_errors(), running_newsroom(folder / "newsroom") as room:
        _heading(f"1. The newsroom: {len(room.base_urls)} fictional outlets on this machine")
        for name, url in room.base_urls.items():
            out.print(Text(f"   {url}  {name}"))
        settings = load_settings(
            feeds=room.feeds_file,
            db=folder,
            allowed_private_hosts=room.allowed_hosts,
            host_delay_seconds=0.0,
            host_concurrency=8,
        )
        _heading("2. The first run: fetch, extract, tag, store, publish")
        show(_run(settings), folder)
        first = next_digest(folder, now=datetime.now(UTC))
        zone = ZoneInfo(settings.time_zone)
        page = digest_path(folder, first)
        write_page(page, markdown.render(first, zone=zone))
        record_digest(folder, first, first.made_at)
        _heading("3. The same again: nothing is stored or told twice")
        again = _run(settings)
        second = next_digest(folder, now=datetime.now(UTC))
        out.print(
            f"entries  {again.seen} seen, {again.stored} stored, {again.unchanged} unchanged; feeds "
            f"{again.feeds_not_modified} unchanged, {again.feeds_skipped} resting after a failure"
        )
        out.print(f"digest   {len(second.items)} new")
        record_digest(folder, second, second.made_at)
    _heading("4. The digest of the first run")
    out.print(terminal.render(first, zone=zone))
    out.print(Text(f"digest    {page}"))
    out.print(Text(f"database  {folder / 'spywatch.duckdb'}, to open with any DuckDB (read-only), or:"))
    out.print(Text(f'          .venv/bin/spywatch sql --db {folder} "FROM tagged_articles"'))
    out.print(Text(f"          .venv/bin/spywatch sql --db {folder} --list"))
    out.print(Text(f"          .venv/bin/spywatch status --db {folder}"))
    out.print(Text(f"          .venv/bin/spywatch review --db {folder}"))


def _run(settings: Settings) -> RunReport:
    from flows.pipeline import run_pipeline

    with watching() as watch:
        return asyncio.run(run_pipeline(settings, now=datetime.now(UTC), watch=watch))


def _heading(text: str) -> None:
    out.print()
    out.print(Rule(Text(text, style="bold"), align="left"))


def _clear(folder: Path) -> None:
    """Make the folder empty, but only if nothing but an earlier demo is in it."""
    try:
        if folder.exists() and any(folder.iterdir()):
            if not (folder / _MARK).exists():
                fail(f"{folder} holds something that is no demo; name another folder with --out")
            shutil.rmtree(folder)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _MARK).touch()
    except OSError as error:
        fail(f"cannot write to {folder}: {error.strerror}")
