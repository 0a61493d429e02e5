"""Measurements that are run by hand or with `make bench`; docs/benchmarks.md says what each one wants and prints.

The data is no part of the project. A script whose data is not there says so and ends: with 0 where it looked in the
usual place, so that `make bench` goes on to the next one, and with `NOT_THERE` where a folder was named.
"""

from __future__ import annotations

import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
SHARED = PROJECT.parent / "shared"
NOT_AS_REQUIRED = 1
NOT_THERE = 3


def find_data(named: Path | None, *needed: str) -> Path | int:
    """The folder with the measuring data.

    Args:
        named: what the user named; None for the usual place, `../shared` beside the project.
        needed: files or folders that must be in it.

    Returns:
        The folder; or, after a sentence on standard error, the exit code to end with.
    """
    folder = named or SHARED
    missing = [name for name in needed if not (folder / name).exists()]
    if not missing:
        return folder.resolve()
    shown = named or Path("..", "shared")
    print(f"no {' and no '.join(missing)} in {shown}: nothing measured", file=sys.stderr)
    return NOT_THERE if named else 0
