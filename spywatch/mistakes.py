"""An exception that nobody foresaw, in words that may be stored and shown."""

from __future__ import annotations

import traceback
from pathlib import Path

_LONGEST = 200


def in_words(error: BaseException) -> str:
    """What was raised, and by which line.

    Args:
        error: the exception.

    Returns:
        Its type, its text on one line and the place in the code. The text is left out where it may hold an address,
        and with it a password.
    """
    told = " ".join(str(error).split())[:_LONGEST]
    if "@" in told or "://" in told:
        told = ""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{': ' + told if told else ''}{place}"
