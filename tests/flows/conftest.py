from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def model_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for fitted models, so that the tests fit once."""
    return tmp_path_factory.mktemp("models")
