"""What there is to say of a misbehaviour. The tables are in `misbehaviour.py`, `hostile.py` and `lying.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

On = Literal["feed", "page", "entry", "robots"]
End = Literal["page", "feed", "stored", "waiting"]
"""How an entry ends in a run: stored from its page, from the feed's own text, from either of them, or failed for now
and due again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Misbehaviour:
    """One thing that a real web would do.

    Attributes:
        on: where it shows: in a feed's answer, in a page's, in what an entry says, or in a robots.txt.
        outlet, path: the place: the path that the register or the entry names; for an entry with a foreign link the
            whole URL, or `dead:` and a path where nobody listens.
        also: further places that the same holds for (of a robots.txt: the entries that it decides on).
        statuses: the answers to one plain GET after another; the last one repeats. Empty where nothing is asked.
        counted_by: the path whose requests choose the status instead of the place's own, so that all pages of an
            outlet may heal when its feed is asked for the second time. Of a 429 only the first page asked tells.
        headers: sent with what is no 200.
        wall: the template shown instead of the page: with the status where that is 400 or above, else at `location`.
        location: where a redirect leads, a path on the outlet or a whole URL.
        slow, oversize, malformed: the page is slow, too long, the feed is ill-formed.
        ends: how the place's entry ends in the first run, the second and so on, as far as this row decides on it; the
            last one repeats.
        reasons: what a reader may record as the reason where the page was not had.
        access: the access state that is stored with the feed's text, "" if none in particular.
        first_run, second_run: what a reader of the feeds should see; second_run where all that is due is asked again.
    """

    name: str
    on: On
    outlet: str
    path: str
    statuses: tuple[int, ...]
    what: str
    first_run: str
    second_run: str
    also: tuple[str, ...] = ()
    counted_by: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    wall: str = ""
    location: str = ""
    slow: bool = False
    oversize: bool = False
    malformed: bool = False
    ends: tuple[End, ...] = ("page",)
    reasons: tuple[str, ...] = ()
    access: str = ""

    @property
    def served(self) -> tuple[str, ...]:
        """The paths at which the server acts on it."""
        return (self.path,) if self.on == "robots" else (self.path, *self.also)

    @property
    def entries(self) -> tuple[str, ...]:
        """The places whose entries it decides on."""
        if self.on == "feed":
            return ()
        return self.also if self.on == "robots" else (self.path, *self.also)

    def end(self, run: int) -> End:
        """How its entries end in that run, counted from 1."""
        return self.ends[min(run, len(self.ends)) - 1]
