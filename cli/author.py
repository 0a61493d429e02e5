"""Who gives a verdict."""

from __future__ import annotations

import getpass

from cli.console import Exit, argument_text, fail
from spywatch.settings import Settings

_LONGEST = 80


def author_of(settings: Settings, given: str | None) -> str:
    """The analyst's name: as given, else the setting, else the login name; one line, never empty.

    Raises:
        typer.Exit: there is none, or an empty one was given.
    """
    from digests.plain import clean

    if given is not None:
        name = clean(argument_text(given), _LONGEST)
    else:
        name = clean(settings.author, _LONGEST) or clean(_login(), _LONGEST)
    if not name:
        fail("a verdict needs a name: give --author NAME, or put it into the setting author", Exit.USAGE)
    return name


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # a user without an account, as in some containers
        return ""
