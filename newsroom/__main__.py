"""`python -m newsroom serve`: run the sample newsroom until it is told to stop."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from newsroom.content import ContentError
from newsroom.server import SLOW_SECONDS, ServerError, serve


def moment(text: str) -> datetime:
    """An ISO 8601 time; UTC where it names no zone. Raises ArgumentTypeError otherwise."""
    try:
        value = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"not an ISO 8601 time: {text!r}") from error
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse the command line and serve; 0 after a clean stop, 1 when the server cannot start, 2 for wrong usage."""
    parser = argparse.ArgumentParser(prog="python -m newsroom", description="The sample newsroom.")
    commands = parser.add_subparsers(dest="command", required=True)
    serving = commands.add_parser("serve", help="serve all outlets on loopback until stopped")
    serving.add_argument("--port", type=int, default=0, help="first port; 0 takes free ones (default)")
    serving.add_argument("--now", type=moment, default=None, help="what dates count back from (default: now)")
    serving.add_argument("--out", type=Path, required=True, help="folder that gets feeds.toml")
    serving.add_argument("--ready-file", type=Path, default=None, help="file that gets the ready line as well")
    serving.add_argument("--log", type=Path, default=None, help="access log, a line of JSON for each request")
    serving.add_argument("--parent-pid", type=int, default=None, help="stop when this process is gone")
    serving.add_argument("--slow-seconds", type=float, default=SLOW_SECONDS, help="how slow the slow page is")
    serving.add_argument(
        "--hostile", action="store_true", help="serve the outlet of pages that break readers as well"
    )
    serving.add_argument("--lying", action="store_true", help="serve the outlet whose feeds mislead as well")
    chosen = parser.parse_args(arguments)
    try:
        serve(
            out=chosen.out,
            port=chosen.port,
            now=chosen.now,
            ready_file=chosen.ready_file,
            log=chosen.log,
            parent_pid=chosen.parent_pid,
            slow_seconds=chosen.slow_seconds,
            hostile=chosen.hostile,
            lying=chosen.lying,
        )
    except (ServerError, ContentError) as error:
        sys.stderr.write(f"newsroom: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
