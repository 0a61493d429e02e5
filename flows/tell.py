"""What is said of runs and matches: the next digest, its file, and a run's summary."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from digests.compose import compose
from digests.plain import clean, escape_markdown
from spywatch.records import Digest, Notice, NoticeKind, Reason, RunReport
from storage.candidates import digest_candidates

NOTICE_HEADINGS = {
    NoticeKind.FAILING: "can no longer be read",
    NoticeKind.RETIRED: "gone for good, asked no more",
    NoticeKind.SILENT: "quieter than usual",
    NoticeKind.DRIFT: "articles unlike those before",
    NoticeKind.HABIT_FOUND: "the server misleads; worked around",
    NoticeKind.MOVED: "moved to another address",
    NoticeKind.MOVE_REFUSED: "moved to an address that is not adopted",
    NoticeKind.MOVE_REVERTED: "asked at the old address again",
    NoticeKind.RECOVERED: "can be read again",
    NoticeKind.HEARD_AGAIN: "heard again after a silence",
    NoticeKind.DRIFT_OVER: "articles as before again",
    NoticeKind.HABIT_GONE: "the server misleads no more",
}
"""What each kind of notice says, the most urgent first."""
_LONGEST_DETAIL = 300


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


def mishaps_line(report: RunReport) -> str:
    """How many items a mistake of this program cost; "" if none."""
    count = sum(number for name, number in report.failures.items() if name.endswith(f"/{Reason.INTERNAL_ERROR}"))
    if not count:
        return ""
    one = count == 1
    return (
        f"{count:,} mistake{'' if one else 's'} of spywatch itself: the item{' is' if one else 's are'} set aside; "
        "please report what `spywatch replay --reason internal_error` shows, and replay after an upgrade"
    )


def notices_by_kind(notices: Iterable[Notice]) -> list[tuple[str, list[Notice]]]:
    """Notices under a heading for each kind, the most urgent kind first, by outlet in each."""
    groups: dict[NoticeKind, list[Notice]] = {kind: [] for kind in NOTICE_HEADINGS}
    for notice in notices:
        groups[notice.kind].append(notice)
    return [
        (NOTICE_HEADINGS[kind], sorted(found, key=lambda one: (one.outlet, one.feed_url, one.detail)))
        for kind, found in groups.items()
        if found
    ]


def notice_source(notice: Notice) -> str:
    """The source of a notice by its name, else by its address; one line."""
    return clean(notice.outlet, 80) or clean(notice.feed_url, 80) or "unknown source"


def notice_detail(notice: Notice) -> str:
    """What a notice says; one line."""
    return clean(notice.detail, _LONGEST_DETAIL)


def harmless_rows(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> list[list[Any]]:
    """A table for an artifact: the head, then the rows; texts on one line, with nothing that steers or marks up.

    Args:
        columns: the head.
        rows: values as JSON holds them.
    """
    return [list(columns), *([_harmless(value) for value in row] for row in rows)]


def _harmless(value: Any) -> Any:
    return clean(value, 1_000) if isinstance(value, str) else value


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
    table = "\n".join(f"| {_md(name)} | {count} |" for name, count in rows)
    loud = f"**{_md(line)}.**\n\n" if (line := mishaps_line(report)) else ""
    unscored = f"\n{line}.\n" if (line := not_classified_line(report)) else ""
    return (
        f"# Run {report.run_id}\n\n{loud}{feeds} {verdict}\n\n| | entries |\n|---|---|\n{table}\n{unscored}"
        f"{_notices_markdown(report.notices)}"
    )


def _notices_markdown(notices: Sequence[Notice]) -> str:
    lines = []
    for heading, found in notices_by_kind(notices):
        lines += ["", f"## {_md(heading.capitalize())}", ""]
        lines += [f"- **{_md(notice_source(one))}**: {_md(notice_detail(one))}" for one in found]
    return "\n".join([*lines, ""]) if lines else ""


def _md(text: str) -> str:
    return escape_markdown(clean(text, 1_000))
