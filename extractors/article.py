"""A page, or a feed entry alone, to articles. Pure: the same input gives the same output, in any process."""

from __future__ import annotations

from datetime import datetime

from extractors import access, byline, dates, feed_text, language, markup, roundup, text, walls
from extractors.date_choice import page_or_feed_date
from spywatch.records import (
    Access,
    Article,
    Entry,
    Failure,
    Page,
    Reason,
    Stage,
    TextSource,
)
from spywatch.urls import canonical, digest_of, redact

_LONGEST_TITLE = 1_000
_STATES = {
    Reason.BOT_CHALLENGE: Access.CHALLENGE,
    Reason.LOGIN_REQUIRED: Access.LOGIN,
    Reason.ROBOTS_DISALLOWED: Access.ROBOTS,
    Reason.FORBIDDEN: Access.BLOCKED,
    Reason.PAYMENT_REQUIRED: Access.BLOCKED,
    Reason.RATE_LIMITED: Access.BLOCKED,
}
"""What stood in place of a page that was refused, by the reason of the failure."""


def articles_from_page(
    page: Page,
    entry: Entry | None,
    *,
    now: datetime | None,
    whole: bool = False,
    url: str = "",
    tables: bool = True,
) -> tuple[Article, ...] | Failure:
    """Extract the article of a page, or its articles where it holds several posts.

    Args:
        page: as the server sent it.
        entry: the feed's entry that links the page; None for a page by itself.
        now: the time of the run (UTC), for what dates are believable; None if no clock is known.
        whole: never split the page.
        url: the page's address where `page.url` does not say it. A redirect is seen by `page.url` differing from
            the entry's link: an article that was reached so is known by its final address.
        tables: False leaves tables out of the text (for a second try after a time limit).

    Returns:
        One article, or two or more with `part` 1, 2, ...; or a failure (`empty`, `not_html`, `no_text`) with
        which `article_from_feed` may go on.
    """
    address = page.url or url or (entry.url if entry else "")
    document = markup.read_page(page.body, content_type=page.content_type, url=address)
    if isinstance(document, markup.NotAPage):
        return _failure(address, document.reason, document.detail)
    shared = entry is not None and entry.link_shared
    if not whole and not shared:
        posts = roundup.split(document, now=now, title=_feed_title(entry))
        if posts:
            return _parts(posts, document, entry)
    return _whole(document, entry, page, now=now, tables=tables, shared=shared)


def article_from_feed(entry: Entry, *, failure: Failure | None, now: datetime | None) -> Article | Failure:
    """The article as far as the feed carries it, for an entry whose page cannot be had.

    Args:
        entry: the feed's entry.
        failure: why the page cannot be had; None if the entry has no link.
        now: the time of the run (UTC).

    Returns:
        An article from the feed's content or summary, or of the title alone. Its access says what stood there where
        the page was refused, else whether the feed's text is the whole article; a `no_text` failure if the entry
        has not even a title.
    """
    found = feed_text.feed_text(entry)
    title = _feed_title(entry)
    if not found.text and not title:
        return failure or _failure(entry.url or entry.id, Reason.NO_TEXT, "neither page nor feed has any text")
    if failure is not None and failure.reason in _STATES:
        state = _STATES[failure.reason]
    elif not found.text:
        state = Access.EMPTY
    else:
        state = Access.FULL if found.source is TextSource.FEED_FULL else Access.TEASER
    body = text.without_title(found.text, title)
    chosen = page_or_feed_date(None, entry, now=now)
    return Article(
        id=_id(entry, entry.url),
        entry_id=entry.id,
        url=entry.url,
        title=title,
        text=body,
        authors=entry.authors,
        published_at=chosen.at,
        date_source=chosen.source,
        dates=chosen.candidates,
        language=language.language_of(f"{title}\n{body}", feed=entry.language),
        access=state,
        text_source=found.source if body else TextSource.TITLE,
        feed_text=found.text,
    )


def _whole(
    document: markup.Document, entry: Entry | None, page: Page, *, now: datetime | None, tables: bool, shared: bool
) -> tuple[Article, ...] | Failure:
    page_title = byline.page_title(document)
    feed_title = _feed_title(entry)
    title = feed_title if shared and feed_title else byline.as_the_feed_has_it(page_title, feed_title) or feed_title
    from_page = _without_post_line(text.main_text(document, title=page_title, tables=tables))[: text.LONGEST_TEXT]
    from_feed = feed_text.feed_text(entry)
    requested = entry.url if entry else ""
    state = access.access_of(
        document,
        from_page,
        status=page.status,
        headers=page.headers,
        feed_text=from_feed.text,
        requested=requested,
    )
    own = state not in access.WALLS and not access.shows_something_else(
        document,
        from_page,
        requested=requested,
        feed_title=feed_title,
        feed_text=from_feed.text,
        page_title=page_title,
    )
    if own and state is Access.EMPTY:
        from_page = _structured_body(document)
        state = Access.FULL if from_page else Access.EMPTY
    elif not own and state not in access.WALLS:
        state = Access.EMPTY
    body, source = feed_text.choose(
        from_page,
        from_feed,
        readable=own and state is not Access.EMPTY,
        teaser=state is Access.TEASER,
        shared=shared,
    )
    if (not own or state is Access.EMPTY) and feed_title:
        title = feed_title  # a wall's title is the wall's
    body = text.without_title(body, title)
    if not body and not title:
        return _failure(document.url, Reason.NO_TEXT, "no text and no title found on the page")
    own = own and not shared
    chosen = page_or_feed_date(document if own else None, entry, now=now, title=page_title)
    declared = document.tree.get("lang") or document.meta.get("og:locale", "")
    address = _address(entry, document.url, readable=state not in access.WALLS and state is not Access.EMPTY)
    article = Article(
        id=_id(entry, address),
        entry_id=entry.id if entry else "",
        url=address,
        title=title,
        text=body,
        authors=(byline.page_authors(document) if own else ()) or (entry.authors if entry else ()),
        published_at=chosen.at,
        date_source=chosen.source,
        dates=chosen.candidates,
        language=language.language_of(f"{title}\n{body}", page=declared, feed=entry.language if entry else ""),
        access=state,
        text_source=source if body else TextSource.TITLE,
        feed_text=from_feed.text,
    )
    return (article,)


def _parts(posts: tuple[roundup.Post, ...], document: markup.Document, entry: Entry | None) -> tuple[Article, ...]:
    declared = document.tree.get("lang") or ""
    plain = feed_text.feed_text(entry).text
    return tuple(
        Article(
            id=post.id_on(document.url or (entry.url if entry else "")),
            entry_id=entry.id if entry else "",
            url=post.permalink or (entry.url if entry else "") or document.url,
            title=post.title,
            text=post.text[: text.LONGEST_TEXT],
            part=number,
            authors=post.authors,
            published_at=post.published_at,
            date_source=post.date_source,
            dates=post.dates,
            language=language.language_of(
                f"{post.title}\n{post.text}", page=declared, feed=entry.language if entry else ""
            ),
            feed_text=plain,
        )
        for number, post in enumerate(posts, start=1)
    )


def _structured_body(document: markup.Document) -> str:
    """The article text in the JSON-LD, for pages that are drawn by script; empty where it is for payers only."""
    item = document.article_data
    if item is None or str(item.get("isAccessibleForFree", "true")).lower() == "false":
        return ""
    return feed_text.plain(str(item.get("articleBody") or ""))


def _without_post_line(body: str) -> str:
    lines = body.split("\n")
    if lines and dates.post_line(lines[-1]):
        lines.pop()
    return "\n".join(lines)


def _id(entry: Entry | None, address: str) -> str:
    if entry is not None and entry.link_shared:
        return entry.id
    known = canonical(address)
    if known:
        return digest_of("url", known)
    return entry.id if entry is not None else ""


def _address(entry: Entry | None, page_url: str, *, readable: bool) -> str:
    """Under which address the article is known: the entry's link, or where a redirect from it led.

    Several links that redirect to one page are one article. Several articles that redirect to a page which is none
    of theirs (front page, the section above, login, consent, "not found") are not, and keep their own links.
    """
    if entry is None or not entry.url:
        return page_url
    asked, reached = canonical(entry.url), canonical(page_url)
    if not reached or reached == asked or entry.link_shared or not readable:
        return entry.url
    return entry.url if walls.elsewhere(entry.url, page_url) else page_url


def _feed_title(entry: Entry | None) -> str:
    return " ".join(entry.title[:_LONGEST_TITLE].split()) if entry else ""


def _failure(address: str, reason: Reason, detail: str) -> Failure:
    return Failure(stage=Stage.EXTRACT, subject=redact(address), reason=reason, detail=detail)
