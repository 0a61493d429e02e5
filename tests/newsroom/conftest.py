"""One running newsroom for the whole folder; tests that change its state reset it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest

from newsroom.process import NewsroomProcess, running_newsroom

NOW = datetime(2026, 5, 20, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NewsroomProcess]:
    with running_newsroom(tmp_path_factory.mktemp("newsroom"), now=NOW, slow_seconds=0.3) as started:
        yield started


@pytest.fixture
def client(room: NewsroomProcess) -> Iterator[httpx.Client]:
    """A client without proxies, and a newsroom in its first state."""
    room.reset()
    with httpx.Client(trust_env=False, timeout=20, headers={"User-Agent": "newsroom-test/1"}) as opened:
        yield opened
