"""What goes wrong in the newsroom, on purpose, as data: the server acts on this table and tests ask it.

The rows stand in `misbehaviour_of_feeds.py`, `misbehaviour_of_pages.py` and `misbehaviour_of_entries.py`; those of
the outlets that have to be asked for in `hostile.py` and `lying.py`.
"""

from __future__ import annotations

from newsroom.misbehaviour_of_entries import ENTRIES, ROBOTS
from newsroom.misbehaviour_of_feeds import FEEDS
from newsroom.misbehaviour_of_pages import PAGES
from newsroom.mischief import Misbehaviour

OVERSIZE_BYTES = 6_500_000
MISBEHAVIOURS: tuple[Misbehaviour, ...] = (*FEEDS, *PAGES, *ENTRIES, *ROBOTS)


def named(name: str) -> Misbehaviour:
    """The misbehaviour of that name; KeyError if there is none."""
    return {item.name: item for item in MISBEHAVIOURS}[name]
