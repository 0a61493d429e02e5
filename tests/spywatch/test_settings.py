import re
from pathlib import Path

import pytest

from spywatch.settings import PROJECT, Settings, SettingsError, load_settings


@pytest.fixture(autouse=True)
def _empty_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_environment_wins_over_the_file_and_an_option_over_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("spywatch.toml").write_text("host_delay_seconds = 3.0\nhost_concurrency = 5\n")
    monkeypatch.setenv("SPYWATCH_HOST_DELAY_SECONDS", "0.5")
    settings = load_settings(db=tmp_path / "elsewhere")
    assert settings.host_delay_seconds == 0.5
    assert settings.host_concurrency == 5
    assert settings.db == tmp_path / "elsewhere"


def test_an_unknown_name_in_the_environment_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPYWATCH_HOST_DELAI", "1")
    with pytest.raises(SettingsError, match="SPYWATCH_HOST_DELAI"):
        load_settings()


def test_an_unknown_name_in_the_file_is_an_error() -> None:
    Path("spywatch.toml").write_text("hostdelay = 1\n")
    with pytest.raises(SettingsError, match="hostdelay"):
        load_settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [("HOST_CONCURRENCY", "0"), ("TIME_ZONE", "Mars/Olympus"), ("MAX_PAGE_BYTES", "a lot")],
)
def test_a_value_that_does_not_fit_names_its_setting(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"SPYWATCH_{name}", value)
    with pytest.raises(SettingsError, match=name.lower()):
        load_settings()


def test_a_broken_or_missing_file_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("spywatch.toml").write_text("= nonsense")
    with pytest.raises(SettingsError, match=r"spywatch\.toml"):
        load_settings()
    monkeypatch.setenv("SPYWATCH_CONFIG", "missing.toml")
    with pytest.raises(SettingsError, match=r"missing\.toml"):
        load_settings()


def test_the_docs_table_names_every_setting_and_its_default() -> None:
    page = (PROJECT / "docs" / "settings.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `([a-z_]+)` \|", page, re.MULTILINE))
    assert documented == set(Settings.model_fields)
