"""The command line's front door: which command is where."""

from __future__ import annotations

from typing import Annotated

import typer

from cli import (
    corpus,
    digest,
    filters,
    newsroom,
    register,
    replay,
    retag,
    review,
    run,
    sample,
    sql,
    status,
    verdict,
    where,
)
from cli.console import clear_output, out, ready_streams
from cli.opinions import CommandWithOpinions
from spywatch import __version__

app = typer.Typer(
    name="spywatch",
    help=(
        "A news desk for counter-intelligence analysts: feeds in, tagged records in DuckDB, digests out.\n\n"
        "Start with `spywatch demo`; then write your feeds into feeds.toml and call `spywatch run` and "
        "`spywatch digest` each day. Settings come from SPYWATCH_... variables or spywatch.toml.\n\n"
        "Exit codes: 0 done, 1 something did not come out right (the output says what), 2 wrong usage, "
        "3 an input, setting or database that cannot be used, 4 another run is at work."
    ),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        out.print(f"spywatch {__version__}")
        raise typer.Exit


@app.callback()
def _top(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    pass


_DAILY, _LOOK, _STAGES, _TRY = "Every day", "Look at what there is", "Stages as filters", "Try it"
_TEACH = "Tell the model what is right"

app.command(rich_help_panel=_DAILY)(run.run)
app.command(rich_help_panel=_DAILY)(digest.digest)
app.command(rich_help_panel=_DAILY)(replay.replay)
app.add_typer(register.app, name="feeds", rich_help_panel=_DAILY)
app.command(rich_help_panel=_TEACH)(review.review)
app.command(rich_help_panel=_TEACH, cls=CommandWithOpinions)(verdict.verdict)
app.command(rich_help_panel=_TEACH)(retag.retag)
app.add_typer(corpus.corpus, name="corpus", rich_help_panel=_TEACH)
app.command(rich_help_panel=_LOOK)(sql.sql)
app.command(rich_help_panel=_LOOK)(status.status)
app.command(rich_help_panel=_LOOK)(where.where)
app.command(rich_help_panel=_STAGES)(filters.parse)
app.command(rich_help_panel=_STAGES)(filters.extract)
app.command(rich_help_panel=_STAGES)(filters.classify)
app.command(rich_help_panel=_TRY)(sample.demo)
app.add_typer(newsroom.app, name="newsroom", rich_help_panel=_TRY)


def main() -> None:
    """Run the `spywatch` command."""
    ready_streams()
    with clear_output():
        app()
