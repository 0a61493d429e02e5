"""A digest for the terminal, as Rich renderables."""

from __future__ import annotations

from datetime import tzinfo

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from digests.compose import by_category
from digests.plain import (
    category_title,
    clean,
    coverage_lines,
    date_of,
    evidence_of,
    grounds_of,
    judge_of,
    late_find,
    link_of,
    reading_of,
    title_of,
)
from spywatch.records import Digest, DigestItem, Tag

_LONGEST_EXAMPLE = 40
"""Characters of an example's title: two of them stand in one line of a terminal of 100 columns."""


def render(digest: Digest, *, zone: tzinfo) -> RenderableType:
    """Lay a digest out for a terminal.

    Args:
        digest: what is new.
        zone: the reader's time zone.

    Returns:
        A Rich renderable; nothing of an article is read as markup.
    """
    made = digest.made_at.astimezone(zone).strftime("%d %b %Y, %H:%M %Z")
    parts: list[RenderableType] = [Rule(Text(f"spywatch digest · {made}", style="bold"))]
    parts += [Text(line, style="dim") for line in coverage_lines(digest.coverage)]
    if not digest.items:
        parts.append(Text("Nothing new.", style="bold"))
    for category, items in by_category(digest).items():
        parts += [Text(), Text(f"{category_title(category)} ({len(items)})", style="bold reverse")]
        parts += [_entry(item, category, zone) for item in items]
    parts.append(Rule())
    return Group(*parts)


def _entry(item: DigestItem, category: str, zone: tzinfo) -> RenderableType:
    lines = [Text(), Text(title_of(item), style="bold")]
    lines.append(Text(f"{clean(item.outlet, 80)} · {date_of(item, zone)}", style="dim"))
    if link := link_of(item):
        lines.append(Text(link, style="underline", overflow="fold"))
    if reading := reading_of(item):
        lines.append(Text(reading, style="italic"))
    if late := late_find(item, zone):
        lines.append(Text(late, style="italic yellow"))
    why = Table.grid(padding=(0, 1))
    why.add_column(no_wrap=True)
    why.add_column(overflow="fold")
    for tag in item.tags:
        mark = "✓" if judge_of(item, tag) else f"{tag.score:.2f}"
        why.add_row(Text(mark, style="dim"), _reason(item, tag, told=tag.category != category))
        for line in grounds_of(tag, widest=_LONGEST_EXAMPLE):
            why.add_row("", Text(line, style="dim"))
    return Padding(Group(*lines, why), (0, 0, 0, 2))


def _reason(item: DigestItem, tag: Tag, *, told: bool) -> Text:
    """Who says so, if that is not the model, and the sentences; the category first where it is not the heading's."""
    parts = [Text(f"also {category_title(tag.category).lower()}", style="italic")] if told else []
    sentences = " ".join(f"“{sentence}”" for sentence in evidence_of(tag))
    if judge := judge_of(item, tag):
        parts.append(Text(f"{judge} says so{':' if sentences else ''}", style="bold"))
    elif not sentences:
        parts.append(Text("(no sentence stands out)"))
    if sentences:
        parts.append(Text(sentences))
    return Text(" ").join(parts)
