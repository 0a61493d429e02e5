-- The tables. Ids are derived from content; new rows are chosen by anti-join, so the big tables need no unique index
-- (measured with a million rows: a primary key makes each publish a second slower and the file four times as large).
-- No foreign keys. Every time is TIMESTAMPTZ.

CREATE TABLE feeds (
    feed_id VARCHAR NOT NULL,
    url VARCHAR NOT NULL,
    outlet VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    language VARCHAR NOT NULL,
    country VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    verified BOOLEAN NOT NULL,
    registered BOOLEAN NOT NULL,
    added_at TIMESTAMPTZ NOT NULL,
    etag VARCHAR,
    last_modified VARCHAR,
    consecutive_failures INTEGER NOT NULL,
    last_polled_at TIMESTAMPTZ,
    last_success_at TIMESTAMPTZ,
    next_attempt_at TIMESTAMPTZ,
    retired BOOLEAN NOT NULL,
    permanent_url VARCHAR
);
COMMENT ON TABLE feeds IS 'The feeds of the register, with what is remembered of each between runs.';
COMMENT ON COLUMN feeds.feed_id IS 'Derived from the address as it stands in the register.';
COMMENT ON COLUMN feeds.url IS 'Address of the feed; anything in it that looks like a secret is blanked.';
COMMENT ON COLUMN feeds.outlet IS 'Name to show: the one in the register, else the host.';
COMMENT ON COLUMN feeds.name IS 'Name in the register, empty if none.';
COMMENT ON COLUMN feeds.language IS 'Language code in the register, empty if none.';
COMMENT ON COLUMN feeds.country IS 'Country code in the register, empty if none.';
COMMENT ON COLUMN feeds.kind IS 'Kind of publisher; see FeedKind.';
COMMENT ON COLUMN feeds.verified IS 'Whether the feed has been seen to answer.';
COMMENT ON COLUMN feeds.registered IS 'Whether the feed still stands in the register.';
COMMENT ON COLUMN feeds.added_at IS 'When the feed came into this database.';
COMMENT ON COLUMN feeds.etag IS 'ETag of the last full answer, as the server sent it.';
COMMENT ON COLUMN feeds.last_modified IS 'Last-Modified of the last full answer, as the server sent it.';
COMMENT ON COLUMN feeds.consecutive_failures IS 'Failed polls since the last success.';
COMMENT ON COLUMN feeds.last_polled_at IS 'Last attempt.';
COMMENT ON COLUMN feeds.last_success_at IS 'Last attempt that brought a feed or a "not modified".';
COMMENT ON COLUMN feeds.next_attempt_at IS 'Not polled before this time; NULL when free.';
COMMENT ON COLUMN feeds.retired IS 'The server said that the feed is gone for good (410).';
COMMENT ON COLUMN feeds.permanent_url IS 'Where the last permanent redirect pointed, secrets blanked.';

CREATE TABLE entries (
    entry_id VARCHAR NOT NULL,
    feed_id VARCHAR NOT NULL,
    url VARCHAR NOT NULL,
    canonical_url VARCHAR NOT NULL,
    title VARCHAR NOT NULL,
    guid VARCHAR NOT NULL,
    summary_html VARCHAR,
    content_html VARCHAR,
    authors VARCHAR[] NOT NULL,
    language VARCHAR NOT NULL,
    link_shared BOOLEAN NOT NULL,
    published_at TIMESTAMPTZ,
    date_source VARCHAR NOT NULL,
    first_seen_at TIMESTAMPTZ NOT NULL,
    first_run_id VARCHAR NOT NULL,
    claimed_run_id VARCHAR,
    state VARCHAR NOT NULL,
    reason VARCHAR,
    detail VARCHAR,
    attempts INTEGER NOT NULL,
    due_at TIMESTAMPTZ,
    last_attempt_at TIMESTAMPTZ,
    last_run_id VARCHAR,
    finished_at TIMESTAMPTZ,
    linked_to_entry_id VARCHAR,
    linked_to_article_id VARCHAR
);
COMMENT ON TABLE entries IS 'Every item that a feed has listed, once, with how it ended or when it is due.';
COMMENT ON COLUMN entries.entry_id IS 'Derived from content: the same in every run and in every feed that lists the same page.';
COMMENT ON COLUMN entries.feed_id IS 'The feed that showed it first.';
COMMENT ON COLUMN entries.url IS 'Link of the item, empty if it has none.';
COMMENT ON COLUMN entries.canonical_url IS 'Form of the link under which the same page is known once, empty if there is no link.';
COMMENT ON COLUMN entries.title IS 'Title in the feed.';
COMMENT ON COLUMN entries.guid IS 'The id that the feed gave, as it came.';
COMMENT ON COLUMN entries.summary_html IS 'Summary as the feed had it; kept until the entry is stored, linked or dropped.';
COMMENT ON COLUMN entries.content_html IS 'Content as the feed had it; kept until the entry is stored, linked or dropped.';
COMMENT ON COLUMN entries.authors IS 'Authors in the feed.';
COMMENT ON COLUMN entries.language IS 'Language code in the feed, empty if none.';
COMMENT ON COLUMN entries.link_shared IS 'Other items of the same document have the same link, so that the page belongs to none of them.';
COMMENT ON COLUMN entries.published_at IS 'Publication time in the feed, NULL if none was believable.';
COMMENT ON COLUMN entries.date_source IS 'Where that time was read; see DateSource.';
COMMENT ON COLUMN entries.first_seen_at IS 'When a run first saw the item.';
COMMENT ON COLUMN entries.first_run_id IS 'The run that first saw it.';
COMMENT ON COLUMN entries.claimed_run_id IS 'The last run in which the item was seen while it was due.';
COMMENT ON COLUMN entries.state IS 'due, stored, linked, failed or dropped; see EntryState.';
COMMENT ON COLUMN entries.reason IS 'Why the last attempt failed or the item was dropped; for a stored one, why its page could not be had, so that the text is the feed''s. See Reason.';
COMMENT ON COLUMN entries.detail IS 'The same in a sentence.';
COMMENT ON COLUMN entries.attempts IS 'Attempts so far.';
COMMENT ON COLUMN entries.due_at IS 'When it may be tried (again); NULL once it is finished.';
COMMENT ON COLUMN entries.last_attempt_at IS 'When it was last tried.';
COMMENT ON COLUMN entries.last_run_id IS 'The run that tried it last.';
COMMENT ON COLUMN entries.finished_at IS 'When it reached its final state.';
COMMENT ON COLUMN entries.linked_to_entry_id IS 'For a copy: the entry of the same page that was known before.';
COMMENT ON COLUMN entries.linked_to_article_id IS 'For a copy: the article of the same page, where it was known at that moment.';

CREATE TABLE sightings (
    entry_id VARCHAR NOT NULL,
    feed_id VARCHAR NOT NULL,
    seen_at TIMESTAMPTZ NOT NULL,
    run_id VARCHAR NOT NULL
);
COMMENT ON TABLE sightings IS 'Which feeds showed an entry: one row for the first time in each feed.';
COMMENT ON COLUMN sightings.entry_id IS 'The entry.';
COMMENT ON COLUMN sightings.feed_id IS 'The feed.';
COMMENT ON COLUMN sightings.seen_at IS 'First time that the feed was seen to list it.';
COMMENT ON COLUMN sightings.run_id IS 'The run that saw it.';

CREATE TABLE articles (
    article_id VARCHAR NOT NULL,
    entry_id VARCHAR NOT NULL,
    feed_id VARCHAR NOT NULL,
    part INTEGER,
    url VARCHAR NOT NULL,
    canonical_url VARCHAR NOT NULL,
    title VARCHAR NOT NULL,
    text VARCHAR NOT NULL,
    authors VARCHAR[] NOT NULL,
    language VARCHAR,
    published_at TIMESTAMPTZ,
    date_source VARCHAR NOT NULL,
    access VARCHAR NOT NULL,
    text_source VARCHAR NOT NULL,
    feed_text VARCHAR NOT NULL,
    first_seen_at TIMESTAMPTZ NOT NULL,
    fetched_at TIMESTAMPTZ NOT NULL,
    classified_at TIMESTAMPTZ,
    not_classified VARCHAR,
    model VARCHAR NOT NULL,
    run_id VARCHAR NOT NULL
);
COMMENT ON TABLE articles IS 'The text of each story as one outlet told it; an entry has one, a page of posts has several.';
COMMENT ON COLUMN articles.article_id IS 'Derived from the canonical address, or from the permalink or title and date of a post.';
COMMENT ON COLUMN articles.entry_id IS 'The entry that it came from.';
COMMENT ON COLUMN articles.feed_id IS 'The feed that showed that entry first.';
COMMENT ON COLUMN articles.part IS '1, 2, ... where one page held several posts, else NULL.';
COMMENT ON COLUMN articles.url IS 'Address of the article.';
COMMENT ON COLUMN articles.canonical_url IS 'Form of the address under which the same page is known once.';
COMMENT ON COLUMN articles.title IS 'Title, from the page where it had one.';
COMMENT ON COLUMN articles.text IS 'Text of the article without the page around it.';
COMMENT ON COLUMN articles.authors IS 'Authors, empty list if none were named.';
COMMENT ON COLUMN articles.language IS 'Two-letter language code, NULL if unknown.';
COMMENT ON COLUMN articles.published_at IS 'Publication time, NULL if no believable date was found.';
COMMENT ON COLUMN articles.date_source IS 'Where that time was read; see DateSource.';
COMMENT ON COLUMN articles.access IS 'How much the page showed; see Access.';
COMMENT ON COLUMN articles.text_source IS 'Where the text came from; see TextSource.';
COMMENT ON COLUMN articles.feed_text IS 'The text that the feed itself carried, without markup.';
COMMENT ON COLUMN articles.first_seen_at IS 'When a run first saw the entry in a feed.';
COMMENT ON COLUMN articles.fetched_at IS 'When the article was fetched and stored.';
COMMENT ON COLUMN articles.classified_at IS 'When its tags were given, NULL if it was not classified.';
COMMENT ON COLUMN articles.not_classified IS 'Why no score was given, NULL if it was scored.';
COMMENT ON COLUMN articles.model IS 'Version of corpus and model that looked at it.';
COMMENT ON COLUMN articles.run_id IS 'The run that stored it.';

CREATE TABLE tags (
    article_id VARCHAR NOT NULL,
    category VARCHAR NOT NULL,
    score DOUBLE NOT NULL,
    decision VARCHAR NOT NULL,
    model VARCHAR NOT NULL,
    classified_at TIMESTAMPTZ NOT NULL,
    evidence STRUCT(field VARCHAR, char_start INTEGER, char_end INTEGER, sentence VARCHAR)[] NOT NULL
);
COMMENT ON TABLE tags IS 'The categories that an article was given; no row is the normal outcome.';
COMMENT ON COLUMN tags.article_id IS 'The article.';
COMMENT ON COLUMN tags.category IS 'Folder name of the category in the seed corpus.';
COMMENT ON COLUMN tags.score IS 'How sure the model is, 0 to 1.';
COMMENT ON COLUMN tags.decision IS 'alert or review; see Decision.';
COMMENT ON COLUMN tags.model IS 'Version of corpus and model that gave the tag.';
COMMENT ON COLUMN tags.classified_at IS 'When the tag was given.';
COMMENT ON COLUMN tags.evidence IS 'Sentences that carry the tag, with their place in the title or text; view evidence has them as rows.';

CREATE TABLE scores (
    article_id VARCHAR NOT NULL,
    category VARCHAR NOT NULL,
    score DOUBLE NOT NULL,
    model VARCHAR NOT NULL
);
COMMENT ON TABLE scores IS 'The score of every category for each article that was scored, tagged or not.';
COMMENT ON COLUMN scores.article_id IS 'The article.';
COMMENT ON COLUMN scores.category IS 'The category.';
COMMENT ON COLUMN scores.score IS 'How sure the model is, 0 to 1.';
COMMENT ON COLUMN scores.model IS 'Version of corpus and model.';

CREATE TABLE polls (
    poll_id VARCHAR NOT NULL,
    run_id VARCHAR NOT NULL,
    feed_id VARCHAR NOT NULL,
    polled_at TIMESTAMPTZ NOT NULL,
    outcome VARCHAR NOT NULL,
    http_status INTEGER,
    bytes_read BIGINT NOT NULL,
    seconds DOUBLE NOT NULL,
    reason VARCHAR,
    detail VARCHAR,
    entries INTEGER NOT NULL,
    new_entries INTEGER NOT NULL,
    due_again INTEGER NOT NULL,
    unchanged INTEGER NOT NULL,
    linked INTEGER NOT NULL,
    dropped INTEGER NOT NULL
);
COMMENT ON TABLE polls IS 'Every attempt to read a feed.';
COMMENT ON COLUMN polls.poll_id IS 'Derived from run, feed and time.';
COMMENT ON COLUMN polls.run_id IS 'The run.';
COMMENT ON COLUMN polls.feed_id IS 'The feed.';
COMMENT ON COLUMN polls.polled_at IS 'When it was asked.';
COMMENT ON COLUMN polls.outcome IS 'read, not_modified or failed; see PollResult.';
COMMENT ON COLUMN polls.http_status IS 'Status of the answer, NULL if there was none.';
COMMENT ON COLUMN polls.bytes_read IS 'Bytes of the answer after decompression.';
COMMENT ON COLUMN polls.seconds IS 'How long it took.';
COMMENT ON COLUMN polls.reason IS 'Why it failed; see Reason.';
COMMENT ON COLUMN polls.detail IS 'The same in a sentence.';
COMMENT ON COLUMN polls.entries IS 'Items in the document, usable or not.';
COMMENT ON COLUMN polls.new_entries IS 'Items never seen before.';
COMMENT ON COLUMN polls.due_again IS 'Items known before and due in this run.';
COMMENT ON COLUMN polls.unchanged IS 'Items known from this feed with nothing to do in this run.';
COMMENT ON COLUMN polls.linked IS 'Items known through another feed, or listed twice.';
COMMENT ON COLUMN polls.dropped IS 'Items that could not be used; the reasons are in failures.';

CREATE TABLE failures (
    failure_id VARCHAR NOT NULL,
    run_id VARCHAR NOT NULL,
    happened_at TIMESTAMPTZ NOT NULL,
    stage VARCHAR NOT NULL,
    subject VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    detail VARCHAR NOT NULL,
    retryable BOOLEAN NOT NULL,
    retry_after_seconds DOUBLE,
    feed_id VARCHAR,
    entry_id VARCHAR
);
COMMENT ON TABLE failures IS 'Everything that did not work: feeds, items, pages.';
COMMENT ON COLUMN failures.failure_id IS 'Derived from run and contents.';
COMMENT ON COLUMN failures.run_id IS 'The run; empty for what was found wrong outside a run.';
COMMENT ON COLUMN failures.happened_at IS 'When.';
COMMENT ON COLUMN failures.stage IS 'Where in the pipeline; see Stage.';
COMMENT ON COLUMN failures.subject IS 'The address, file or id that it happened to, secrets blanked.';
COMMENT ON COLUMN failures.reason IS 'Why; see Reason.';
COMMENT ON COLUMN failures.detail IS 'One sentence.';
COMMENT ON COLUMN failures.retryable IS 'Whether a later run may succeed.';
COMMENT ON COLUMN failures.retry_after_seconds IS 'How long the server asked to wait, if it did.';
COMMENT ON COLUMN failures.feed_id IS 'The feed concerned, if any.';
COMMENT ON COLUMN failures.entry_id IS 'The entry concerned, if any.';

CREATE TABLE runs (
    run_id VARCHAR NOT NULL,
    started_at TIMESTAMPTZ NOT NULL,
    finished_at TIMESTAMPTZ NOT NULL,
    feeds INTEGER NOT NULL,
    feeds_ok INTEGER NOT NULL,
    feeds_not_modified INTEGER NOT NULL,
    feeds_failed INTEGER NOT NULL,
    feeds_skipped INTEGER NOT NULL,
    seen INTEGER NOT NULL,
    stored INTEGER NOT NULL,
    unchanged INTEGER NOT NULL,
    linked INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    dropped INTEGER NOT NULL,
    articles INTEGER NOT NULL,
    not_classified INTEGER NOT NULL,
    failures MAP(VARCHAR, INTEGER) NOT NULL,
    tags MAP(VARCHAR, INTEGER) NOT NULL
);
COMMENT ON TABLE runs IS 'The reports of finished runs. seen = stored + unchanged + linked + failed + dropped.';
COMMENT ON COLUMN runs.run_id IS 'The run.';
COMMENT ON COLUMN runs.started_at IS 'When it began.';
COMMENT ON COLUMN runs.finished_at IS 'When it ended.';
COMMENT ON COLUMN runs.feeds IS 'Feeds in the register.';
COMMENT ON COLUMN runs.feeds_ok IS 'Feeds read.';
COMMENT ON COLUMN runs.feeds_not_modified IS 'Feeds that had nothing new.';
COMMENT ON COLUMN runs.feeds_failed IS 'Feeds that could not be read.';
COMMENT ON COLUMN runs.feeds_skipped IS 'Feeds not asked: waiting after failures, not due or retired.';
COMMENT ON COLUMN runs.seen IS 'Entries that the run saw.';
COMMENT ON COLUMN runs.stored IS 'Entries of which at least one article was stored.';
COMMENT ON COLUMN runs.unchanged IS 'Entries known before with nothing to do.';
COMMENT ON COLUMN runs.linked IS 'Entries linked to the same page from another feed or address.';
COMMENT ON COLUMN runs.failed IS 'Entries that failed, for now or for good.';
COMMENT ON COLUMN runs.dropped IS 'Entries that could not be used.';
COMMENT ON COLUMN runs.articles IS 'Articles stored; a page of posts gives several.';
COMMENT ON COLUMN runs.not_classified IS 'Articles stored without a score.';
COMMENT ON COLUMN runs.failures IS 'Failures by stage/reason.';
COMMENT ON COLUMN runs.tags IS 'Alert tags given, by category.';

CREATE TABLE digests (
    digest_id VARCHAR NOT NULL,
    made_at TIMESTAMPTZ NOT NULL,
    since TIMESTAMPTZ,
    items INTEGER NOT NULL,
    sources INTEGER NOT NULL,
    sources_read INTEGER NOT NULL,
    articles_read INTEGER NOT NULL,
    awaiting_review INTEGER NOT NULL,
    failing VARCHAR[] NOT NULL
);
COMMENT ON TABLE digests IS 'The digests that were made, with the coverage that each stated.';
COMMENT ON COLUMN digests.digest_id IS 'Derived from its items.';
COMMENT ON COLUMN digests.made_at IS 'When it was made.';
COMMENT ON COLUMN digests.since IS 'When the one before was made, NULL for the first.';
COMMENT ON COLUMN digests.items IS 'Articles told.';
COMMENT ON COLUMN digests.sources IS 'Feeds in the register.';
COMMENT ON COLUMN digests.sources_read IS 'Feeds read since the one before.';
COMMENT ON COLUMN digests.articles_read IS 'Articles stored since the one before.';
COMMENT ON COLUMN digests.awaiting_review IS 'Articles in the grey zone.';
COMMENT ON COLUMN digests.failing IS 'Outlets whose feed failed at the last attempt.';

CREATE TABLE digest_items (
    digest_id VARCHAR NOT NULL,
    position INTEGER NOT NULL,
    article_id VARCHAR NOT NULL,
    category VARCHAR NOT NULL,
    score DOUBLE NOT NULL
);
COMMENT ON TABLE digest_items IS 'What each digest told: a row for each article and category.';
COMMENT ON COLUMN digest_items.digest_id IS 'The digest.';
COMMENT ON COLUMN digest_items.position IS 'Place of the article in the digest, from 1.';
COMMENT ON COLUMN digest_items.article_id IS 'The article.';
COMMENT ON COLUMN digest_items.category IS 'A category that brought it there.';
COMMENT ON COLUMN digest_items.score IS 'Its score at that time.';

CREATE TABLE journal_applied (
    journal_id VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    written_at TIMESTAMPTZ NOT NULL,
    applied_at TIMESTAMPTZ NOT NULL
);
COMMENT ON TABLE journal_applied IS 'Journal records taken into this database, so that none is taken in twice.';
COMMENT ON COLUMN journal_applied.journal_id IS 'The record.';
COMMENT ON COLUMN journal_applied.kind IS 'What it held.';
COMMENT ON COLUMN journal_applied.written_at IS 'When a command wrote it.';
COMMENT ON COLUMN journal_applied.applied_at IS 'When it was taken in.';
