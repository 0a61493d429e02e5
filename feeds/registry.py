"""The feed register: reading it, changing it, writing it. A feed is data; `docs/` says how to add one.

A register is a TOML file of `[[feeds]]` tables (`url`, and if wanted `name`, `language`, `country`, `kind`,
`verified`) or an OPML file; which of the two is decided by its content.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import tomli_w

from feeds.lines import RegisterError, checked_kind, checked_url, sameness
from feeds.opml import read_opml, write_opml
from spywatch.records import Feed, FeedKind
from spywatch.urls import redact

__all__ = ["RegisterError", "add_feed", "load_register", "mark_verified", "remove_feed", "save_register"]

_KEYS = ("url", "name", "language", "country", "kind", "verified")
_HEADER = (
    "# Feed register. Only `url` is required; `verified` says that `spywatch feeds check` has seen it answer.\n\n"
)


def load_register(path: Path) -> tuple[Feed, ...]:
    """Read a register.

    Args:
        path: a TOML or OPML file.

    Returns:
        The feeds in file order; none for an empty register.

    Raises:
        RegisterError: the file is missing or unreadable, is no register, or one of its lines is wrong.
    """
    try:
        body = Path(path).read_bytes()
    except FileNotFoundError:
        raise RegisterError(f"there is no feed register at {path}") from None
    except OSError as error:
        raise RegisterError(f"cannot read feed register {path}: {error.strerror or error}") from error
    stripped = body.removeprefix(b"\xef\xbb\xbf").lstrip()
    if stripped.startswith((b"<", b"\xff\xfe", b"\xfe\xff")):
        return read_opml(body, name=str(path))
    return _read_toml(stripped, path)


def add_feed(feeds: Iterable[Feed], feed: Feed) -> tuple[Feed, ...]:
    """The register with one feed more, at its end.

    Raises:
        RegisterError: its address is none, or the register has it already.
    """
    feeds = tuple(feeds)
    feed = replace(feed, url=checked_url(feed.url, "the new feed"))
    known = next((other for other in feeds if sameness(other.url) == sameness(feed.url)), None)
    if known is not None:
        raise RegisterError(f"the register has this feed already: {known.outlet}, {redact(known.url)}")
    return (*feeds, feed)


def remove_feed(feeds: Iterable[Feed], wanted: str) -> tuple[Feed, ...]:
    """The register without one feed.

    Args:
        feeds: the register.
        wanted: the feed's address, or its name if only one feed has it.

    Raises:
        RegisterError: no feed, or more than one, is meant.
    """
    feeds = tuple(feeds)
    if "://" in wanted:
        meant = [feed for feed in feeds if sameness(feed.url) == sameness(wanted) or redact(feed.url) == wanted]
    else:
        meant = [feed for feed in feeds if feed.outlet.casefold() == wanted.strip().casefold()]
    if not meant:
        raise RegisterError(f"the register has no feed {redact(wanted) if '://' in wanted else wanted!r}")
    if len(meant) > 1:
        raise RegisterError(f"{len(meant)} feeds of the register are meant by {wanted!r}; give the address of one")
    return tuple(feed for feed in feeds if feed is not meant[0])


def mark_verified(feeds: Iterable[Feed], urls: Iterable[str], *, verified: bool = True) -> tuple[Feed, ...]:
    """The register with the feeds at these addresses marked as seen answering (or as not)."""
    meant = {sameness(url) for url in urls}
    return tuple(replace(feed, verified=verified) if sameness(feed.url) in meant else feed for feed in feeds)


def save_register(path: Path, feeds: Iterable[Feed]) -> None:
    """Write a register, whole or not at all; comments of an earlier file are not kept.

    Args:
        path: a name that ends in `.opml` or `.xml` is written as OPML with full addresses, any other as TOML. A
            symbolic link is followed; an existing file keeps its permissions.
        feeds: the register.

    Raises:
        RegisterError: the file cannot be written.
    """
    path = Path(os.path.realpath(path))
    if path.suffix.lower() in {".opml", ".xml"}:
        body = write_opml(feeds, "spywatch feeds", with_secrets=True)
    else:
        body = (_HEADER + _as_toml([_table(feed) for feed in feeds])).encode()
    try:
        _replace_file(path, body)
    except OSError as error:
        raise RegisterError(f"cannot write feed register {path}: {error.strerror or error}") from error


def _replace_file(path: Path, body: bytes) -> None:
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    spare = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        # A new register may hold tokens, so it stays readable by its owner alone.
        if path.exists():
            spare.chmod(path.stat().st_mode & 0o777)
        spare.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            spare.unlink()
        raise


def _as_toml(tables: list[dict[str, str | bool]]) -> str:
    # The writer would put a short list into one line, and no [[feeds]] could be added to it by hand.
    return "\n".join("[[feeds]]\n" + tomli_w.dumps(table) for table in tables) or "feeds = []\n"


def _table(feed: Feed) -> dict[str, str | bool]:
    table: dict[str, str | bool] = {"url": feed.url}
    table.update({key: value for key in ("name", "language", "country") if (value := getattr(feed, key))})
    if feed.kind is not FeedKind.OTHER:
        table["kind"] = feed.kind.value
    table["verified"] = feed.verified
    return table


def _read_toml(body: bytes, path: Path) -> tuple[Feed, ...]:
    try:
        document = tomllib.loads(body.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        reason = " ".join(str(error).split())
        raise RegisterError(
            f"{path} is not a feed register, neither TOML with [[feeds]] nor OPML: {reason}"
        ) from error
    tables = document.pop("feeds", None)
    if tables is None:
        raise RegisterError(f"{path} is not a feed register: it is neither TOML with [[feeds]] nor OPML")
    if document:
        raise RegisterError(f"{path}: unknown key {next(iter(document))!r} beside [[feeds]]")
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise RegisterError(f"{path}: feeds must be written as [[feeds]] tables")
    feeds: dict[str, Feed] = {}
    for number, table in enumerate(tables, 1):
        feed = _feed(table, f"feed {number} of {path}")
        if sameness(feed.url) in feeds:
            raise RegisterError(
                f"feed {number} of {path}: its address stands in the register twice: {redact(feed.url)}"
            )
        feeds[sameness(feed.url)] = feed
    return tuple(feeds.values())


def _feed(table: Mapping[str, Any], where: str) -> Feed:
    unknown = next((key for key in table if key not in _KEYS), None)
    if unknown is not None:
        raise RegisterError(f"{where}: unknown key {unknown!r}; known are {', '.join(_KEYS)}")
    for key, value in table.items():
        wanted = bool if key == "verified" else str
        if not isinstance(value, wanted):
            kind = "true or false" if wanted is bool else "text in quotes"
            raise RegisterError(f"{where}: {key} must be {kind}")
    if not table.get("url", "").strip():
        raise RegisterError(f"{where}: url is missing")
    return Feed(
        url=checked_url(table["url"], where),
        name=" ".join(table.get("name", "").split()),
        language=table.get("language", "").strip().lower(),
        country=table.get("country", "").strip().upper(),
        kind=checked_kind(table["kind"], where) if "kind" in table else FeedKind.OTHER,
        verified=table.get("verified", False),
    )
