"""What model and analysts say of an article, for the screen and as JSON."""

from __future__ import annotations

from datetime import tzinfo
from itertools import groupby
from typing import TYPE_CHECKING, Any

from rich.text import Text

from cli.console import out
from cli.evidence import tag_json
from cli.tables import cell, show_rows

if TYPE_CHECKING:
    from storage.judgements import GivenVerdict
    from storage.verdicts import Judged

_LONGEST_NOTE = 2_000


def show_standing(judged: Judged, zone: tzinfo) -> None:
    """Print what model and analysts say of an article, and what counts."""
    from digests.plain import category_title, clean

    article = judged.article
    when = f"{article.published_at.astimezone(zone):%d %b %Y, %H:%M}" if article.published_at else "no date"
    out.print(Text(clean(article.title, 300) or "(no headline)", style="bold"))
    out.print(Text(" · ".join(part for part in (cell(article.outlet), when, article.language) if part), style="dim"))
    out.print(Text(cell(article.url, 2_000), style="underline", overflow="fold"))
    out.print(Text(f"id {article.article_id}", style="dim"))
    model = {tag.category: tag for tag in judged.tags}
    latest = {given.category: given for given in judged.verdicts}
    effective = {tag.category: tag for tag in judged.effective}
    names = sorted({*judged.scores, *model, *latest})
    rows = []
    for name in names:
        score = judged.scores.get(name, model[name].score if name in model else None)
        said = f"{score:.2f} {model[name].decision if name in model else 'no'}" if score is not None else ""
        word = latest.get(name)
        analysts = f"{word.opinion} ({word.author})" if word else ""
        rows.append((name, said, analysts, effective[name].decision if name in effective else "no"))
    out.print()
    if rows:
        show_rows(("category", "model", "analysts", "what counts"), rows)
    else:
        out.print("neither the model nor an analyst has said anything of it")
    for tag in judged.effective:
        for piece in tag.evidence[:2]:
            out.print(Text.assemble((f"{category_title(tag.category)}: ", "dim"), f"“{clean(piece.text, 600)}”"))
    for (at, author, remark), words in groupby(judged.verdicts, key=lambda one: (one.at, one.author, one.note)):
        said = ", ".join(f"{word.category} {word.opinion}" for word in words)
        told = f"{at.astimezone(zone):%d %b %Y, %H:%M} {cell(author)}: {said}"
        out.print(Text(f"{told}, “{cell(remark, _LONGEST_NOTE)}”" if remark else told))


def standing_json(judged: Judged) -> dict[str, Any]:
    """What model and analysts say of an article, as JSON."""
    article = judged.article
    return {
        "article_id": article.article_id,
        "url": article.url,
        "title": article.title,
        "outlet": article.outlet,
        "published_at": article.published_at.isoformat() if article.published_at else None,
        "language": article.language,
        "model": {"tags": [tag_json(tag) for tag in judged.tags], "scores": judged.scores},
        "verdicts": [_given_json(given) for given in judged.verdicts],
        "effective": [tag_json(tag) | {"judged_by": judged.judged_by.get(tag.category)} for tag in judged.effective],
    }


def _given_json(given: GivenVerdict) -> dict[str, Any]:
    return {
        "category": given.category,
        "opinion": str(given.opinion),
        "author": given.author,
        "at": given.at.isoformat(),
        "note": given.note,
    }
