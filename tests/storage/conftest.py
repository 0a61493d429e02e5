import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.layout import Layout
from storage.store import PipelineStore

sys.path.insert(0, str(Path(__file__).resolve().parent))

from storage_samples import NOW


@pytest.fixture(scope="session")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an empty database, made once: taking the steps of the schema costs more than most tests."""
    folder = tmp_path_factory.mktemp("fresh")
    PipelineStore.open(folder, NOW).close()
    return folder


@pytest.fixture
def folder(tmp_path: Path, fresh: Path) -> Path:
    copy = tmp_path / "data"
    copy.mkdir()
    shutil.copyfile(Layout(fresh).pipeline, Layout(copy).pipeline)
    return copy


@pytest.fixture
def store(folder: Path) -> Iterator[PipelineStore]:
    with PipelineStore.open(folder, NOW) as opened:
        yield opened
