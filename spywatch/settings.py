"""Settings: one frozen object, built on the first line of a command or flow.

A value comes from the environment (`SPYWATCH_...`), else from `spywatch.toml` in the current folder (or the file
that `SPYWATCH_CONFIG` names), else from its default. A name that does not exist is an error, so that a typing
mistake is not a setting silently ignored.
"""

from __future__ import annotations

import os
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

PROJECT = Path(__file__).resolve().parent.parent
PREFIX = "SPYWATCH_"
OWN_REGISTER = Path("feeds.toml")
_BUNDLED_REGISTER = PROJECT / "feeds" / "register.toml"
_CONFIG_VARIABLE = "SPYWATCH_CONFIG"


class SettingsError(Exception):
    """The settings cannot be used; the message says which one and what to do."""


class Settings(BaseSettings):
    """Every setting of spywatch, with its default. Durations are in seconds, sizes in bytes."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    feeds: Path | None = Field(
        None, description="Feed register (TOML) or OPML file; default: feeds.toml here, else the bundled register."
    )
    db: Path = Field(Path("spywatch-data"), description="Folder of the database, its published copy and its journal.")
    corpus: Path = Field(PROJECT / "seed_corpus", description="Folder of the seed corpus.")
    cache: Path | None = Field(None, description="Folder for fitted models; default: .cache inside `db`.")
    user_agent: str = Field("", description="User-Agent header; default: spywatch, its version and `contact`.")
    contact: str = Field("", description="Address or page where an outlet can reach you, shown in the User-Agent.")
    connect_timeout_seconds: float = Field(10.0, gt=0, description="Longest wait for a connection.")
    read_timeout_seconds: float = Field(20.0, gt=0, description="Longest silence while reading an answer.")
    total_timeout_seconds: float = Field(60.0, gt=0, description="Longest time for one request, redirects included.")
    max_redirects: int = Field(10, ge=0, description="Redirects followed for one request.")
    max_feed_bytes: int = Field(10_000_000, gt=0, description="Largest feed read, in bytes after decompression.")
    max_page_bytes: int = Field(5_000_000, gt=0, description="Largest page read, in bytes after decompression.")
    host_concurrency: int = Field(2, ge=1, description="Requests at once to one host.")
    host_delay_seconds: float = Field(1.0, ge=0, description="Pause between two request starts to one host.")
    host_delay_max_seconds: float = Field(
        30.0, ge=0, description="Longest pause that a slow host, 429 answers or a crawl-delay can stretch it to."
    )
    host_patience_seconds: float = Field(
        1_800.0,
        gt=0,
        description="Time a run spends on one host's pauses; its other pages wait for the next run.",
    )
    connections: int = Field(32, ge=1, description="Requests at once to all hosts together.")
    robots: bool = Field(True, description="Obey robots.txt for article pages.")
    allowed_private_hosts: str = Field(
        "", description="Private addresses that may be read: comma-separated host, host:port or CIDR."
    )
    poll_interval_seconds: float = Field(21_600.0, gt=0, description="How often a feed is due under `run --due`.")
    extract_workers: int = Field(0, ge=0, description="Extraction processes; 0 = one a core, at most 4.")
    extract_time_limit_seconds: float = Field(20.0, gt=0, description="A page that takes longer is set aside.")
    parse_time_limit_seconds: float = Field(20.0, gt=0, description="A feed that takes longer to read is set aside.")
    max_feed_items: int = Field(5_000, ge=1, description="Items read of one feed document.")
    worker_memory_bytes: int = Field(
        1_500_000_000, ge=0, description="Memory that reading one feed or page may take; 0 = no limit."
    )
    backlog_alert_hours: float = Field(
        168.0, ge=0, description="What a new feed lists at first is alerted on only if it is younger than this."
    )
    batch_size: int = Field(100, ge=1, description="Entries extracted, tagged and stored together.")
    retry_base_seconds: float = Field(3_600.0, gt=0, description="First wait after a failure; grows linearly.")
    retry_max_seconds: float = Field(82_800.0, gt=0, description="Longest wait after repeated failures.")
    page_attempts: int = Field(8, ge=1, description="Tries for a page before its failure is final.")
    author: str = Field("", description="Name under which verdicts are given; default: the user's login name.")
    time_zone: str = Field("UTC", description="Time zone of dates in digests (IANA name).")

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"{value!r} is not an IANA time zone such as Europe/Prague") from error
        return value

    @property
    def register(self) -> Path:
        """The feed register to read."""
        if self.feeds is not None:
            return self.feeds
        return OWN_REGISTER if OWN_REGISTER.exists() else _BUNDLED_REGISTER

    @property
    def uses_bundled_register(self) -> bool:
        """Whether no register of the operator's own was named or found."""
        return self.register == _BUNDLED_REGISTER

    @property
    def cache_folder(self) -> Path:
        """Where fitted models are kept."""
        return self.cache or self.db / ".cache"

    @property
    def poll_interval(self) -> timedelta:
        """`poll_interval_seconds` as a duration."""
        return timedelta(seconds=self.poll_interval_seconds)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Explicit values, then the environment; the file is merged in by `load_settings`."""
        return init_settings, env_settings


def load_settings(**explicit: Any) -> Settings:
    """Build the settings from explicit values, the environment and the settings file.

    Args:
        explicit: values that win over everything; None means "not given".

    Returns:
        The frozen settings.

    Raises:
        SettingsError: an unknown name, a value that does not fit, or a file that cannot be read.
    """
    known = Settings.model_fields
    unknown = sorted(
        name
        for name in os.environ
        if name.startswith(PREFIX) and name != _CONFIG_VARIABLE and name[len(PREFIX) :].lower() not in known
    )
    if unknown:
        raise SettingsError(f"unknown setting {unknown[0]} in the environment; see docs/settings.md for the names")
    from_file = _read_file()
    values = {key: value for key, value in explicit.items() if value is not None}
    for key, value in from_file.items():
        if PREFIX + key.upper() not in os.environ:
            values.setdefault(key, value)
    try:
        return Settings(**values)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"]) or "settings"
        raise SettingsError(f"setting {name}: {first['msg']}; see docs/settings.md") from error


def _read_file() -> dict[str, Any]:
    named = os.environ.get(_CONFIG_VARIABLE)
    path = Path(named) if named else Path("spywatch.toml")
    if not path.is_file():
        if named:
            raise SettingsError(f"{_CONFIG_VARIABLE} names {path}, which is not a file")
        return {}
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"cannot read settings file {path}: {error}") from error
    unknown = sorted(set(values) - set(Settings.model_fields))
    if unknown:
        raise SettingsError(f"unknown setting {unknown[0]!r} in {path}; see docs/settings.md for the names")
    return values
