"""Small records to store; used by the tests and by the processes that they start."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from spywatch.records import (
    Article,
    Classification,
    Coverage,
    DateSource,
    Decision,
    Digest,
    DigestItem,
    Disposition,
    Entry,
    EntryOutcome,
    Evidence,
    Failure,
    Feed,
    FeedState,
    Opinion,
    ParsedFeed,
    Poll,
    Reason,
    SeedMatch,
    Stage,
    Tag,
    TaggedArticle,
    Term,
    Verdict,
)
from spywatch.urls import canonical, digest_of

NOW = datetime(2024, 5, 6, 7, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
NORTH = Feed(url="https://north.example/feed.xml", name="The Northern Post", language="en", country="NO")
SOUTH = Feed(url="https://south.example/rss?token=s3cr3tS3cr3tS3cr3t99", name="Southern Wire")


def entry(url: str, feed: Feed = NORTH, **fields: object) -> Entry:
    values: dict[str, object] = {
        "id": digest_of("url", canonical(url)),
        "feed_url": feed.url,
        "url": url,
        "title": f"Title of {url}",
        "summary_html": "<p>In short.</p>",
        "content_html": "<p>At length.</p>",
        "authors": ("A. Writer",),
        "published_at": NOW - 3 * HOUR,
        "date_source": DateSource.FEED_PUBLISHED,
        "language": "en",
    }
    return Entry(**{**values, **fields})  # type: ignore[arg-type]


def poll(
    *entries: Entry,
    feed: Feed = NORTH,
    at: datetime = NOW,
    etag: str | None = '"v1"',
    skipped: tuple[Failure, ...] = (),
) -> Poll:
    return Poll(
        feed=feed,
        polled_at=at,
        result=ParsedFeed(title=feed.name, link="https://north.example/", entries=entries, skipped=skipped),
        state=FeedState(url=feed.url, etag=etag, last_polled_at=at, last_success_at=at),
        http_status=200,
        bytes_read=1234,
        seconds=0.5,
    )


def failed_poll(feed: Feed, reason: Reason = Reason.TIMEOUT, at: datetime = NOW) -> Poll:
    return Poll(
        feed=feed,
        polled_at=at,
        result=Failure(stage=Stage.POLL, subject=feed.outlet, reason=reason, detail="No answer.", retryable=True),
        state=FeedState(url=feed.url, consecutive_failures=1, last_polled_at=at, next_attempt_at=at + HOUR),
    )


def article(of: Entry, url: str | None = None, **fields: object) -> Article:
    address = url or of.url
    values: dict[str, object] = {
        "id": digest_of("article", canonical(address)),
        "entry_id": of.id,
        "url": address,
        "title": of.title,
        "text": "A diplomat was told to leave. He has three days. The weather is fine.",
        "authors": of.authors,
        "published_at": of.published_at,
        "date_source": of.date_source,
        "language": "en",
        "feed_text": "In short.",
    }
    return Article(**{**values, **fields})  # type: ignore[arg-type]


ALERT = Tag(
    category="expulsion",
    score=0.97,
    decision=Decision.ALERT,
    evidence=(
        Evidence(field="text", start=0, end=29, text="A diplomat was told to leave."),
        Evidence(field="text", start=30, end=48, text="He has three days."),
    ),
    terms=(Term(text="told to leave", weight=1.75), Term(text="diplomat", weight=0.5)),
    nearest=(SeedMatch(example_id="expulsion/x-1", title="Envoy sent home", similarity=0.62),),
)
REVIEW = Tag(category="recruitment", score=0.4, decision=Decision.REVIEW)


def classified(*tags: Tag, **fields: object) -> Classification:
    values: dict[str, object] = {
        "tags": tags,
        "scores": {"expulsion": 0.97 if ALERT in tags else 0.01, "recruitment": 0.4 if REVIEW in tags else 0.02},
        "model": "linear-0001",
        "corpus": "corpus-0001",
        "language": "en",
    }
    return Classification(**{**values, **fields})  # type: ignore[arg-type]


def stored(of: Entry, *tags: Tag, url: str | None = None) -> EntryOutcome:
    return EntryOutcome(
        entry=of,
        disposition=Disposition.STORED,
        articles=(TaggedArticle(article=article(of, url), classification=classified(*tags)),),
    )


def failed(of: Entry, *, retryable: bool = True, retry_after: timedelta | None = None) -> EntryOutcome:
    reason = Reason.HTTP_SERVER_ERROR if retryable else Reason.NOT_FOUND
    failure = Failure(
        stage=Stage.DOWNLOAD,
        subject=of.url,
        reason=reason,
        detail="The server said no.",
        retryable=retryable,
        retry_after=retry_after,
    )
    return EntryOutcome(entry=of, disposition=Disposition.FAILED, failure=failure)


def digest(*article_ids: str, at: datetime = NOW, since: datetime | None = None) -> Digest:
    return Digest(
        id=digest_of("digest", *article_ids),
        made_at=at,
        since=since,
        items=tuple(
            DigestItem(
                article_id=article_id,
                url="https://north.example/x",
                title="X",
                outlet="The Northern Post",
                published_at=None,
                first_seen_at=at,
                tags=(ALERT,),
            )
            for article_id in article_ids
        ),
        coverage=Coverage(sources=2, sources_read=1, articles_read=3, failing=("Southern Wire",)),
    )


def verdict(article_id: str, at: datetime = NOW, author: str = "ana", note: str = "", **opinions: Opinion) -> Verdict:
    """A verdict; an underscore in a category's name stands for its hyphen."""
    named = {category.replace("_", "-"): opinion for category, opinion in opinions.items()}
    return Verdict(article_id=article_id, opinions=named, author=author, at=at, note=note)
