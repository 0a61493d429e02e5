"""A desk whose corpus has changed: everything in it was tagged by another model."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from spywatch.settings import Settings, load_settings

sys.path.insert(0, str(Path(__file__).resolve().parent))

from two_tastes import OldDesk, make_old_desk


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory, model_cache: Path) -> OldDesk:
    return make_old_desk(tmp_path_factory.mktemp("tastes"), model_cache)


@pytest.fixture
def old_desk(made_once: OldDesk, tmp_path: Path) -> OldDesk:
    """A copy to work on."""
    return made_once.copy(tmp_path)


@pytest.fixture
def new_taste(old_desk: OldDesk, model_cache: Path) -> Settings:
    """The settings with the corpus that loves bridges."""
    return load_settings(db=old_desk.db, corpus=old_desk.bridge, cache=model_cache)
