"""What travels from room to room.

Every record is frozen and wraps the one before it instead of copying its fields. Every time is UTC-aware.
An outcome is a record too: a stage returns the thing it made, or a `Failure` that says why not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum


class Stage(StrEnum):
    """Where in the pipeline something happened."""

    POLL = "poll"
    PARSE = "parse"
    DOWNLOAD = "download"
    EXTRACT = "extract"
    CLASSIFY = "classify"
    STORE = "store"
    DIGEST = "digest"


class Reason(StrEnum):
    """Why something failed or was dropped. The vocabulary is closed; `docs/schema.md` explains each one."""

    # the way to the server
    TIMEOUT = "timeout"
    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    PROTOCOL = "protocol"
    PROXY = "proxy"
    TOO_MANY_REDIRECTS = "too_many_redirects"
    BAD_URL = "bad_url"
    PRIVATE_ADDRESS = "private_address"
    HOST_RESTING = "host_resting"
    ROBOTS_DISALLOWED = "robots_disallowed"
    ROBOTS_UNREACHABLE = "robots_unreachable"
    # what the server answered
    NOT_FOUND = "not_found"
    GONE = "gone"
    FORBIDDEN = "forbidden"
    BOT_CHALLENGE = "bot_challenge"
    LOGIN_REQUIRED = "login_required"
    PAYMENT_REQUIRED = "payment_required"
    RATE_LIMITED = "rate_limited"
    HTTP_CLIENT_ERROR = "http_client_error"
    HTTP_SERVER_ERROR = "http_server_error"
    UNEXPECTED_STATUS = "unexpected_status"
    TOO_LARGE = "too_large"
    BAD_ENCODING = "bad_encoding"
    # what was in it
    NOT_A_FEED = "not_a_feed"
    EMPTY = "empty"
    MALFORMED_ENTRY = "malformed_entry"
    TOO_MANY_ITEMS = "too_many_items"
    PARSER_ERROR = "parser_error"
    NOT_HTML = "not_html"
    NO_TEXT = "no_text"
    TIME_LIMIT = "time_limit"
    MEMORY_LIMIT = "memory_limit"
    WORKER_DIED = "worker_died"
    EXTRACTOR_ERROR = "extractor_error"
    # a mistake of this program over one item; it costs that item only
    INTERNAL_ERROR = "internal_error"
    # an entry that holds nothing to fetch or to read
    NO_LINK_NO_TEXT = "no_link_no_text"
    # an entry that the same document lists more than once
    DUPLICATE_ENTRY = "duplicate_entry"
    # the filters and the command line
    BAD_LINE = "bad_line"
    MISSING_FILE = "missing_file"


class Disposition(StrEnum):
    """How an entry ended in a run. Each entry that a run sees ends in exactly one of these."""

    STORED = "stored"
    UNCHANGED = "unchanged"
    LINKED = "linked"
    FAILED = "failed"
    DROPPED = "dropped"


class DateSource(StrEnum):
    """Where a publication date was read; `NONE` means that no believable date was found."""

    FEED_PUBLISHED = "feed_published"
    FEED_UPDATED = "feed_updated"
    JSON_LD = "json_ld"
    META = "meta"
    TIME_ELEMENT = "time_element"
    POST_LINE = "post_line"
    PAGE = "page"
    NONE = "none"


class DateFault(StrEnum):
    """Why a date text was not believed."""

    UNREADABLE = "unreadable"
    TOO_EARLY = "too_early"
    FUTURE = "future"


class Access(StrEnum):
    """How much of the article the page showed, and what stood there instead."""

    FULL = "full"
    TEASER = "teaser"
    CHALLENGE = "challenge"
    CONSENT = "consent"
    LOGIN = "login"
    BLOCKED = "blocked"
    ROBOTS = "robots"
    EMPTY = "empty"


class TextSource(StrEnum):
    """Where the article's text came from."""

    PAGE = "page"
    FEED_FULL = "feed_full"
    FEED_SUMMARY = "feed_summary"
    TITLE = "title"


class Decision(StrEnum):
    """What a tag asks of the reader: tell it, or look at it."""

    ALERT = "alert"
    REVIEW = "review"


class FeedHabit(StrEnum):
    """A way in which a feed's server misleads; each is worked around."""

    FALSE_NOT_MODIFIED = "false_not_modified"
    CHANGING_GUIDS = "changing_guids"
    REWRITTEN_TITLES = "rewritten_titles"
    DRIFTING_DATES = "drifting_dates"


class NoticeKind(StrEnum):
    """What an operator should know of a source. Notices are the source's history."""

    FAILING = "failing"
    RETIRED = "retired"
    RECOVERED = "recovered"
    MOVED = "moved"
    MOVE_REFUSED = "move_refused"
    MOVE_REVERTED = "move_reverted"
    HABIT_FOUND = "habit_found"
    HABIT_GONE = "habit_gone"
    SILENT = "silent"
    HEARD_AGAIN = "heard_again"
    DRIFT = "drift"
    DRIFT_OVER = "drift_over"


class RobotsState(StrEnum):
    """What came of asking a host for its robots.txt (RFC 9309, section 2.3.1)."""

    FOUND = "found"
    ABSENT = "absent"
    UNREACHABLE = "unreachable"


class FeedKind(StrEnum):
    """What kind of publisher stands behind a feed."""

    AGENCY = "agency"
    NEWSPAPER = "newspaper"
    BROADCASTER = "broadcaster"
    MAGAZINE = "magazine"
    BLOG = "blog"
    GOVERNMENT = "government"
    THINK_TANK = "think_tank"
    AGGREGATOR = "aggregator"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Something that did not work, as data.

    Attributes:
        stage: where it happened.
        subject: the address, file or id that it happened to (secrets already redacted).
        reason: from the closed vocabulary.
        detail: one sentence for a person.
        retryable: whether a later run may succeed.
        retry_after: how long the server asked us to wait, if it did.
        at: when it happened (UTC); None in filters, which know no clock.
    """

    stage: Stage
    subject: str
    reason: Reason
    detail: str = ""
    retryable: bool = False
    retry_after: timedelta | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """One line of the feed register. Only `url` is required."""

    url: str
    name: str = ""
    language: str = ""
    country: str = ""
    kind: FeedKind = FeedKind.OTHER
    verified: bool = False

    @property
    def outlet(self) -> str:
        """The name to show: the register's, else the host."""
        return self.name or self.url.split("//", 1)[-1].split("/", 1)[0].rsplit("@", 1)[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """What is remembered of a feed between runs.

    Attributes:
        etag, last_modified: the server's validators, opaque, sent back as they came.
        consecutive_failures: failed polls since the last success.
        failure_points: the same, weighed by how grave each failure was (`feeds.schedule`).
        last_polled_at, last_success_at: UTC.
        next_attempt_at: not to be polled before this time (UTC), None when free.
        fresh_until: what was read last is good until then by the server's own word (Cache-Control, Expires), UTC.
        retired: the server said 410; polled no more until the operator says so.
        permanent_url: where the last permanent redirect pointed, if any.
        permanent_days: on how many days in a row of polls the redirect pointed there.
        permanent_on: the last of these days (UTC).
        adopted_url: asked in place of `url`, after permanent redirects had led there often enough.
        listing: a hash of the ids of the entries that the last full answer held, None if unknown.
        checked_at: when a "not modified" was last compared with a full answer, or would have been (UTC).
        validators_lie: a "not modified" was found false; asked without validators until it has earned trust again.
        clean_checks: comparisons in a row in which it was true, while `validators_lie`.
    """

    url: str
    etag: str | None = None
    last_modified: str | None = None
    consecutive_failures: int = 0
    last_polled_at: datetime | None = None
    last_success_at: datetime | None = None
    next_attempt_at: datetime | None = None
    retired: bool = False
    permanent_url: str | None = None
    failure_points: float = 0.0
    fresh_until: datetime | None = None
    permanent_days: int = 0
    permanent_on: date | None = None
    adopted_url: str | None = None
    listing: str | None = None
    checked_at: datetime | None = None
    validators_lie: bool = False
    clean_checks: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something that an operator should know of a source: a line of its history.

    Attributes:
        feed_url: the register's address.
        detail: one sentence, secrets redacted.
        at: UTC.
        outlet: the source's name to show; "" until the store fills it in.
    """

    kind: NoticeKind
    feed_url: str
    detail: str
    at: datetime
    outlet: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DateCandidate:
    """A date text that was found, and what it came to.

    Attributes:
        source: where it stood.
        text: as it stood, cut at 100 characters.
        at: what it was read as (UTC), also where that is not believed; None if it has no single meaning.
        fault: why it was not believed, None if it was.
    """

    source: DateSource
    text: str
    at: datetime | None = None
    fault: DateFault | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One item of a feed.

    Attributes:
        id: derived from content, the same in every run and in every feed that links the same page.
        feed_url: the register's address of the feed ("" in filters).
        url: the item's link as it is fetched (absolute), "" if it has none.
        link_shared: other entries of the same document have the same link, so that the page is no one entry's own.
        summary_html, content_html: as the feed had them.
        dates: every date text of the item, best first; `published_at` was chosen among them.
    """

    id: str
    feed_url: str
    url: str
    title: str
    guid: str = ""
    summary_html: str = ""
    content_html: str = ""
    authors: tuple[str, ...] = ()
    published_at: datetime | None = None
    date_source: DateSource = DateSource.NONE
    language: str = ""
    link_shared: bool = False
    dates: tuple[DateCandidate, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFeed:
    """A feed document that was understood.

    Attributes:
        skipped: entries that could not be used, each with its reason.
        complete: False where the document was cut off, or is so ill-formed that entries may be missing from it; the
            next poll then asks for it unconditionally.
    """

    title: str
    link: str
    language: str = ""
    entries: tuple[Entry, ...] = ()
    skipped: tuple[Failure, ...] = ()
    complete: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class NotModified:
    """The server said 304: nothing new."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """One attempt at one feed, and the state to remember after it.

    Attributes:
        notices: what changed with it that an operator should know.
    """

    feed: Feed
    polled_at: datetime
    result: ParsedFeed | NotModified | Failure
    state: FeedState
    http_status: int | None = None
    bytes_read: int = 0
    seconds: float = 0.0
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page as the server sent it.

    Attributes:
        url: the address after redirects.
        body: the decompressed bytes, undecoded.
        content_type: the header, "" if none.
        headers: names in lower case.
    """

    url: str
    status: int
    body: bytes
    content_type: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotsFile:
    """A robots.txt as it was found, or that there was none.

    Attributes:
        origin: scheme, host and port, e.g. "https://example.org".
        fetched_at: UTC.
        body: its text, "" unless found.
        detail: why it was unreachable, or the status that stands for "absent".
    """

    origin: str
    state: RobotsState
    fetched_at: datetime
    body: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """The text of a story as one outlet told it.

    Attributes:
        id: derived from the canonical address; for posts of one page from their permalink, else from the page and
            a hash of title and date.
        entry_id: the entry it came from.
        part: 1, 2, ... where one page held several posts, else None.
        published_at: UTC, None if no believable date was found.
        language: two-letter code, "" if unknown.
        feed_text: the feed's own text for this entry, as plain text, kept beside the page's.
        dates: every date that page and feed gave, best first; `published_at` was chosen among them.
    """

    id: str
    entry_id: str
    url: str
    title: str
    text: str
    part: int | None = None
    authors: tuple[str, ...] = ()
    published_at: datetime | None = None
    date_source: DateSource = DateSource.NONE
    language: str = ""
    access: Access = Access.FULL
    text_source: TextSource = TextSource.PAGE
    feed_text: str = ""
    dates: tuple[DateCandidate, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A sentence that carries a tag; `start` and `end` count code points in the article's `field`."""

    field: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A word or phrase that speaks for a tag; `weight` is how far the tag's log-odds fall without it."""

    text: str
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedMatch:
    """A labelled example of the corpus that an article resembles; `similarity` is a cosine, 0 to 1."""

    example_id: str
    title: str
    similarity: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """A category that an article belongs to, with a score in 0 to 1 and the reason.

    Attributes:
        evidence: the sentences that carry it, strongest first.
        terms: the words that speak for it, strongest first.
        nearest: the examples of this category that the article resembles most.
    """

    category: str
    score: float
    decision: Decision
    evidence: tuple[Evidence, ...] = ()
    terms: tuple[Term, ...] = ()
    nearest: tuple[SeedMatch, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Classification:
    """What the classifier says of one text.

    Attributes:
        tags: alert and review tags, best first; empty is the normal outcome.
        scores: every category's score in 0 to 1.
        model: version of everything that the model's numbers depend on, e.g. "linear-3f2a9c01".
        corpus: version of the examples it learned from, verdicts among them, e.g. "corpus-51d0ab37".
        language: two-letter code, "" if unknown.
        not_classified: why no score was given, None if scored.
    """

    tags: tuple[Tag, ...]
    scores: dict[str, float]
    model: str
    corpus: str = ""
    language: str = ""
    not_classified: str | None = None


class Opinion(StrEnum):
    """What an analyst says of a category: it applies, it does not, or the model is to decide again."""

    YES = "yes"
    NO = "no"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """An analyst's word on an article. Of several on one category the latest holds, and it wins over the model.

    Attributes:
        opinions: by category; categories not named are left as they are.
        author: who says so.
        at: when (UTC).
        note: why, for colleagues.
    """

    article_id: str
    opinions: dict[str, Opinion]
    author: str
    at: datetime
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedArticle:
    """An article with what analysts have said of it, as the model learns from it.

    Attributes:
        language: two-letter code, "" if unknown.
        yes, no: the categories that apply and that do not; nothing is known of the others.
    """

    article_id: str
    title: str
    text: str
    language: str
    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TaggedArticle:
    """An article with its classification, as it is stored."""

    article: Article
    classification: Classification


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryOutcome:
    """How one entry ended in this run, as it is stored.

    Attributes:
        articles: what is to be stored for it: one, or several for a page of posts. With a failure they are what the
            feed itself says, stored only if the failure is final.
        failure: why, where it failed or was dropped.
        linked_to: the article id that it is a copy of, where it was linked.
    """

    entry: Entry
    disposition: Disposition
    articles: tuple[TaggedArticle, ...] = ()
    failure: Failure | None = None
    linked_to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """What a run did. The unit of the balance is the entry; articles are counted apart.

    Attributes:
        run_id: unique.
        started_at, finished_at: UTC.
        not_classified: articles stored without a score; `not_covered` of them by language, where the corpus has no
            examples of it.
        failures: count by "stage/reason".
        tags: alert tags given in this run, by category.
        notices: what an operator should know of the sources: what changed in this run.
    """

    run_id: str
    started_at: datetime
    finished_at: datetime
    feeds: int = 0
    feeds_ok: int = 0
    feeds_not_modified: int = 0
    feeds_failed: int = 0
    feeds_skipped: int = 0
    seen: int = 0
    stored: int = 0
    unchanged: int = 0
    linked: int = 0
    failed: int = 0
    dropped: int = 0
    articles: int = 0
    not_classified: int = 0
    not_covered: dict[str, int] = field(default_factory=dict)
    failures: dict[str, int] = field(default_factory=dict)
    tags: dict[str, int] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()

    @property
    def balanced(self) -> bool:
        """Whether every entry seen ended in exactly one disposition."""
        return self.seen == self.stored + self.unchanged + self.linked + self.failed + self.dropped


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestItem:
    """One article in a digest, with the tags that brought it there.

    Attributes:
        tags: the model's, as analysts' verdicts leave them; `judged_by` names who gave the ones that are verdicts.
        judged_by: author by category.
        retroactive: found by tagging old articles again, after the run that stored it.
        access: how much of the article was there to be read.
    """

    article_id: str
    url: str
    title: str
    outlet: str
    published_at: datetime | None
    first_seen_at: datetime
    tags: tuple[Tag, ...]
    judged_by: dict[str, str] = field(default_factory=dict)
    retroactive: bool = False
    access: Access = Access.FULL


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What a digest rests on: the sources read since the last one.

    Attributes:
        failing, silent: outlets that could not be read, and outlets that have been quieter than they use to be.
        backlog: articles with an alert that are not told, because they were old when their feed was new.
    """

    sources: int = 0
    sources_read: int = 0
    articles_read: int = 0
    awaiting_review: int = 0
    failing: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    backlog: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """What is new since the last digest.

    Attributes:
        id: derived from the items, so that recording it twice is harmless.
        since: when the last digest was made, None for the first.
    """

    id: str
    made_at: datetime
    since: datetime | None
    items: tuple[DigestItem, ...]
    coverage: Coverage = Coverage()
