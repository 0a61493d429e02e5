"""The daily run as a Prefect flow: the pipeline of `pipeline.py`, each coarse step a task."""

from __future__ import annotations

from datetime import UTC, datetime

from prefect import flow
from prefect.artifacts import acreate_markdown_artifact, acreate_table_artifact

from flows.pipeline import run_pipeline
from flows.tasks import as_task
from flows.tell import harmless_rows, report_markdown
from spywatch.records import RunReport
from spywatch.settings import load_settings
from storage.published import jsonable, run_sql


class UnbalancedRunError(Exception):
    """Some entry of the run ended in no disposition, or in two."""


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
    table = harmless_rows(health.columns, ([jsonable(value) for value in row] for row in health.rows()))
    await acreate_table_artifact(table, key="source-health", description="How each source answered")
    if not report.balanced:
        raise UnbalancedRunError(f"run {report.run_id}: {report.seen} seen, but the dispositions add up otherwise")
    return _counts(report)


def _counts(report: RunReport) -> dict[str, int]:
    names = ("seen", "stored", "unchanged", "linked", "failed", "dropped", "articles")
    return {name: getattr(report, name) for name in names}


if __name__ == "__main__":
    import asyncio

    asyncio.run(ingest())
