"""Parsing in real worker processes."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from feeds.workers import PRELOAD, FeedParser
from spywatch.records import Failure, ParsedFeed, Reason, Stage
from spywatch.workers import Lost, WorkerPool

NOW = datetime(2026, 5, 20, 12, 0, tzinfo=UTC)
URL = "https://a.example/feed?token=hush"
ITEMS = "".join(f"<item><title>T{n}</title><link>https://a.example/{n}</link></item>" for n in range(9))
BODY = f'<rss version="2.0"><channel>{ITEMS}</channel></rss>'.encode()


@pytest.fixture(scope="module")
def pool() -> Iterator[WorkerPool]:
    with WorkerPool(1, preload=PRELOAD) as pool:
        yield pool


async def test_a_document_is_read_with_its_limit(pool: WorkerPool) -> None:
    parser = FeedParser(pool, time_limit=20.0, max_items=4)
    feed = await parser(BODY, feed_url=URL, content_type="text/xml", now=NOW)
    assert isinstance(feed, ParsedFeed)
    assert [entry.title for entry in feed.entries] == ["T0", "T1", "T2", "T3"]
    assert feed.entries[0].feed_url == URL
    assert [skip.reason for skip in feed.skipped] == [Reason.TOO_MANY_ITEMS]


async def test_what_is_no_feed_comes_back_with_its_time(pool: WorkerPool) -> None:
    failure = await FeedParser(pool, time_limit=20.0, max_items=4)(b"no", feed_url=URL, content_type="", now=NOW)
    assert isinstance(failure, Failure)
    assert (failure.reason, failure.stage, failure.at) == (Reason.NOT_A_FEED, Stage.PARSE, NOW)


async def test_a_document_that_takes_too_long_costs_itself_only(pool: WorkerPool) -> None:
    slow = b'<rss version="2.0"><channel>' + b"<item><a/><b/><c/></item>" * 30_000 + b"</channel></rss>"
    failure = await FeedParser(pool, time_limit=0.2, max_items=10**6)(slow, feed_url=URL, content_type="", now=NOW)
    assert isinstance(failure, Failure)
    assert (failure.reason, failure.stage, failure.at) == (Reason.TIME_LIMIT, Stage.PARSE, NOW)
    assert "hush" not in failure.subject
    after = await FeedParser(pool, time_limit=20.0, max_items=4)(BODY, feed_url=URL, content_type="", now=NOW)
    assert isinstance(after, ParsedFeed)


class Losing:
    """Stands in for a pool whose calls come back lost."""

    def __init__(self, lost: Lost) -> None:
        self.lost = lost

    async def call(self, *_: object, **__: object) -> Lost:
        return self.lost


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        (Reason.INTERNAL_ERROR, Reason.PARSER_ERROR),
        (Reason.MEMORY_LIMIT, Reason.MEMORY_LIMIT),
        (Reason.WORKER_DIED, Reason.WORKER_DIED),
    ],
)
async def test_each_loss_has_its_reason(reason: Reason, told: Reason) -> None:
    lost = Lost(reason=reason, detail="KeyError: 'x' at y.py:3", retryable=reason is Reason.WORKER_DIED)
    parser = FeedParser(Losing(lost), time_limit=1.0, max_items=1)  # type: ignore[arg-type]
    failure = await parser(BODY, feed_url=URL, content_type="", now=NOW)
    assert failure == Failure(
        stage=Stage.PARSE,
        subject="https://a.example/feed?token=REDACTED",
        reason=told,
        detail="KeyError: 'x' at y.py:3",
        retryable=lost.retryable,
        at=NOW,
    )
