"""Text made safe to show: an article's words go into a digest, its control sequences and markup do not."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime, tzinfo
from urllib.parse import urlsplit

from spywatch.records import Coverage, DigestItem, Tag

_LONGEST_TITLE = 300
_LONGEST_EVIDENCE = 600
_LONGEST_TERM = 60
_MOST_SENTENCES = 2
_MOST_TERMS = 5
_MOST_EXAMPLES = 2
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+|~!&])")
_LINE_START = re.compile(r"^(\s*\d*)([-=:.)])")


def clean(text: str, longest: int) -> str:
    """One line without control, formatting (direction overrides) and private-use characters, cut at `longest`."""
    kept = "".join(char if unicodedata.category(char)[0] != "C" else " " for char in text)
    line = " ".join(kept.split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def title_of(item: DigestItem) -> str:
    """The headline to show."""
    return clean(item.title, _LONGEST_TITLE) or "(no headline)"


def evidence_of(tag: Tag) -> tuple[str, ...]:
    """The sentences that carry a tag, strongest first, to be shown in quotation marks.

    The headline stands above them anyway: it is left out where another sentence can be shown.
    """
    sentences = [piece for piece in tag.evidence if piece.field != "title"] or tag.evidence
    return tuple(clean(piece.text, _LONGEST_EVIDENCE) for piece in sentences[:_MOST_SENTENCES])


def grounds_of(tag: Tag, *, widest: int) -> tuple[str, ...]:
    """The words that speak for a tag, and the examples that the article resembles: a line each, as far as known.

    Args:
        tag: with its terms and nearest examples.
        widest: characters that the title of an example may have.
    """
    terms = ", ".join(clean(term.text, _LONGEST_TERM) for term in tag.terms[:_MOST_TERMS])
    nearest = ", ".join(f"“{clean(match.title, widest)}”" for match in tag.nearest[:_MOST_EXAMPLES])
    return tuple(f"{what} {found}" for what, found in (("words:", terms), ("like", nearest)) if found)


def judge_of(item: DigestItem, tag: Tag) -> str:
    """Who gave a tag, where that was not the model; else ""."""
    return clean(item.judged_by.get(tag.category, ""), _LONGEST_TERM)


def late_find(item: DigestItem, zone: tzinfo) -> str:
    """Why an old article stands in a new digest; "" for one that is new."""
    if not item.retroactive:
        return ""
    return f"late find: stored on {item.first_seen_at.astimezone(zone):%d %b %Y}, tagged now"


def link_of(item: DigestItem) -> str:
    """The article's address if it is a web address, "" otherwise; safe inside `<...>` in Markdown."""
    url = clean(item.url, 2_000)
    if urlsplit(url).scheme not in {"http", "https"}:
        return ""
    return url.replace("<", "%3C").replace(">", "%3E").replace(" ", "%20")


def date_of(item: DigestItem, zone: tzinfo) -> str:
    """The day and minute of publication in the reader's zone, or when it was first seen, and which of the two."""
    if item.published_at is None:
        return f"no date, first seen {_moment(item.first_seen_at, zone)}"
    return _moment(item.published_at, zone)


def _moment(when: datetime, zone: tzinfo) -> str:
    return when.astimezone(zone).strftime("%d %b %Y, %H:%M")


def category_title(category: str) -> str:
    """A category's folder name as a heading: `tech-transfer` becomes `Tech transfer`."""
    return clean(category.replace("-", " "), 80).capitalize()


def escape_markdown(text: str) -> str:
    """Text in which no character is Markdown or HTML."""
    return _LINE_START.sub(r"\1\\\2", _MARKDOWN.sub(r"\\\1", text))


def coverage_lines(coverage: Coverage) -> list[str]:
    """What the digest rests on, a sentence a line."""
    lines = [
        f"{coverage.sources_read} of {coverage.sources} sources read, {coverage.articles_read} new articles, "
        f"{coverage.awaiting_review} awaiting review."
    ]
    if coverage.failing:
        names = ", ".join(clean(name, 60) for name in coverage.failing[:8])
        more = f" and {len(coverage.failing) - 8} more" if len(coverage.failing) > 8 else ""
        lines.append(f"Not read: {names}{more}.")
    return lines
