"""A digest as Markdown (CommonMark), from `templates/digest.md.j2`."""

from __future__ import annotations

from datetime import tzinfo
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from digests.compose import by_category
from digests.plain import (
    category_title,
    clean,
    coverage_lines,
    date_of,
    escape_markdown,
    evidence_of,
    grounds_of,
    judge_of,
    late_find,
    link_of,
    reading_of,
    title_of,
)
from spywatch.records import Digest

_TEMPLATES = Path(__file__).parent / "templates"
_LONGEST_EXAMPLE = 100


def render(digest: Digest, *, zone: tzinfo) -> str:
    """Write a digest as Markdown.

    Args:
        digest: what is new.
        zone: the reader's time zone.

    Returns:
        The document; every word of an article in it is escaped.
    """
    groups = [
        (
            category_title(category),
            [
                {
                    "title": title_of(item),
                    "link": link_of(item),
                    "outlet": clean(item.outlet, 80),
                    "date": date_of(item, zone),
                    "reading": reading_of(item),
                    "late": late_find(item, zone),
                    "why": [
                        {
                            "category": category_title(tag.category),
                            "score": tag.score,
                            "judge": judge_of(item, tag),
                            "evidence": evidence_of(tag),
                            "grounds": grounds_of(tag, widest=_LONGEST_EXAMPLE),
                        }
                        for tag in item.tags
                    ],
                }
                for item in items
            ],
        )
        for category, items in by_category(digest).items()
    ]
    return (
        _environment()
        .get_template("digest.md.j2")
        .render(
            made_at=digest.made_at.astimezone(zone),
            since=digest.since.astimezone(zone) if digest.since else None,
            count=len(digest.items),
            coverage=coverage_lines(digest.coverage),
            groups=groups,
        )
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # the output is Markdown: every field goes through `md` in the template
    )
    environment.filters["md"] = escape_markdown
    return environment
