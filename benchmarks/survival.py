"""What must be true of a database folder after kills: nothing lost, nothing twice, and the files open."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from storage.errors import NotPublishedYet, StorageError
from storage.published import run_sql
from storage.store import PipelineStore

_LINK = re.compile(r"^<(\S+)> *$", re.MULTILINE)
_STATES = {"stored", "linked", "failed", "dropped"}
_KEYS = {
    "entries": "entry_id",
    "articles": "article_id",
    "tags": "article_id, category",
    "scores": "article_id, category",
    "polls": "poll_id",
    "failures": "failure_id",
    "digests": "digest_id",
    "digest_items": "article_id, category",
    "runs": "run_id",
}
"""What may stand in each table once only. An article that two digests tell is twice in `digest_items`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a published database holds.

    Attributes:
        entries: state by entry id; `due` with a time is "due", without one "stuck".
        addresses: the entries' addresses.
        articles: title, text, date and tags by article id, as one hash.
        alerts: address by the id of each article with an alert.
        twice: rows too many, by table.
    """

    entries: dict[str, str] = field(default_factory=dict)
    addresses: frozenset[str] = frozenset()
    articles: dict[str, str] = field(default_factory=dict)
    alerts: dict[str, str] = field(default_factory=dict)
    twice: dict[str, int] = field(default_factory=dict)


def contents(folder: Path) -> Contents:
    """Look into the published database.

    Raises:
        StorageError: it cannot be read.
    """
    entries = _rows(
        folder,
        "SELECT entry_id, CASE WHEN state = 'due' AND due_at IS NULL THEN 'stuck' ELSE state END, url FROM entries",
    )
    # The last digit of a score may depend on which articles were read before.
    tags = "string_agg(concat_ws(' ', category, decision, round(score, 3)), ',' ORDER BY category)"
    said = f"(SELECT {tags} FROM tags AS t WHERE t.article_id = a.article_id)"
    articles = _rows(
        folder, f"SELECT article_id, md5(concat_ws(chr(0), title, text, published_at, {said})) FROM articles AS a"
    )
    alert = "FROM tags WHERE decision = 'alert'"
    alerts = _rows(folder, f"SELECT article_id, url FROM articles SEMI JOIN ({alert}) USING (article_id)")
    twice = {}
    for table, key in _KEYS.items():
        many = _rows(folder, f"SELECT count(*) - count(DISTINCT ({key})) FROM {table}")[0][0]
        if many:
            twice[table] = int(many)
    parts = _rows(folder, "SELECT count(*) - count(DISTINCT (canonical_url, coalesce(part, 0))) FROM articles")[0][0]
    if parts:
        twice["pages"] = int(parts)
    return Contents(
        entries={row[0]: row[1] for row in entries},
        addresses=frozenset(_plain(row[2]) for row in entries),
        articles=dict(articles),
        alerts={row[0]: _plain(row[1]) for row in alerts},
        twice=twice,
    )


def _plain(url: str) -> str:
    """An address without what says through which of two feeds it came."""
    return url.partition("?utm_")[0]


def _rows(folder: Path, query: str) -> list[tuple[Any, ...]]:
    return list(run_sql(folder, query).rows())


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """What is wrong; nothing, if all of it is empty.

    Attributes:
        lost: entries or articles that are not there, or entries that nobody will ever attempt.
        twice: rows too many.
        differing: articles with another title, text or date, or with other tags, than without kills.
        digest_lost: articles with an alert that no Markdown file tells.
        digest_twice: articles that are told more often than once.
        unopenable: files that could not be opened after a kill.
        other: anything else, in words.
    """

    lost: int = 0
    twice: int = 0
    differing: int = 0
    digest_lost: int = 0
    digest_twice: int = 0
    unopenable: int = 0
    left_behind: int = 0
    other: tuple[str, ...] = ()

    @property
    def any(self) -> bool:
        """Whether something is wrong at all."""
        return self != Damage()

    def __add__(self, more: Damage) -> Damage:
        """Both together."""
        names = ("lost", "twice", "differing", "digest_lost", "digest_twice", "unopenable", "left_behind")
        sums = {name: getattr(self, name) + getattr(more, name) for name in names}
        return Damage(**sums, other=self.other + more.other)


def compare(folder: Path, pages: Path, reference: Contents) -> Damage:
    """Put a database that was killed on its way beside one that was not.

    Args:
        folder: the database that has come to its end.
        pages: folder of the digests that were written (`*.md`).
        reference: what a run without kills left.
    """
    found = contents(folder)
    lost = {entry for entry in reference.entries if found.entries.get(entry, "stuck") == "stuck"}
    unfinished = {
        entry
        for entry, state in reference.entries.items()
        if state in _STATES and entry not in lost and found.entries[entry] not in _STATES
    }
    missing = reference.articles.keys() - found.articles.keys()
    extra = found.articles.keys() - reference.articles.keys()
    differing = {
        article
        for article, text in reference.articles.items()
        if article not in missing and found.articles[article] != text
    }
    digests = compare_digests(pages, reference)
    other = []
    if unfinished:
        other.append(f"{len(unfinished)} entries still due that should be finished")
    if found.alerts.keys() != reference.alerts.keys():
        other.append(f"alerts differ in {len(found.alerts.keys() ^ reference.alerts.keys())} articles")
    return digests + Damage(
        lost=len(lost) + len(missing),
        twice=sum(found.twice.values()) + len(extra),
        differing=len(differing),
        other=tuple(other),
    )


def compare_digests(pages: Path, reference: Contents) -> Damage:
    """Put what the Markdown files tell beside the alerts that there are."""
    links = (_LINK.findall(page.read_text("utf-8")) for page in pages.glob("*.md"))
    told = Counter(_plain(link) for found in links for link in found)
    wanted = Counter(reference.alerts.values())
    other = tuple(f"told and no alert: {link}" for link in told.keys() - wanted.keys())
    return Damage(
        digest_lost=(wanted - told).total(),
        digest_twice=sum((told - wanted)[link] for link in wanted),
        other=other,
    )


def unopenable(folder: Path, now: datetime) -> list[str]:
    """Open copies of the database files as the next run and a reader would; what went wrong, by file."""
    wrong = []
    try:
        run_sql(folder, "SELECT count(*) FROM articles")
    except NotPublishedYet:
        pass  # killed before anything was ever published
    except StorageError as error:
        wrong.append(f"published copy: {error}")
    if folder.exists():
        with tempfile.TemporaryDirectory(prefix="opened-") as temporary:
            copied = Path(shutil.copytree(folder, Path(temporary) / "db"))
            try:
                with PipelineStore.open(copied, now) as store:
                    store.count_due(now)
            except StorageError as error:
                wrong.append(f"pipeline file: {error}")
    return wrong
