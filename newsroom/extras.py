"""The outlets that are served only where they are asked for, by the name of what they do."""

from __future__ import annotations

from collections.abc import Mapping

from newsroom import hostile, lying
from newsroom.extra import Extra

EXTRAS: Mapping[str, Extra] = {"hostile": hostile.EXTRA, "lying": lying.EXTRA}
