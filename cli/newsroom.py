"""`spywatch newsroom`: the sample newsroom, fictional outlets served over real HTTP on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.console import fail, moment

app = typer.Typer(
    help="The sample newsroom: fictional outlets on loopback, to try spywatch on.", no_args_is_help=True
)


@app.callback()
def _top() -> None:
    pass


@app.command()
def serve(
    out: Annotated[Path, typer.Option(help="Folder for feeds.toml, the register of the outlets' feeds.")] = Path(
        "newsroom-output"
    ),
    port: Annotated[int, typer.Option(help="First port; each outlet takes the next. 0 takes free ones.")] = 8800,
    now: Annotated[
        str | None, typer.Option("--now", help="The clock, ISO 8601; articles are dated before it.")
    ] = None,
    log: Annotated[Path | None, typer.Option(help="Write a line of JSON for each request to this file.")] = None,
    hostile: Annotated[
        bool, typer.Option("--hostile", help="Serve pages and feeds that break readers, too: feeds-hostile.toml.")
    ] = False,
    lying: Annotated[bool, typer.Option("--lying", help="Serve feeds that mislead, too: feeds-lying.toml.")] = False,
) -> None:
    """Serve the newsroom until Ctrl-C.

    Prints a line of JSON with the outlets' addresses and the register.

    Example: spywatch newsroom serve --port 8800; then, in another terminal:
    SPYWATCH_ALLOWED_PRIVATE_HOSTS=127.0.0.1 SPYWATCH_HOST_DELAY_SECONDS=0
    spywatch run --feeds newsroom-output/feeds.toml --db newsroom-output
    """
    from newsroom import server

    try:
        server.serve(out=out, port=port, now=moment(now), log=log, hostile=hostile, lying=lying)
    except server.ServerError as error:
        fail(str(error))
