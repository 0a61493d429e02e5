"""Opinions on the command line: `+expulsion -recruitment =tech-transfer`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from difflib import get_close_matches
from typing import Any

from typer.core import TyperCommand

from spywatch.records import Opinion

SIGNS = {"+": Opinion.YES, "-": Opinion.NO, "=": Opinion.WITHDRAWN}


class OpinionError(ValueError):
    """The words are no opinions; the message says which and what to write."""


class CommandWithOpinions(TyperCommand):
    """A command among whose arguments `-recruitment` is a word, not a row of one-letter options."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put options before the words that are none, which follow `--`, so that the parser leaves them alone."""
        with_value = {
            name
            for parameter in self.params
            if not getattr(parameter, "is_flag", False)
            for name in parameter.opts
            if name.startswith("-")
        }
        options: list[str] = []
        words: list[str] = []
        left = iter(args)
        for word in left:
            if word == "--":
                words += left
            elif word.startswith("--") or word in ctx.help_option_names:
                options.append(word)
                if word in with_value:
                    value = next(left, None)
                    if value is None:  # the parser says which option lacks its value, if nothing follows it
                        return super().parse_args(ctx, options)
                    options.append(value)
            else:
                words.append(word)
        return super().parse_args(ctx, [*options, "--", *words])


def parse_opinions(
    words: Sequence[str], known: Collection[str], withdrawable: Iterable[str] = ()
) -> dict[str, Opinion]:
    """Read `+category`, `-category` and `=category`.

    Args:
        words: as they were typed.
        known: the categories.
        withdrawable: further categories, on which there is a word to take back although they are no longer known.

    Raises:
        OpinionError: a word without sign, an unknown category, or two opinions on one.
    """
    opinions: dict[str, Opinion] = {}
    for word in words:
        opinion = SIGNS.get(word[:1])
        category = word[1:].strip()
        if opinion is None or not category:
            raise OpinionError(
                f"{word!r} is no opinion; write +category if it applies, -category if it does not, =category to take "
                "an earlier word back"
            )
        if category not in known and not (opinion is Opinion.WITHDRAWN and category in set(withdrawable)):
            raise OpinionError(unknown_category(category, known))
        if opinions.setdefault(category, opinion) is not opinion:
            raise OpinionError(f"two opinions on {category}; give one")
    return opinions


def unknown_category(name: str, known: Collection[str]) -> str:
    """The sentence that says which categories there are, and which one may have been meant."""
    nearest = get_close_matches(name.lower(), known, n=1, cutoff=0.5)
    meant = f"; did you mean {nearest[0]}?" if nearest else "."
    return f"{name!r} is no category{meant} The categories are {', '.join(sorted(known))}."
