"""A digest for the terminal, as Rich renderables."""

from __future__ import annotations

from datetime import tzinfo

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.text import Text

from digests.compose import by_category
from digests.plain import category_title, clean, coverage_lines, date_of, evidence_of, link_of, title_of
from spywatch.records import Digest, DigestItem


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
    for tag in item.tags:
        reason = Text(f"{tag.score:.2f} ", style="dim")
        if tag.category != category:
            reason.append(f"also {category_title(tag.category).lower()} ", style="italic")
        reason.append(f"“{evidence_of(tag)}”" if tag.evidence else "(no sentence stands out)")
        lines.append(reason)
    return Padding(Group(*lines), (0, 0, 0, 2))
