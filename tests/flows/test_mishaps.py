"""A mistake of ours over one item costs that item only, is recorded, and stops neither this run nor the next."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

import flows.pipeline
from classifiers.model import Classifier
from extractors.workers import ExtractionPool
from flows.mishaps import mishap
from flows.pipeline import run_pipeline
from flows.reading import EntryReader, Reading, outcomes
from newsroom.process import NewsroomProcess, running_newsroom
from spywatch.records import (
    Article,
    Classification,
    Disposition,
    Entry,
    EntryOutcome,
    Failure,
    Poll,
    Reason,
    Stage,
)
from spywatch.robots import Robots
from spywatch.settings import Settings, load_settings
from spywatch.web import Answer, Web
from storage.errors import StorageError
from storage.published import run_sql
from storage.store import PipelineStore

NOW = datetime(2026, 3, 1, 6, tzinfo=UTC)
PAGE = Answer(url="https://a.example/1", status=200, headers={"content-type": "text/html"}, body=b"<p>x</p>")


class OneAnswer:
    """A web that answers everything with the same page."""

    async def get(self, url: str, **_: Any) -> Answer:
        return PAGE


class OpenHouse:
    """A robots.txt that allows everything."""

    async def allows(self, url: str) -> None:
        return None


class Stumbling:
    """An extraction that raises what nobody foresaw."""

    async def extract(self, *_: Any, **__: Any) -> tuple[Article, ...]:
        raise ZeroDivisionError("no such luck")


class Picky:
    """A classifier that cannot stand one word."""

    def classify_many(self, articles: Sequence[Article]) -> list[Classification]:
        if any("poison" in article.text for article in articles):
            raise LookupError("poison")
        return [Classification(tags=(), scores={}, model="m") for _ in articles]


def entry(name: str, summary: str = "") -> Entry:
    url = f"https://a.example/{name}"
    return Entry(id=name, feed_url="https://a.example/rss", url=url, title=f"Title {name}", summary_html=summary)


def article(name: str, text: str) -> Article:
    return Article(id=f"a-{name}", entry_id=name, url=f"https://a.example/{name}", title=name, text=text)


def reader(extraction: object) -> EntryReader:
    return EntryReader(
        cast(Web, OneAnswer()),
        cast(Robots, OpenHouse()),
        cast(ExtractionPool, extraction),
        max_bytes=1_000,
        started=NOW,
        clock=lambda: NOW,
    )


def test_a_mishap_tells_what_and_where_and_no_secret() -> None:
    try:
        raise KeyError("colour")
    except KeyError as error:
        failure = mishap(error, stage=Stage.EXTRACT, subject="https://me:secret@a.example/1", at=NOW)
    assert failure.reason is Reason.INTERNAL_ERROR
    assert not failure.retryable
    assert "KeyError" in failure.detail
    assert "test_mishaps.py:" in failure.detail
    assert "secret" not in failure.subject


def test_an_address_in_the_exceptions_own_words_is_not_told() -> None:
    error = ValueError("netloc 'user:hunter2@host' contains invalid characters")
    failure = mishap(error, stage=Stage.POLL, subject="https://a.example/", at=NOW)
    assert failure.detail.startswith("ValueError")
    assert "hunter2" not in failure.detail


def test_what_the_extraction_raises_leaves_what_the_feed_said() -> None:
    reading = asyncio.run(reader(Stumbling()).read(entry("one", "<p>The feed has told the whole of this.</p>")))
    assert reading.failure is not None
    assert (reading.failure.reason, reading.failure.stage) == (Reason.INTERNAL_ERROR, Stage.EXTRACT)
    assert [found.text for found in reading.articles] == ["The feed has told the whole of this."]


def test_a_text_that_the_classifier_stumbles_over_is_set_aside_alone() -> None:
    readings = [
        Reading(entry(name), (article(name, text),), None)
        for name, text in (("one", "fine"), ("two", "poison"), ("three", "fine"))
    ]
    ended = outcomes(readings, cast(Classifier, Picky()), at=NOW)
    assert [outcome.disposition for outcome in ended] == [
        Disposition.STORED,
        Disposition.FAILED,
        Disposition.STORED,
    ]
    assert ended[1].failure is not None
    assert ended[1].failure.reason is Reason.INTERNAL_ERROR
    assert ended[1].articles == ()


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with running_newsroom(tmp_path_factory.mktemp("newsroom"), now=NOW, slow_seconds=0.1) as room:
        yield room


@pytest.fixture
def settings(tmp_path: Path, room: NewsroomProcess, model_cache: Path) -> Settings:
    room.reset()
    return load_settings(
        feeds=room.feeds_file,
        db=tmp_path / "db",
        cache=model_cache,
        allowed_private_hosts=room.allowed_hosts,
        host_delay_seconds=0.0,
        host_delay_max_seconds=0.05,
        host_concurrency=8,
        batch_size=20,
    )


def stored_by(kind: type[PipelineStore], monkeypatch: pytest.MonkeyPatch) -> None:
    opened: Callable[..., PipelineStore] = kind.open
    monkeypatch.setattr(flows.pipeline, "held_store", lambda settings, now: opened(settings.db, now))


class SurePoison(PipelineStore):
    """A store that cannot write one feed's document and one entry's articles."""

    def record_polls(self, run_id: str, polls: Sequence[Poll], now: datetime) -> Any:
        if any("/rss/news.xml" in poll.feed.url and not isinstance(poll.result, Failure) for poll in polls):
            raise OverflowError("a number beyond all columns")
        return super().record_polls(run_id, polls, now)

    def store_outcomes(self, run_id: str, outcomes: Sequence[EntryOutcome], *arguments: Any) -> Any:
        if any("pocket-cameras" in outcome.entry.url and outcome.articles for outcome in outcomes):
            raise UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed")
        return super().store_outcomes(run_id, outcomes, *arguments)


def test_what_cannot_be_written_is_set_aside_and_the_run_goes_on(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored_by(SurePoison, monkeypatch)
    report = asyncio.run(run_pipeline(settings, now=NOW))
    assert report.balanced
    assert report.failures["poll/internal_error"] == 1
    assert report.failures["store/internal_error"] == 1
    assert report.articles > 40
    aside = list(run_sql(settings.db, "SELECT url, state FROM entries WHERE reason = 'internal_error'").rows())
    assert len(aside) == 1
    assert "pocket-cameras" in aside[0][0]
    assert aside[0][1] == "failed"
    # Nothing is remembered of the document that could not be written: its items come with the next run.
    monkeypatch.undo()
    later = asyncio.run(run_pipeline(settings, now=NOW + timedelta(days=1)))
    assert later.balanced
    listed = "SELECT count(*) > 5 FROM entries JOIN feeds USING (feed_id) WHERE feeds.url LIKE '%/rss/news.xml'"
    assert list(run_sql(settings.db, listed).rows()) == [(True,)]


class BrokenStore(PipelineStore):
    """A store whose disk is full from the first batch on."""

    def store_outcomes(self, *_: Any) -> Any:
        raise StorageError("the disk is full")


class SystematicFault(PipelineStore):
    """A store in which a mistake of ours makes every batch fail."""

    def store_outcomes(self, *_: Any) -> Any:
        raise TypeError("a mistake that hits everything")


@pytest.mark.parametrize("kind", [BrokenStore, SystematicFault])
def test_a_fault_of_the_database_is_no_items_fault(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, kind: type[PipelineStore]
) -> None:
    stored_by(kind, monkeypatch)
    with pytest.raises((StorageError, TypeError)):
        asyncio.run(run_pipeline(settings, now=NOW))
    monkeypatch.undo()
    report = asyncio.run(run_pipeline(settings, now=NOW))
    assert report.balanced
    assert "store/internal_error" not in report.failures
