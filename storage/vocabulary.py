"""What each word of the closed vocabularies means: the text behind the tables of `docs/schema.md`."""

from __future__ import annotations

from enum import StrEnum

from spywatch.records import (
    Access,
    DateFault,
    DateSource,
    Decision,
    Disposition,
    FeedHabit,
    FeedKind,
    NoticeKind,
    Opinion,
    Reason,
    RobotsState,
    Stage,
    TextSource,
)

from .ledger import EntryState, PollResult

MEANING: dict[type[StrEnum], tuple[str, dict[StrEnum, str]]] = {
    Disposition: (
        "How an entry ends in a run. seen is the sum of the five.",
        {
            Disposition.STORED: "At least one article was stored for it.",
            Disposition.UNCHANGED: "Known from this feed, with nothing to do: finished, or waiting after a failure.",
            Disposition.LINKED: "The same page is known from another feed or under another address.",
            Disposition.FAILED: "An attempt failed; it is due again later, or the failure is final.",
            Disposition.DROPPED: "It could not be used; the reason is in the failures.",
        },
    ),
    EntryState: (
        "Where an entry stands between runs (`entries.state`). All but due are final.",
        {
            EntryState.DUE: "To be attempted once `due_at` has come: new, failed and tried again, or replayed.",
            EntryState.STORED: "At least one article was stored for it.",
            EntryState.LINKED: "A copy of a page that another entry tells.",
            EntryState.FAILED: "Failed for good: not worth a retry, or tried too often.",
            EntryState.DROPPED: "Held nothing that could be used.",
        },
    ),
    PollResult: (
        "How an attempt to read a feed ended (`polls.outcome`).",
        {
            PollResult.READ: "A feed document came and was understood.",
            PollResult.NOT_MODIFIED: "The server said that nothing has changed.",
            PollResult.FAILED: "No feed could be read.",
        },
    ),
    Reason: (
        "Why something failed or was dropped.",
        {
            Reason.TIMEOUT: "No connection, or no data, within the time allowed.",
            Reason.DNS: "The host name has no address.",
            Reason.CONNECT: "No connection to the server could be made.",
            Reason.TLS: "The certificate or the encryption was not acceptable.",
            Reason.PROTOCOL: "The connection broke off, or what came is not proper HTTP.",
            Reason.PROXY: "The proxy refused or failed.",
            Reason.TOO_MANY_REDIRECTS: "The redirects did not come to an end.",
            Reason.BAD_URL: "The address is not one that can be fetched.",
            Reason.PRIVATE_ADDRESS: "The address lies in a private network that the settings do not allow.",
            Reason.HOST_RESTING: "Not asked: the host was dead, or asked for a pause, earlier in the same run.",
            Reason.ROBOTS_DISALLOWED: "The site's robots.txt asks programs not to read this page.",
            Reason.ROBOTS_UNREACHABLE: "The site's robots.txt could not be had, which counts as a no for now.",
            Reason.NOT_FOUND: "The server has no such page (404).",
            Reason.GONE: "The server says that the page is gone for good (410).",
            Reason.FORBIDDEN: "The server does not let us in (403, 451).",
            Reason.BOT_CHALLENGE: "A test for robots stood in place of the page.",
            Reason.LOGIN_REQUIRED: "The server asks for a login (401, 407).",
            Reason.PAYMENT_REQUIRED: "The server asks for money (402).",
            Reason.RATE_LIMITED: "The server asks us to come back later (429).",
            Reason.HTTP_CLIENT_ERROR: "Another answer from 400 to 499.",
            Reason.HTTP_SERVER_ERROR: "An answer from 500 to 599.",
            Reason.UNEXPECTED_STATUS: "An answer with a status that makes no sense here.",
            Reason.TOO_LARGE: "More bytes, or more markup, than the limit allows.",
            Reason.BAD_ENCODING: "The bytes cannot be decompressed or decoded.",
            Reason.NOT_A_FEED: "The document is no feed in any format that is known.",
            Reason.EMPTY: "The document has no content at all.",
            Reason.MALFORMED_ENTRY: "An item of a feed that cannot be understood; its neighbours can.",
            Reason.TOO_MANY_ITEMS: "More items than the limit; the detail says how many were not read.",
            Reason.PARSER_ERROR: "The parser stumbled over the document; the detail names the error.",
            Reason.NOT_HTML: "The page is of another kind: a PDF, an image, a film.",
            Reason.NO_TEXT: "No article text was found on the page, nor in the feed.",
            Reason.TIME_LIMIT: "The page or feed took longer to read than allowed and was set aside.",
            Reason.MEMORY_LIMIT: "The page or feed took more memory to read than allowed and was set aside.",
            Reason.WORKER_DIED: "The process that read the page or feed ended abruptly.",
            Reason.EXTRACTOR_ERROR: "The extraction stumbled over the page; the detail names the error.",
            Reason.INTERNAL_ERROR: "A mistake of spywatch over this item; the detail says where. Please report it.",
            Reason.NO_LINK_NO_TEXT: "An item of a feed without link and without text.",
            Reason.DUPLICATE_ENTRY: "An item that stands in its feed document twice; the other one was used.",
            Reason.BAD_LINE: "A line or a record that is not in the expected form.",
            Reason.MISSING_FILE: "A file that was named does not exist or cannot be read.",
        },
    ),
    Stage: (
        "Where in the pipeline something happened.",
        {
            Stage.POLL: "Asking a server for a feed.",
            Stage.PARSE: "Understanding a feed document.",
            Stage.DOWNLOAD: "Fetching a page.",
            Stage.EXTRACT: "Finding the article on a page.",
            Stage.CLASSIFY: "Giving tags to an article.",
            Stage.STORE: "Writing to the database.",
            Stage.DIGEST: "Making or recording a digest.",
        },
    ),
    DateSource: (
        "Where a publication time was read.",
        {
            DateSource.FEED_PUBLISHED: "The feed's date of publication.",
            DateSource.FEED_UPDATED: "The feed's date of the last change, where it gave no other.",
            DateSource.JSON_LD: "The structured data of the page (JSON-LD).",
            DateSource.META: "A meta element of the page.",
            DateSource.TIME_ELEMENT: "A time element of the page.",
            DateSource.POST_LINE: "The date line of a post on a page of several posts.",
            DateSource.PAGE: "The visible text of the page, or its address.",
            DateSource.NONE: "No believable date was found.",
        },
    ),
    DateFault: (
        "Why a date text was not believed (`articles.dates`).",
        {
            DateFault.UNREADABLE: "It has no single meaning.",
            DateFault.TOO_EARLY: "It lies before 1990.",
            DateFault.FUTURE: "It lies more than a day after the moment it was read.",
        },
    ),
    FeedHabit: (
        "How a feed's server misleads (`feed_habits.habit`).",
        {
            FeedHabit.FALSE_NOT_MODIFIED: "It says that nothing has changed when something has.",
            FeedHabit.CHANGING_GUIDS: "The ids of items change from poll to poll.",
            FeedHabit.REWRITTEN_TITLES: "Titles of items are rewritten; the first one stays.",
            FeedHabit.DRIFTING_DATES: "The dates of items move from poll to poll; the first one stays.",
        },
    ),
    NoticeKind: (
        "What an operator should know of a source (`notices.kind`).",
        {
            NoticeKind.FAILING: "It could not be read, after it could before.",
            NoticeKind.RETIRED: "The server says that it is gone for good (410); it is not asked any more.",
            NoticeKind.RECOVERED: "It can be read again.",
            NoticeKind.MOVED: "Permanent redirects led to another address on three days, which is asked now.",
            NoticeKind.MOVE_REFUSED: "The address it moved to may not be adopted; the detail says why.",
            NoticeKind.MOVE_REVERTED: "The adopted address does not answer; the one in the register is asked again.",
            NoticeKind.HABIT_FOUND: "Its server misleads in one of the ways of FeedHabit.",
            NoticeKind.HABIT_GONE: "It does so no more.",
            NoticeKind.SILENT: "It has brought nothing new for longer than it ever uses to.",
            NoticeKind.HEARD_AGAIN: "It brought something new after a silence.",
            NoticeKind.DRIFT: "Its articles are much shorter, longer or emptier than in its last 30 days.",
            NoticeKind.DRIFT_OVER: "They are as they were again.",
        },
    ),
    RobotsState: (
        "What came of asking a host for its robots.txt (`robots.state`).",
        {
            RobotsState.FOUND: "It was read and is obeyed.",
            RobotsState.ABSENT: "There is none (an answer from 400 to 499): everything may be read.",
            RobotsState.UNREACHABLE: "It could not be had: nothing is read there until it can.",
        },
    ),
    Access: (
        "How much of the article the page showed.",
        {
            Access.FULL: "All of it.",
            Access.TEASER: "The beginning, with the rest behind a payment or a login.",
            Access.CHALLENGE: "Nothing: a test for robots stood in its place.",
            Access.CONSENT: "Nothing: a consent page stood in its place.",
            Access.LOGIN: "Nothing: a login page stood in its place.",
            Access.BLOCKED: "Nothing: the server refused, or a wall of another kind stood in its place.",
            Access.ROBOTS: "Nothing: the site's robots.txt asks programs not to read it.",
            Access.EMPTY: "No text.",
        },
    ),
    TextSource: (
        "Where the article's text came from.",
        {
            TextSource.PAGE: "The page.",
            TextSource.FEED_FULL: "The full content in the feed.",
            TextSource.FEED_SUMMARY: "The summary in the feed.",
            TextSource.TITLE: "There was no text, only the title.",
        },
    ),
    Decision: (
        "What a tag asks of the reader.",
        {
            Decision.ALERT: "Sure enough to tell: it goes into digests and into `tagged_articles`.",
            Decision.REVIEW: "The grey zone: a person should look; it is in `review_queue`.",
        },
    ),
    Opinion: (
        "What an analyst says of a category (`verdicts.opinion`); it wins over the model.",
        {
            Opinion.YES: "It applies: an alert, whatever the model says.",
            Opinion.NO: "It does not apply: no tag, whatever the model says.",
            Opinion.WITHDRAWN: "Said before and taken back: the model decides again.",
        },
    ),
    FeedKind: (
        "What kind of publisher stands behind a feed.",
        {
            FeedKind.AGENCY: "News agency.",
            FeedKind.NEWSPAPER: "Newspaper.",
            FeedKind.BROADCASTER: "Radio or television.",
            FeedKind.MAGAZINE: "Magazine.",
            FeedKind.BLOG: "Blog or newsletter.",
            FeedKind.GOVERNMENT: "Ministry, court, police, service.",
            FeedKind.THINK_TANK: "Research institute.",
            FeedKind.AGGREGATOR: "Collects what others publish.",
            FeedKind.OTHER: "Anything else, or not known.",
        },
    ),
}
