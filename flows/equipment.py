"""What the stages are handed: plain values and tools, made from the settings."""

from __future__ import annotations

import os
from datetime import datetime, timedelta

import extractors.workers
import feeds.workers
from classifiers.model import Classifier, load_classifier
from feeds.schedule import Schedule
from spywatch import __version__
from spywatch.guard import AllowedHosts
from spywatch.settings import Settings, SettingsError
from spywatch.web import Manners
from spywatch.workers import WorkerPool
from storage.store import PipelineStore
from storage.verdicts import judged_articles

_PRELOADED = (*feeds.workers.PRELOAD, *extractors.workers.PRELOAD)
PATIENCE = timedelta(seconds=30)
"""How long a run waits for whoever writes to the folder: to take in a verdict and publish takes some seconds."""


def manners(settings: Settings) -> Manners:
    """How requests are made.

    Raises:
        SettingsError: `allowed_private_hosts` cannot be read.
    """
    try:
        allowed = AllowedHosts.parse(settings.allowed_private_hosts)
    except ValueError as error:
        raise SettingsError(f"setting allowed_private_hosts: {error}") from error
    return Manners(
        user_agent=settings.user_agent or _user_agent(settings.contact),
        connect_timeout=settings.connect_timeout_seconds,
        read_timeout=settings.read_timeout_seconds,
        total_timeout=settings.total_timeout_seconds,
        max_redirects=settings.max_redirects,
        connections=settings.connections,
        host_concurrency=settings.host_concurrency,
        host_delay=settings.host_delay_seconds,
        host_delay_max=settings.host_delay_max_seconds,
        host_patience=settings.host_patience_seconds,
        allowed_private_hosts=allowed,
    )


def _user_agent(contact: str) -> str:
    return f"spywatch/{__version__} (news monitor{'; +' + contact if contact else ''})"


def schedule(settings: Settings) -> Schedule:
    """When feeds and pages are tried again."""
    return Schedule(
        interval=settings.poll_interval,
        retry_base=timedelta(seconds=settings.retry_base_seconds),
        retry_max=timedelta(seconds=settings.retry_max_seconds),
    )


def reading_pool(settings: Settings) -> WorkerPool:
    """The processes in which feeds and pages are read: as many as set, else one a core, at most four.

    Raises:
        SettingsError: `worker_memory_bytes` is less than the libraries alone need.
    """
    workers = settings.extract_workers or max(1, min(4, os.cpu_count() or 1))
    try:
        return WorkerPool(workers, memory_limit=settings.worker_memory_bytes, preload=_PRELOADED)
    except ValueError as error:
        raise SettingsError(f"setting worker_memory_bytes: {error}") from error


def held_store(settings: Settings, now: datetime) -> PipelineStore:
    """The pipeline's store; waits `PATIENCE` for a command that takes its verdict or digest in at this moment.

    Raises:
        HeldByAnotherRun: another process held it all the time, as a run does.
        StorageError: the folder or file cannot be used.
    """
    return PipelineStore.open(settings.db, now, PATIENCE)


def trained_classifier(settings: Settings) -> Classifier:
    """The classifier of the seed corpus and of what analysts have judged, from the cache or fitted (seconds).

    Raises:
        CorpusError: the corpus cannot be used.
        StorageError: there is a database whose verdicts cannot be read.
    """
    return load_classifier(settings.corpus, settings.cache_folder, judged_articles(settings.db))
