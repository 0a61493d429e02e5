"""An outlet that is served only where it is asked for, with a table of what it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from newsroom.mischief import Misbehaviour
from newsroom.outlet_types import Outlet
from newsroom.resource import Resource


@dataclass(frozen=True, slots=True, kw_only=True)
class Extra:
    """An extra outlet.

    Attributes:
        outlet: name, feeds and the rest.
        table: what it does wrong.
        resources: makes what it serves, path to resource, from its base URL and the newsroom's time (UTC).
    """

    outlet: Outlet
    table: tuple[Misbehaviour, ...]
    resources: Callable[[str, datetime], dict[str, Resource]]
