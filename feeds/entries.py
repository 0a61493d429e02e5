"""From raw items to the entries that travel on: links, titles, dates and ids, and what is skipped."""

from __future__ import annotations

import re
from datetime import datetime

from feeds import dates, identity, links
from feeds.plain import plain, storable
from feeds.raw import RawEntry, RawFeed
from spywatch.records import Entry, Failure, ParsedFeed, Reason, Stage
from spywatch.urls import canonical, redact


def judge(raw: RawFeed, *, feed_url: str, now: datetime | None) -> ParsedFeed:
    """Make a document's entries, each either usable or skipped with a reason.

    Args:
        raw: the document as a format module understood it.
        feed_url: where it was fetched; "" if unknown. Relative links are resolved against it, else against the
            site's link; user info and query of either stay out of the result.
        now: the clock (UTC-aware), for the limit on future dates; None where there is none.

    Returns:
        The feed. `entries` and `skipped` together are as many as the items that were read; one more line of
        `skipped` says how many were not, if there were too many.
    """
    own = links.public_base(feed_url)
    site = links.absolute(raw.link, own)
    base = own or links.public_base(site)
    found: list[identity.Unidentified] = []
    skipped: list[Failure] = []
    for number, item in enumerate(raw.entries, 1):
        made = _entry(item, feed_url=feed_url, base=base, feed_language=raw.language, now=now)
        if isinstance(made, identity.Unidentified):
            found.append(made)
        else:
            reason, detail = made
            skipped.append(_skip(_subject(item, feed_url, base, number), reason, detail))
    entries, copies = identity.identify(found)
    for copy in copies:
        detail = f"the same item as entry {copy.id}, listed again"
        skipped.append(_skip(redact(copy.url) or copy.id, Reason.DUPLICATE_ENTRY, detail))
    if raw.left_out:
        detail = f"{raw.left_out:,} items were left out; {len(raw.entries):,} were read"
        skipped.append(_skip(redact(feed_url), Reason.TOO_MANY_ITEMS, detail))
    return ParsedFeed(
        title=plain(raw.title, raw.title_written),
        link=site,
        language=language_code(raw.language),
        entries=entries,
        skipped=tuple(skipped),
        complete=raw.complete,
    )


def language_code(tag: str) -> str:
    """The two- or three-letter language of a language tag ("pt-BR", "EN_us"), "" if it has none."""
    match = re.match(r"\s*([A-Za-z]{2,3})(?=[-_\s]|$)", tag)
    return match.group(1).lower() if match else ""


def _entry(
    item: RawEntry, *, feed_url: str, base: str, feed_language: str, now: datetime | None
) -> identity.Unidentified | tuple[Reason, str]:
    if item.unreadable:
        return Reason.MALFORMED_ENTRY, item.unreadable
    url = links.first_absolute(item.links, base)
    if not url:
        # A GUID may serve as the address only where it is one by itself: resolved, any number would be.
        url = links.first_absolute(own for own in item.own_id_links if re.match(r"\s*https?://", own, re.I))
    if url and not canonical(url):
        url = ""
    title = plain(item.title, item.title_written)
    summary, content = storable(item.summary_html), storable(item.content_html)
    # Markup without words (a photo, a video) is kept: whether there is something to read in it is not decided here.
    text = f"{plain(summary)}\n{plain(content)}".strip() or f"{summary}\n{content}".strip()
    if not url and item.cut_off:
        return Reason.MALFORMED_ENTRY, "the document ends inside this item, before its link"
    if not url and not title and not text:
        if any(item.links):
            return Reason.MALFORMED_ENTRY, "its link is no http address, and it has no title and no text"
        return Reason.NO_LINK_NO_TEXT, "it has no link, no title and no text"
    published_at, source, candidates = dates.entry_date(item.published, item.updated, now=now)
    entry = Entry(
        id="",
        feed_url=feed_url,
        url=url,
        title=title,
        guid=storable(item.guid).strip(),
        summary_html=summary,
        content_html=content,
        authors=tuple(dict.fromkeys(name for name in map(plain, item.authors) if name)),
        published_at=published_at,
        date_source=source,
        dates=candidates,
        language=language_code(item.language) or language_code(feed_language),
    )
    return identity.Unidentified(entry=entry, published=_date_text(item.published), text=text)


def _date_text(published: tuple[str, ...]) -> str:
    """A published date in one form, whatever the zone it is written in; independent of the clock."""
    for text in published:
        when = dates.read_date(text)
        if when is not None:
            return when.isoformat()
    return " ".join(published[0].split()) if published else ""


def _subject(item: RawEntry, feed_url: str, base: str, number: int) -> str:
    named = links.first_absolute(item.links, base)
    if named:
        return redact(named)
    return f"{redact(feed_url)} item {number}" if feed_url else f"item {number}"


def _skip(subject: str, reason: Reason, detail: str) -> Failure:
    return Failure(stage=Stage.PARSE, subject=subject, reason=reason, detail=detail)
