"""What is said of runs and matches: the next digest, its file, and a run's summary."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

from digests.compose import compose
from spywatch.records import Digest, RunReport
from storage.candidates import digest_candidates


def next_digest(folder: Path, *, now: datetime) -> Digest:
    """The digest of what no digest has told yet, from the published database and the pending journal.

    Raises:
        StorageError: there is no published database, or it cannot be read.
    """
    found = digest_candidates(folder)
    return compose(found.items, now=now, since=found.since, coverage=found.coverage)


def digest_path(folder: Path, digest: Digest) -> Path:
    """Where a digest's Markdown is kept: in the folder's `digests/`, named by its time and id."""
    return folder / "digests" / f"{digest.made_at:%Y-%m-%dT%H%M%SZ}-{digest.id[:8]}.md"


def write_page(target: Path, page: str) -> None:
    """Write a text file whole or not at all, and durably; folders on the way are made.

    Raises:
        OSError: it cannot be written.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    spare = target.with_name(f".{target.name}.new")
    with spare.open("w", encoding="utf-8") as file:
        file.write(page)
        file.flush()
        os.fsync(file.fileno())
    spare.replace(target)


def not_classified_line(report: RunReport) -> str:
    """How many articles of a run have no score and why: "14 articles in 3 languages not classified (de 9, ...)"."""
    parts = []
    if foreign := sum(report.not_covered.values()):
        codes = sorted(report.not_covered.items(), key=lambda item: (-item[1], item[0]))
        each = ", ".join(f"{code or 'unknown'} {count}" for code, count in codes)
        languages = f"{len(codes)} language{'s' * (len(codes) != 1)}"
        parts.append(f"{articles(foreign)} in {languages} not classified ({each})")
    if wordless := report.not_classified - foreign:
        parts.append(f"{articles(wordless)} without words not classified")
    return "; ".join(parts)


def articles(count: int) -> str:
    """A number of articles in words."""
    return f"{count:,} article{'s' * (count != 1)}"


def report_markdown(report: RunReport) -> str:
    """A run's report as Markdown."""
    rows = [
        ("seen", report.seen),
        ("stored", report.stored),
        ("unchanged", report.unchanged),
        ("linked as copies", report.linked),
        ("failed", report.failed),
        ("dropped", report.dropped),
        ("articles", report.articles),
        *((f"alert tags, {category}", count) for category, count in report.tags.items()),
        *((f"failure, {reason}", count) for reason, count in report.failures.items()),
    ]
    verdict = "The books balance." if report.balanced else "**The books do not balance.**"
    feeds = (
        f"{report.feeds_ok} feeds read, {report.feeds_not_modified} unchanged, {report.feeds_failed} failed, "
        f"{report.feeds_skipped} not due."
    )
    table = "\n".join(f"| {name} | {count} |" for name, count in rows)
    unscored = f"\n{line}.\n" if (line := not_classified_line(report)) else ""
    return f"# Run {report.run_id}\n\n{feeds} {verdict}\n\n| | entries |\n|---|---|\n{table}\n{unscored}"
