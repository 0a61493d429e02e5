-- What a run over the real web has to remember: moves, lies and habits of servers, robots.txt, dates with where they
-- stood, and which items were old when their feed was new. Columns come without NOT NULL: ALTER cannot add it.

ALTER TABLE feeds ADD COLUMN failure_points DOUBLE DEFAULT 0;
ALTER TABLE feeds ADD COLUMN fresh_until TIMESTAMPTZ;
ALTER TABLE feeds ADD COLUMN permanent_days INTEGER DEFAULT 0;
ALTER TABLE feeds ADD COLUMN permanent_on DATE;
ALTER TABLE feeds ADD COLUMN adopted_url VARCHAR;
ALTER TABLE feeds ADD COLUMN listing VARCHAR;
ALTER TABLE feeds ADD COLUMN checked_at TIMESTAMPTZ;
ALTER TABLE feeds ADD COLUMN validators_lie BOOLEAN DEFAULT false;
ALTER TABLE feeds ADD COLUMN clean_checks INTEGER DEFAULT 0;
COMMENT ON COLUMN feeds.failure_points IS 'Failures since the last success, weighed: hard ones count 1, soft ones one half, temporary ones one quarter.';
COMMENT ON COLUMN feeds.fresh_until IS 'Until then the server itself calls its last answer good (Cache-Control, Expires); run --due waits for it.';
COMMENT ON COLUMN feeds.permanent_days IS 'On how many days a permanent redirect has led to permanent_url, without any other answer between.';
COMMENT ON COLUMN feeds.permanent_on IS 'The last of these days.';
COMMENT ON COLUMN feeds.adopted_url IS 'Asked in place of url since permanent redirects had led there on three days; NULL if none.';
COMMENT ON COLUMN feeds.listing IS 'Hash of the ids of the items in the last full answer.';
COMMENT ON COLUMN feeds.checked_at IS 'When a "not modified" was last compared with a full answer.';
COMMENT ON COLUMN feeds.validators_lie IS 'A "not modified" was found false: the feed is asked without validators.';
COMMENT ON COLUMN feeds.clean_checks IS 'Comparisons in a row without a lie since then.';

CREATE TABLE notices (
    notice_id VARCHAR NOT NULL,
    run_id VARCHAR NOT NULL,
    feed_id VARCHAR NOT NULL,
    noticed_at TIMESTAMPTZ NOT NULL,
    kind VARCHAR NOT NULL,
    detail VARCHAR NOT NULL
);
COMMENT ON TABLE notices IS 'The history of the sources: each change that an operator should know of.';
COMMENT ON COLUMN notices.notice_id IS 'Derived from run, feed, kind and detail.';
COMMENT ON COLUMN notices.run_id IS 'The run that noticed it.';
COMMENT ON COLUMN notices.feed_id IS 'The feed.';
COMMENT ON COLUMN notices.noticed_at IS 'When.';
COMMENT ON COLUMN notices.kind IS 'What changed; see NoticeKind.';
COMMENT ON COLUMN notices.detail IS 'The same in a sentence.';

CREATE TABLE feed_habits (
    feed_id VARCHAR NOT NULL,
    habit VARCHAR NOT NULL,
    found_at TIMESTAMPTZ NOT NULL,
    last_seen_at TIMESTAMPTZ NOT NULL,
    detail VARCHAR NOT NULL
);
COMMENT ON TABLE feed_habits IS 'In which ways the servers of feeds mislead at present: a row for each feed and habit.';
COMMENT ON COLUMN feed_habits.feed_id IS 'The feed.';
COMMENT ON COLUMN feed_habits.habit IS 'Which way; see FeedHabit.';
COMMENT ON COLUMN feed_habits.found_at IS 'When it was found.';
COMMENT ON COLUMN feed_habits.last_seen_at IS 'When it was last seen.';
COMMENT ON COLUMN feed_habits.detail IS 'What was seen last, in a sentence.';

CREATE TABLE robots (
    origin VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    fetched_at TIMESTAMPTZ NOT NULL,
    body VARCHAR NOT NULL,
    detail VARCHAR NOT NULL
);
COMMENT ON TABLE robots IS 'The robots.txt of each host that articles were fetched from, kept for a day.';
COMMENT ON COLUMN robots.origin IS 'Scheme, host and port.';
COMMENT ON COLUMN robots.state IS 'found, absent or unreachable; see RobotsState.';
COMMENT ON COLUMN robots.fetched_at IS 'When it was asked for.';
COMMENT ON COLUMN robots.body IS 'Its text, empty unless it was found.';
COMMENT ON COLUMN robots.detail IS 'Why it could not be had, or the status that says that there is none.';

ALTER TABLE polls ADD COLUMN changed_guids INTEGER DEFAULT 0;
ALTER TABLE polls ADD COLUMN changed_titles INTEGER DEFAULT 0;
ALTER TABLE polls ADD COLUMN changed_dates INTEGER DEFAULT 0;
ALTER TABLE polls ADD COLUMN compared INTEGER DEFAULT 0;
COMMENT ON COLUMN polls.changed_guids IS 'Items known before whose id in the feed is another one now.';
COMMENT ON COLUMN polls.changed_titles IS 'Items known before whose title in the feed is another one now.';
COMMENT ON COLUMN polls.changed_dates IS 'Items known before whose date in the feed is another one now.';
COMMENT ON COLUMN polls.compared IS 'Items known before that were compared.';

ALTER TABLE entries ADD COLUMN backlog BOOLEAN DEFAULT false;
ALTER TABLE entries ADD COLUMN dates STRUCT(source VARCHAR, "text" VARCHAR, read_as TIMESTAMPTZ, fault VARCHAR)[];
COMMENT ON COLUMN entries.backlog IS 'It stood in the first document that was ever read of its feed.';
COMMENT ON COLUMN entries.dates IS 'Every date text of the item, best first, with what it was read as; see DateSource and DateFault.';

ALTER TABLE articles ADD COLUMN backlog BOOLEAN DEFAULT false;
ALTER TABLE articles ADD COLUMN dates STRUCT(source VARCHAR, "text" VARCHAR, read_as TIMESTAMPTZ, fault VARCHAR)[];
COMMENT ON COLUMN articles.backlog IS 'It was old when its feed was new: stored and tagged, but no digest alerts on it unless an analyst says yes.';
COMMENT ON COLUMN articles.dates IS 'Every date that page and feed gave, best first, with what it was read as; see DateSource and DateFault.';

ALTER TABLE digests ADD COLUMN silent VARCHAR[];
ALTER TABLE digests ADD COLUMN backlog INTEGER DEFAULT 0;
COMMENT ON COLUMN digests.silent IS 'Sources that had been quieter than they use to be.';
COMMENT ON COLUMN digests.backlog IS 'Articles with an alert that were not told, because they were old when their feed was new.';
