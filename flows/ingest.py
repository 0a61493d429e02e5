"""The daily run as a Prefect flow: the pipeline of `pipeline.py`, each coarse step a task."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any

from prefect import flow, task
from prefect.artifacts import acreate_markdown_artifact, acreate_table_artifact
from prefect.cache_policies import NO_CACHE

from flows.pipeline import run_pipeline
from flows.tell import report_markdown
from spywatch.records import RunReport
from spywatch.settings import load_settings
from storage.published import jsonable, run_sql


class UnbalancedRunError(Exception):
    """Some entry of the run ended in no disposition, or in two."""


async def as_task(name: str, work: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    """Run a step of the pipeline as a Prefect task.

    The step is a closure: neither a connection nor the corpus travels as a task input. Results are not persisted
    and not cached, since a step's effect is what it wrote; retries are the schedule's, not Prefect's.
    """

    @task(name=name.split(" ")[0], task_run_name=name, cache_policy=NO_CACHE, persist_result=False)
    async def coarse() -> Any:
        return await work()

    return await coarse()


@flow(name="ingest", retries=0, persist_result=False)
async def ingest(due_only: bool = False) -> dict[str, int]:
    """Fetch, extract, tag, store and publish.

    Args:
        due_only: poll only the feeds whose own schedule says so.

    Returns:
        The run's counts by disposition.

    Raises:
        UnbalancedRunError: the books of the run do not add up; what was stored is published all the same.
    """
    settings = load_settings()
    report = await run_pipeline(settings, now=datetime.now(UTC), due_only=due_only, step=as_task)
    await acreate_markdown_artifact(report_markdown(report), key="run-summary", description="What the run did")
    health = run_sql(settings.db, "FROM source_health ORDER BY outlet")
    table = [[jsonable(value) for value in row] for row in health.rows()]
    await acreate_table_artifact(
        [list(health.columns), *table], key="source-health", description="How each source answered"
    )
    if not report.balanced:
        raise UnbalancedRunError(f"run {report.run_id}: {report.seen} seen, but the dispositions add up otherwise")
    return _counts(report)


def _counts(report: RunReport) -> dict[str, int]:
    names = ("seen", "stored", "unchanged", "linked", "failed", "dropped", "articles")
    return {name: getattr(report, name) for name in names}


if __name__ == "__main__":
    import asyncio

    asyncio.run(ingest())
