"""Text made safe to show: an article's words go into a digest, its control sequences and markup do not."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime, tzinfo
from urllib.parse import quote, urlsplit

from spywatch.records import Access, Coverage, DigestItem, Tag

_LONGEST_TITLE = 300
_LONGEST_LINK = 2_000
_LONGEST_EVIDENCE = 600
_LONGEST_TERM = 60
_MOST_SENTENCES = 2
_MOST_TERMS = 5
_MOST_EXAMPLES = 2
_MOST_OUTLETS = 8
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+|~!&@$])")
_LINE_START = re.compile(r"^(\s*\d*)([-=:.)])")
_BARE_LINK = re.compile(r"(:)(?=//)|(?<=www)(\.)", re.IGNORECASE)
"""What some dialects turn into a link without being asked: `https://...`, `www....`; and names with an `@`."""
_WITHOUT_WIDTH = {"\N{SOFT HYPHEN}", "\N{ZERO WIDTH SPACE}", "\N{WORD JOINER}", "\N{ZERO WIDTH NO-BREAK SPACE}"}
"""Invisible inside words; a space in their place would break the word."""
_INSTEAD = {
    Access.TEASER: "only the teaser was readable",
    Access.CHALLENGE: "a test for robots stood in place of the page: told from the feed",
    Access.CONSENT: "a consent page stood in its place: told from the feed",
    Access.LOGIN: "a login page stood in its place: told from the feed",
    Access.BLOCKED: "the page could not be had: told from the feed",
    Access.ROBOTS: "robots.txt asks not to read the page: told from the feed",
    Access.EMPTY: "the page showed no text: told from the feed",
}


def clean(text: str, longest: int) -> str:
    """One line without control, formatting (direction overrides) and private-use characters, cut at `longest`."""
    if not text.isprintable():
        seen = (char for char in text if char not in _WITHOUT_WIDTH)
        text = "".join(char if unicodedata.category(char)[0] != "C" else " " for char in seen)
    line = " ".join(text.split())
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


def reading_of(item: DigestItem) -> str:
    """What stood in the article's place, or how little of it could be read; "" for one that was read whole."""
    return _INSTEAD.get(item.access, "")


def link_of(item: DigestItem) -> str:
    """The article's address if it is a web address, "" otherwise; safe inside `<...>` in Markdown.

    Characters that no address holds as they are, or that nobody can see, are percent-encoded. An address that is too
    long to show is left out: cut off it would lead elsewhere.
    """
    url = "".join(char if char not in "<>\\" and _visible(char) else _encoded(char) for char in item.url.strip())
    try:
        parts = urlsplit(url)
    except ValueError:  # brackets that hold no address
        return ""
    return url if parts.scheme in {"http", "https"} and parts.netloc and len(url) <= _LONGEST_LINK else ""


def _visible(char: str) -> bool:
    return unicodedata.category(char)[0] not in "CZ"


def _encoded(char: str) -> str:
    return quote(char.encode("utf-8", "replace"), safe="")


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
    escaped = _BARE_LINK.sub(r"\\\g<0>", _MARKDOWN.sub(r"\\\1", text))
    return _LINE_START.sub(r"\1\\\2", escaped)


def coverage_lines(coverage: Coverage) -> list[str]:
    """What the digest rests on, a sentence a line."""
    lines = [
        f"{coverage.sources_read} of {coverage.sources} sources read, {coverage.articles_read} new articles, "
        f"{coverage.awaiting_review} awaiting review."
    ]
    if coverage.failing:
        lines.append(f"Not read: {_names(coverage.failing)}.")
    if coverage.silent:
        lines.append(f"Quieter than usual: {_names(coverage.silent)}.")
    if coverage.backlog:
        matches = "older match of a new feed is" if coverage.backlog == 1 else "older matches of new feeds are"
        lines.append(
            f"{coverage.backlog:,} {matches} stored and not told; `spywatch sql --name backlog_alerts` shows them."
        )
    return lines


def _names(outlets: tuple[str, ...]) -> str:
    names = ", ".join(clean(name, 60) for name in outlets[:_MOST_OUTLETS])
    left = len(outlets) - _MOST_OUTLETS
    return f"{names} and {left} more" if left > 0 else names
