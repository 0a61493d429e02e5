"""A desk in trouble, made by the store itself.

Sources that fail, mislead and have moved, entries that were set aside, and an outlet whose every word is hostile.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from spywatch.records import (
    Access,
    Article,
    Classification,
    DateCandidate,
    DateFault,
    DateSource,
    Decision,
    Disposition,
    Entry,
    EntryOutcome,
    Evidence,
    Failure,
    Feed,
    FeedState,
    Notice,
    NoticeKind,
    ParsedFeed,
    Poll,
    Reason,
    RunReport,
    SeedMatch,
    Stage,
    Tag,
    TaggedArticle,
    Term,
    TextSource,
)
from spywatch.urls import canonical, digest_of
from storage.ledger import RetryRule
from storage.store import PipelineStore

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
HOSTILE = (
    "\x1b[2J\x1b]0;owned\x07\x9b31m \u202egnol\u2066 in\u200bvisible <script>alert(1)</script> "
    "![x](https://evil.example/p) [y](javascript:alert(1)) https://evil.example www.evil.example |a|b| "
    "[bold red]markup[/] &lt;i&gt;"
)
FORMULA = '=HYPERLINK("https://evil.example";"x")'
QUAY = Feed(url="https://quay.example/feed.xml", name="The Quay", language="en")
MOVED = Feed(url="https://moved.example/feed.xml", name="Moved Gazette", language="en")
DOWN = Feed(url="https://down.example/feed.xml", name="Down Under", language="en")
EVIL = Feed(url="https://evil.example/feed.xml", name=HOSTILE, language="en")
SLOW = "https://quay.example/slow"
LOGIN = "https://quay.example/members"
GONE = "https://quay.example/gone"
OLD = "https://quay.example/old"
EVIL_PAGE = "https://evil.example/page?q=\x1b[31m\u202e<b>"
FORMULA_PAGE = "https://evil.example/formula"


def _entry(url: str, feed: Feed, title: str, *dates: DateCandidate) -> Entry:
    return Entry(
        id=digest_of("url", canonical(url)),
        feed_url=feed.url,
        url=url,
        title=title,
        summary_html=f"<p>{title} in short.</p>",
        published_at=NOW - 2 * HOUR,
        date_source=DateSource.FEED_PUBLISHED,
        language="en",
        dates=dates,
    )


def _tagged(entry: Entry, words: str, access: Access, source: TextSource) -> TaggedArticle:
    article = Article(
        id=digest_of("article", canonical(entry.url)),
        entry_id=entry.id,
        url=entry.url,
        title=entry.title,
        text=words,
        authors=(words,),
        published_at=entry.published_at,
        date_source=entry.date_source,
        language="en",
        access=access,
        text_source=source,
        dates=entry.dates,
    )
    tag = Tag(
        category="expulsion",
        score=0.9,
        decision=Decision.ALERT,
        evidence=(Evidence(field="text", start=0, end=len(words), text=words),),
        terms=(Term(text=words, weight=1.0),),
        nearest=(SeedMatch(example_id="x", title=words, similarity=0.5),),
    )
    doubt = Tag(category="recruitment", score=0.4, decision=Decision.REVIEW, evidence=tag.evidence)
    scored = Classification(
        tags=(tag, doubt), scores={"expulsion": 0.9, "recruitment": 0.4}, model="m", corpus="c", language="en"
    )
    return TaggedArticle(article=article, classification=scored)


def _poll(feed: Feed, *entries: Entry, state: FeedState | None = None, notices: tuple[Notice, ...] = ()) -> Poll:
    return Poll(
        feed=feed,
        polled_at=NOW,
        result=ParsedFeed(title=feed.name, link=feed.url, entries=entries),
        state=state or FeedState(url=feed.url, last_polled_at=NOW, last_success_at=NOW),
        http_status=200,
        notices=notices,
    )


def _failed(entry: Entry, reason: Reason, detail: str, *articles: TaggedArticle) -> EntryOutcome:
    stage = Stage.DOWNLOAD if reason in {Reason.NOT_FOUND, Reason.LOGIN_REQUIRED} else Stage.EXTRACT
    failure = Failure(stage=stage, subject=entry.url, reason=reason, detail=detail, at=NOW)
    return EntryOutcome(entry=entry, disposition=Disposition.FAILED, articles=articles, failure=failure)


def troubled_desk(folder: Path) -> Path:
    """Fill a database folder; the folder."""
    dates = (
        DateCandidate(source=DateSource.FEED_PUBLISHED, text="02/03/2026", fault=DateFault.UNREADABLE),
        DateCandidate(
            source=DateSource.JSON_LD, text="2031-01-01", at=NOW + 2_000 * 24 * HOUR, fault=DateFault.FUTURE
        ),
        DateCandidate(source=DateSource.META, text="2026-03-02T10:00Z", at=NOW - 2 * HOUR),
    )
    slow = _entry(SLOW, QUAY, "A table of many rows")
    login = _entry(LOGIN, QUAY, "Envoys told to go", *dates)
    gone = _entry(GONE, QUAY, "Gone since")
    old = _entry(OLD, QUAY, "An old story", *dates)
    evil = _entry(EVIL_PAGE, EVIL, HOSTILE)
    formula = _entry(FORMULA_PAGE, EVIL, FORMULA)
    moved = FeedState(
        url=MOVED.url,
        last_polled_at=NOW,
        last_success_at=NOW,
        permanent_url="https://moved.example/new.xml",
        permanent_days=3,
        permanent_on=NOW.date(),
        adopted_url="https://moved.example/new.xml",
        fresh_until=NOW + HOUR,
        validators_lie=True,
    )
    down = Failure(stage=Stage.POLL, subject=DOWN.url, reason=Reason.CONNECT, detail=HOSTILE, retryable=True, at=NOW)
    notices = (
        Notice(kind=NoticeKind.MOVED, feed_url=MOVED.url, detail="Asked at new.xml now.", at=NOW),
        Notice(kind=NoticeKind.FAILING, feed_url=DOWN.url, detail=HOSTILE, at=NOW),
    )
    polls = [
        _poll(QUAY, slow, login, gone, old),
        _poll(MOVED, state=moved, notices=notices[:1]),
        Poll(
            feed=DOWN,
            polled_at=NOW,
            result=down,
            state=FeedState(
                url=DOWN.url,
                consecutive_failures=2,
                last_polled_at=NOW,
                next_attempt_at=NOW + 2 * HOUR,
                failure_points=1,
            ),
            notices=notices[1:],
        ),
        _poll(EVIL, evil, formula),
    ]
    told = _tagged(login, "Two envoys were told to leave.", Access.LOGIN, TextSource.FEED_SUMMARY)
    outcomes = [
        _failed(slow, Reason.TIME_LIMIT, "not read in 20 s"),
        _failed(login, Reason.LOGIN_REQUIRED, "a login page", told),
        _failed(gone, Reason.INTERNAL_ERROR, f"KeyError: {HOSTILE} at text.py:7"),
        EntryOutcome(
            entry=old,
            disposition=Disposition.STORED,
            articles=(_tagged(old, "An old story of an envoy.", Access.FULL, TextSource.PAGE),),
        ),
        *(
            EntryOutcome(
                entry=one,
                disposition=Disposition.STORED,
                articles=(_tagged(one, words, Access.TEASER, TextSource.PAGE),),
            )
            for one, words in ((evil, HOSTILE), (formula, FORMULA))
        ),
    ]
    report = RunReport(
        run_id="r1",
        started_at=NOW,
        finished_at=NOW,
        feeds=4,
        feeds_ok=3,
        feeds_failed=1,
        seen=6,
        stored=3,
        failed=3,
        articles=4,
        failures={"extract/internal_error": 1, "extract/time_limit": 1},
        tags={"expulsion": 4},
        notices=notices,
    )
    retry = RetryRule(base=HOUR, longest=24 * HOUR, attempts=3)
    with PipelineStore.open(folder, NOW) as store:
        store.register_feeds([QUAY, MOVED, DOWN, EVIL], NOW)
        store.record_polls("r1", polls, NOW)
        store.store_outcomes("r1", outcomes, NOW, retry, timedelta(days=7))
        store.record_run(report)
        store.notice_health("r1", NOW)
        store.publish(NOW)
    return folder
