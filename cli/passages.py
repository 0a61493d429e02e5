"""An article's text on the screen: the sentences that matter, in what stands around them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

from rich.text import Text

from spywatch.records import Evidence

Span = tuple[int, int]
_GAP = 40
"""Two windows that are nearer to each other than so many characters become one."""


def harmless(text: str) -> str:
    """The same text, character for character, with a space for what could steer a terminal; line ends are kept."""
    return "".join(char if char == "\n" or unicodedata.category(char)[0] != "C" else "\N{SPACE}" for char in text)


def spans_in(evidence: Iterable[Evidence], field: str, length: int) -> list[Span]:
    """Where the evidence stands in a field of `length` characters, strongest first; what is outside is left out."""
    return [(one.start, one.end) for one in evidence if one.field == field and 0 <= one.start < one.end <= length]


def windows(text: str, spans: Sequence[Span], room: int) -> list[Span]:
    """The parts of a text to show.

    Args:
        text: the whole.
        spans: what matters, strongest first; the text's beginning where there is nothing.
        room: how many characters fit. Spans that alone are longer are shown all the same.

    Returns:
        Parts in the text's order that do not touch; they begin and end between words.
    """
    wanted = spans or [(0, 0)]
    around = max(0, room - sum(end - start for start, end in wanted)) // (2 * len(wanted))
    found: list[Span] = []
    for start, end in sorted(wanted):
        lack = max(0, around - start), max(0, end + around - len(text))  # what one side has not, the other gets
        first = min(start, _word_start(text, max(0, start - around - lack[1])))
        last = max(end, _word_end(text, min(len(text), end + around + lack[0])))
        if found and first <= found[-1][1] + _GAP:
            found[-1] = (found[-1][0], max(last, found[-1][1]))
        else:
            found.append((first, last))
    return found


def _word_start(text: str, position: int) -> int:
    if position == 0 or text[position - 1].isspace():
        return position
    space = next((at for at in range(position, min(len(text), position + _GAP)) if text[at].isspace()), None)
    return position if space is None else space + 1


def _word_end(text: str, position: int) -> int:
    if position >= len(text) or text[position].isspace():
        return position
    return next((at for at in range(position, max(0, position - _GAP), -1) if text[at].isspace()), position)


def highlighted(text: str, spans: Sequence[Span], parts: Sequence[Span]) -> Text:
    """The parts of a text, the spans in them highlighted, with "…" where something is left out."""
    shown = Text()
    safe = harmless(text)
    for number, (first, last) in enumerate(parts):
        if first > 0:
            shown.append("… " if number == 0 else "\n… ", style="dim")
        piece = Text(safe[first:last])
        for start, end in spans:
            if start < last and end > first:
                piece.stylize("bold black on yellow", max(start, first) - first, min(end, last) - first)
        shown.append_text(piece)
        if last < len(text):
            shown.append(" …", style="dim")
    return shown
