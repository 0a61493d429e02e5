"""What is said of tagging again: its counts and the changes, as lines and as Markdown."""

from __future__ import annotations

from datetime import tzinfo

from digests.plain import category_title, clean, escape_markdown
from flows.retagging import Change, ChangeKind, RetagReport
from flows.tell import articles

_SHOWN = 20


def retag_markdown(report: RetagReport, *, zone: tzinfo) -> str:
    """What tagging again changes, as Markdown; titles are escaped."""
    done = "Written and published." if report.committed else "Nothing was written; run it with `commit` to do so."
    lines = [f"# Tagged again by {report.model}, {report.corpus}", "", *retag_summary(report), "", done]
    for kind, heading in KIND_HEADINGS.items():
        counts = report.newly_tagged if kind is ChangeKind.NEWLY_TAGGED else report.no_longer_tagged
        for category, count in counts.items():
            lines += ["", f"## {escape_markdown(category_title(category))}: {count:,} {heading}", ""]
            shown = report.shown(kind, category)[:_SHOWN]
            lines += [
                f"- {escape_markdown(change_title(change))}, {escape_markdown(change_details(change, zone))}"
                for change in shown
            ]
            if count > len(shown):
                lines.append(f"- and {count - len(shown):,} more")
    return "\n".join(lines) + "\n"


KIND_HEADINGS = {ChangeKind.NEWLY_TAGGED: "newly tagged", ChangeKind.NO_LONGER_TAGGED: "no longer tagged"}


def retag_summary(report: RetagReport) -> list[str]:
    """The counts of a report, a sentence a line."""
    lines = [
        f"{articles(report.articles)} tagged again, {report.changed:,} with other alerts.",
        *_resumed(report),
        f"Newly tagged: {_by_category(report.newly_tagged)}.",
        f"No longer tagged: {_by_category(report.no_longer_tagged)}.",
    ]
    if report.told:
        lines.append(f"Of those no longer tagged, digests have told: {_by_category(report.told)}.")
    if report.overruled:
        lines.append(f"An analyst's verdict stands against the model: {_by_category(report.overruled)}.")
    lines.append(
        f"Grey zone: {_by_category(report.review_added)} enter, {_by_category(report.review_removed)} leave."
    )
    lines.append(
        f"{articles(report.newly_classified)} classified for the first time, "
        f"{report.no_longer_classified:,} not classified any more."
    )
    return lines


def _resumed(report: RetagReport) -> list[str]:
    if not report.resumed:
        return []
    return [f"Of these, {report.resumed:,} by a retag that was interrupted; their changes are listed too."]


def _by_category(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {category}" for category, count in counts.items()) or "none"


def change_title(change: Change) -> str:
    """The headline of a changed article."""
    return clean(change.title, 200) or "(no headline)"


def change_details(change: Change, zone: tzinfo) -> str:
    """Outlet, date and scores of a change in one line, and what speaks against it or makes it urgent."""
    parts = [
        clean(change.outlet, 80) or "unknown outlet",
        f"stored {change.first_seen_at.astimezone(zone):%d %b %Y}",
        f"{change.category} {_score(change.old_score)} → {_score(change.new_score)}",
    ]
    if change.told:
        parts.append("told in a digest")
    elif change.told_as:
        parts.append(f"told in a digest as {', '.join(change.told_as)}")
    if change.verdict is not None:
        parts.append(f"verdict: {change.verdict}")
    return " · ".join(parts)


def _score(score: float | None) -> str:
    """A score with two digits; a dash where there was no tag, not even for review, or there is no score."""
    return "–" if score is None else f"{score:.2f}"
