"""Characters that nobody sees and that part words: soft hyphens, zero-width blanks, byte order marks.

They are left out before a text is read, or "diplo-mats" would be two words; what is found is told in the offsets of
the text as it came.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufeff]")
_CODES = np.array([0x00AD, 0x200B, 0x2060, 0xFEFF], dtype=np.uint32)


@dataclass(frozen=True, slots=True)
class Visible:
    """A text without its invisible characters.

    Attributes:
        source: as it came.
        text: what is left.
        places: where each character of it stands in the text as it came; None where nothing was left out.
    """

    source: str
    text: str
    places: NDArray[np.int64] | None = None

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The offsets in `source` of a range of `text` that is not empty."""
        if self.places is None:
            return start, end
        return int(self.places[start]), int(self.places[end - 1]) + 1


def visible(text: str) -> Visible:
    """A text without its invisible characters."""
    if text.isascii() or not _INVISIBLE.search(text):
        return Visible(text, text)
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    return Visible(text, _INVISIBLE.sub("", text), np.flatnonzero(~np.isin(codes, _CODES)))
