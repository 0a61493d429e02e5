"""A coarse step as a Prefect task."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE


async def as_task(name: str, work: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    """Run a step as a Prefect task.

    The step is a closure: neither a connection nor the corpus travels as a task input. Results are not persisted
    and not cached, since a step's effect is what it wrote; retries are the schedule's, not Prefect's.
    """

    @task(name=name.split(" ")[0], task_run_name=name, cache_policy=NO_CACHE, persist_result=False)
    async def coarse() -> Any:
        return await work()

    return await coarse()
