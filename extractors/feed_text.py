"""What the feed itself says of an entry, as plain text, and whether it or the page is the better text."""

from __future__ import annotations

from dataclasses import dataclass

from extractors import bounds
from extractors.text import LONGEST_TEXT, fragment_text, tidy
from spywatch.records import Entry, TextSource

MUCH_SHORTER = 0.8
"""A page text shorter than this share of the feed's content did not show the article."""
LONGEST_MARKUP = 200_000
"""Characters of one entry's HTML that are read; this is read outside of the workers too."""
_REMOVED_WITH_CONTENT = {"script", "style", "iframe", "object", "form", "svg"}


@dataclass(frozen=True, slots=True)
class FeedText:
    """The feed's text for an entry; `source` says whether it is the whole content or a summary."""

    text: str
    source: TextSource


def plain(markup: str) -> str:
    """Feed HTML as plain text, paragraphs joined by newlines; text that is escaped twice is read too.

    Of longer HTML the first `LONGEST_MARKUP` characters are read, and of the text `text.LONGEST_TEXT` given.
    """
    import nh3

    markup = bounds.flattened(bounds.with_few_attributes(markup[:LONGEST_MARKUP]))
    for _ in range(2):
        if "<" not in markup and "&" not in markup:
            return tidy(markup)[:LONGEST_TEXT]
        cleaned = nh3.clean(markup, clean_content_tags=_REMOVED_WITH_CONTENT, link_rel=None)
        text = fragment_text(f"<html><body><div>{cleaned}</div></body></html>")
        if "&lt;p" not in cleaned and "&lt;div" not in cleaned and "&lt;a " not in cleaned:
            return text[:LONGEST_TEXT]
        import html

        markup = html.unescape(cleaned)
    return text[:LONGEST_TEXT]


def feed_text(entry: Entry | None) -> FeedText:
    """The feed's own text: its content, else its summary, whichever says more; empty if it has neither."""
    if entry is None:
        return FeedText("", TextSource.FEED_SUMMARY)
    content, summary = plain(entry.content_html), plain(entry.summary_html)
    if content and len(content) >= len(summary):
        return FeedText(content, TextSource.FEED_FULL)
    return FeedText(summary, TextSource.FEED_SUMMARY)


def choose(page_text: str, feed: FeedText, *, readable: bool, teaser: bool, shared: bool) -> tuple[str, TextSource]:
    """Which text to keep.

    The page's, unless it is not the article's (`readable` is false), is a teaser shorter than what the feed carries,
    is no one entry's own (`shared`), or is much shorter than the feed's full content.

    Returns:
        The text and where it came from; ("", TITLE) if there is none.
    """
    if feed.text and (
        shared
        or not page_text
        or not readable
        or (teaser and len(page_text) < len(feed.text))
        or (feed.source is TextSource.FEED_FULL and len(page_text) < MUCH_SHORTER * len(feed.text))
    ):
        return feed.text, feed.source
    if page_text and readable:
        return page_text, TextSource.PAGE
    return "", TextSource.TITLE
