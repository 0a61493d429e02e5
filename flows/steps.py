"""How long work is watched, and how its coarse steps are run: what every flow and command shares."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


class Watch(Protocol):
    """Somebody who looks on: a progress bar, or nobody."""

    def expect(self, what: str, total: int) -> None:
        """`what` ("feeds", "entries", "model", "articles") has so many to do."""

    def advance(self, what: str, count: int) -> None:
        """So many more are done."""


class Nobody:
    """Looks at nothing."""

    def expect(self, what: str, total: int) -> None:
        """Do nothing."""

    def advance(self, what: str, count: int) -> None:
        """Do nothing."""


Step = Callable[[str, Callable[[], Coroutine[Any, Any, Any]]], Awaitable[Any]]
"""Runs one coarse step under a name: directly, or as a task of the orchestrator."""


async def directly(name: str, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """The plain way to run a step: call it."""
    return await work()
