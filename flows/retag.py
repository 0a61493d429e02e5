"""Tagging stored articles again as a Prefect flow: the work of `retagging.py`, each batch a task."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from prefect import flow
from prefect.artifacts import acreate_markdown_artifact

from flows.retagging import retag_articles
from flows.tasks import as_task
from flows.tell_retag import retag_markdown
from spywatch.settings import load_settings


@flow(name="retag", retries=0, persist_result=False)
async def retag(commit: bool = False) -> dict[str, int]:
    """Tag the stored articles again by the present corpus and model, and show what changes as an artifact.

    Args:
        commit: write it and publish; else only say what would change.

    Returns:
        How many articles were tagged again, and how many of them changed.
    """
    settings = load_settings()
    report = await retag_articles(settings, now=datetime.now(UTC), commit=commit, step=as_task)
    page = retag_markdown(report, zone=ZoneInfo(settings.time_zone))
    await acreate_markdown_artifact(page, key="retag", description="What tagging again changes")
    return {"articles": report.articles, "changed": report.changed}


if __name__ == "__main__":
    import asyncio

    asyncio.run(retag())
