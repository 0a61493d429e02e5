-- What a run over the real web has to remember: moves, lies and habits of servers, robots.txt, dates with where they
-- stood, and which items were old when their feed was new. Columns come without NOT NULL: ALTER cannot add it.
--
-- DuckDB 1.5 writes a column that is added with a default by an UPDATE, and refuses to commit when a table that has
-- rows is altered after it was written to. So columns are added without, get their default next, and are filled last.

ALTER TABLE feeds ADD COLUMN failure_points DOUBLE;
ALTER TABLE feeds ADD COLUMN fresh_until TIMESTAMPTZ;
ALTER TABLE feeds ADD COLUMN permanent_days INTEGER;
ALTER TABLE feeds ADD COLUMN permanent_on DATE;
ALTER TABLE feeds ADD COLUMN adopted_url VARCHAR;
ALTER TABLE feeds ADD COLUMN listing VARCHAR;
ALTER TABLE feeds ADD COLUMN checked_at TIMESTAMPTZ;
ALTER TABLE feeds ADD COLUMN validators_lie BOOLEAN;
ALTER TABLE feeds ADD COLUMN clean_checks INTEGER;
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
COMMENT ON TABLE robots IS 'The robots.txt of each host that articles were fetched from: good for a day, kept for thirty in case that it cannot be had.';
COMMENT ON COLUMN robots.origin IS 'Scheme, host and port.';
COMMENT ON COLUMN robots.state IS 'found, absent or unreachable; see RobotsState.';
COMMENT ON COLUMN robots.fetched_at IS 'When it was asked for.';
COMMENT ON COLUMN robots.body IS 'Its text, empty unless it was found.';
COMMENT ON COLUMN robots.detail IS 'Why it could not be had, or the status that says that there is none.';

ALTER TABLE polls ADD COLUMN changed_guids INTEGER;
ALTER TABLE polls ADD COLUMN changed_titles INTEGER;
ALTER TABLE polls ADD COLUMN changed_dates INTEGER;
ALTER TABLE polls ADD COLUMN compared INTEGER;
COMMENT ON COLUMN polls.changed_guids IS 'Items known before whose id in the feed is another one now.';
COMMENT ON COLUMN polls.changed_titles IS 'Items known before whose title in the feed is another one now.';
COMMENT ON COLUMN polls.changed_dates IS 'Items known before whose date in the feed is another one now.';
COMMENT ON COLUMN polls.compared IS 'Items known before that were compared.';

ALTER TABLE entries ADD COLUMN backlog BOOLEAN;
ALTER TABLE entries ADD COLUMN replayed_at TIMESTAMPTZ;
ALTER TABLE entries ADD COLUMN dates STRUCT(source VARCHAR, "text" VARCHAR, read_as TIMESTAMPTZ, fault VARCHAR)[];
COMMENT ON COLUMN entries.backlog IS 'It stood in the first document that was ever read of its feed, and no feed known before listed it.';
COMMENT ON COLUMN entries.replayed_at IS 'When an operator last asked for another try of it, NULL if never.';
COMMENT ON COLUMN entries.dates IS 'Every date text of the item, best first, with what it was read as; see DateSource and DateFault.';

ALTER TABLE articles ADD COLUMN backlog BOOLEAN;
ALTER TABLE articles ADD COLUMN dates STRUCT(source VARCHAR, "text" VARCHAR, read_as TIMESTAMPTZ, fault VARCHAR)[];
COMMENT ON COLUMN articles.backlog IS 'It was old when its feed was new: stored and tagged, but no digest alerts on it unless an analyst says yes.';
COMMENT ON COLUMN articles.dates IS 'Every date that page and feed gave, best first, with what it was read as; see DateSource and DateFault.';

ALTER TABLE digests ADD COLUMN silent VARCHAR[];
ALTER TABLE digests ADD COLUMN backlog INTEGER;
COMMENT ON COLUMN digests.silent IS 'Sources that had been quieter than they use to be.';
COMMENT ON COLUMN digests.backlog IS 'Articles with an alert that were not told, because they were old when their feed was new.';

CREATE TABLE entry_aspects (
    entry_id VARCHAR NOT NULL,
    feed_id VARCHAR NOT NULL,
    page VARCHAR NOT NULL,
    guid VARCHAR NOT NULL,
    title VARCHAR NOT NULL,
    published_at TIMESTAMPTZ,
    text_key VARCHAR NOT NULL,
    seen_at TIMESTAMPTZ NOT NULL
);
COMMENT ON TABLE entry_aspects IS 'How a feed showed an item that has no page of its own when it was last seen, so that it is known again when it changes bit by bit.';
COMMENT ON COLUMN entry_aspects.entry_id IS 'The entry.';
COMMENT ON COLUMN entry_aspects.feed_id IS 'The feed.';
COMMENT ON COLUMN entry_aspects.page IS 'Canonical address that the item shares with others, empty if it has no link.';
COMMENT ON COLUMN entry_aspects.guid IS 'The id that the feed gave it last.';
COMMENT ON COLUMN entry_aspects.title IS 'Its title last.';
COMMENT ON COLUMN entry_aspects.published_at IS 'Its publication time last, NULL if none was believable.';
COMMENT ON COLUMN entry_aspects.text_key IS 'Hash of its plain text last, empty if it had none or it is not known.';
COMMENT ON COLUMN entry_aspects.seen_at IS 'When it was last seen to change.';
INSERT INTO entry_aspects
SELECT entry_id, feed_id, canonical_url, guid, title, published_at, '', first_seen_at
FROM entries
WHERE canonical_url = '' OR link_shared;

-- The defaults, and the rows that were there before.
ALTER TABLE feeds ALTER COLUMN failure_points SET DEFAULT 0;
ALTER TABLE feeds ALTER COLUMN permanent_days SET DEFAULT 0;
ALTER TABLE feeds ALTER COLUMN validators_lie SET DEFAULT false;
ALTER TABLE feeds ALTER COLUMN clean_checks SET DEFAULT 0;
ALTER TABLE polls ALTER COLUMN changed_guids SET DEFAULT 0;
ALTER TABLE polls ALTER COLUMN changed_titles SET DEFAULT 0;
ALTER TABLE polls ALTER COLUMN changed_dates SET DEFAULT 0;
ALTER TABLE polls ALTER COLUMN compared SET DEFAULT 0;
ALTER TABLE entries ALTER COLUMN backlog SET DEFAULT false;
ALTER TABLE articles ALTER COLUMN backlog SET DEFAULT false;
ALTER TABLE digests ALTER COLUMN backlog SET DEFAULT 0;
UPDATE feeds SET failure_points = 0, permanent_days = 0, validators_lie = false, clean_checks = 0;
UPDATE polls SET changed_guids = 0, changed_titles = 0, changed_dates = 0, compared = 0;
UPDATE entries SET backlog = false;
UPDATE articles SET backlog = false;
UPDATE digests SET backlog = 0;

-- The views as before, with what is new at their end.

CREATE OR REPLACE VIEW tagged_articles AS
SELECT
    a.article_id,
    a.url,
    a.title,
    a.text,
    f.outlet,
    a.language,
    a.published_at,
    a.first_seen_at,
    t.category,
    t.score,
    array_to_string(list_transform(t.evidence, lambda e: e.sentence), ' … ') AS evidence,
    t.decided_by,
    t.judged_by,
    t.note,
    t.retroactive,
    array_to_string(list_transform(t.terms, lambda w: w.term), ', ') AS terms,
    t.corpus,
    t.model,
    a.access,
    a.backlog
FROM effective_tags AS t
JOIN articles AS a USING (article_id)
LEFT JOIN feeds AS f USING (feed_id)
WHERE t.decision = 'alert';
COMMENT ON VIEW tagged_articles IS 'The matches: a row for each article and category with decision alert, as analysts'' verdicts leave them.';
COMMENT ON COLUMN tagged_articles.article_id IS 'The article.';
COMMENT ON COLUMN tagged_articles.url IS 'Address of the article.';
COMMENT ON COLUMN tagged_articles.title IS 'Title.';
COMMENT ON COLUMN tagged_articles.text IS 'Text of the article.';
COMMENT ON COLUMN tagged_articles.outlet IS 'Name of the source.';
COMMENT ON COLUMN tagged_articles.language IS 'Two-letter language code, NULL if unknown.';
COMMENT ON COLUMN tagged_articles.published_at IS 'Publication time, NULL if no believable date was found.';
COMMENT ON COLUMN tagged_articles.first_seen_at IS 'When a run first saw it.';
COMMENT ON COLUMN tagged_articles.category IS 'The category.';
COMMENT ON COLUMN tagged_articles.score IS 'How sure the model is, 0 to 1, also where an analyst decided; NULL if it never scored the category.';
COMMENT ON COLUMN tagged_articles.evidence IS 'The sentences that carry the tag, joined by " … "; empty if only an analyst gave it.';
COMMENT ON COLUMN tagged_articles.decided_by IS 'model or analyst.';
COMMENT ON COLUMN tagged_articles.judged_by IS 'The analyst, NULL where the model decided.';
COMMENT ON COLUMN tagged_articles.note IS 'What the analyst noted, NULL where the model decided.';
COMMENT ON COLUMN tagged_articles.retroactive IS 'The model found it when the stored article was tagged again.';
COMMENT ON COLUMN tagged_articles.terms IS 'The words that speak for the tag, strongest first, joined by commas.';
COMMENT ON COLUMN tagged_articles.corpus IS 'Version of the examples that the model learned from.';
COMMENT ON COLUMN tagged_articles.model IS 'Version of everything that the score depends on.';
COMMENT ON COLUMN tagged_articles.access IS 'How much the page showed; see Access.';
COMMENT ON COLUMN tagged_articles.backlog IS 'It was old when its feed was new; no digest alerts on it unless an analyst says yes.';

CREATE OR REPLACE VIEW article_list AS
WITH labels AS (
    SELECT
        article_id,
        list(category ORDER BY score DESC NULLS LAST, category) FILTER (decision = 'alert') AS alerts,
        list(category ORDER BY score DESC NULLS LAST, category) FILTER (decision = 'review') AS reviews
    FROM effective_tags
    GROUP BY article_id
)
SELECT
    a.article_id,
    a.url,
    a.title,
    f.outlet,
    f.country,
    a.language,
    a.published_at,
    a.date_source,
    a.first_seen_at,
    a.access,
    a.text_source,
    length(a.text) AS characters,
    coalesce(l.alerts, []) AS alerts,
    coalesce(l.reviews, []) AS reviews,
    a.not_classified,
    a.backlog
FROM articles AS a
LEFT JOIN feeds AS f USING (feed_id)
LEFT JOIN labels AS l USING (article_id);
COMMENT ON VIEW article_list IS 'Every article, tagged or not, without its text: a row for each article.';
COMMENT ON COLUMN article_list.article_id IS 'The article.';
COMMENT ON COLUMN article_list.url IS 'Address of the article.';
COMMENT ON COLUMN article_list.title IS 'Title.';
COMMENT ON COLUMN article_list.outlet IS 'Name of the source.';
COMMENT ON COLUMN article_list.country IS 'Country of the source in the register, empty if none.';
COMMENT ON COLUMN article_list.language IS 'Two-letter language code, NULL if unknown.';
COMMENT ON COLUMN article_list.published_at IS 'Publication time, NULL if no believable date was found.';
COMMENT ON COLUMN article_list.date_source IS 'Where that time was read; see DateSource.';
COMMENT ON COLUMN article_list.first_seen_at IS 'When a run first saw it.';
COMMENT ON COLUMN article_list.access IS 'How much the page showed; see Access.';
COMMENT ON COLUMN article_list.text_source IS 'Where the text came from; see TextSource.';
COMMENT ON COLUMN article_list.characters IS 'Length of the text.';
COMMENT ON COLUMN article_list.alerts IS 'Categories with decision alert, best first, as verdicts leave them.';
COMMENT ON COLUMN article_list.reviews IS 'Categories with decision review, best first, as verdicts leave them.';
COMMENT ON COLUMN article_list.not_classified IS 'Why no score was given, NULL if it was scored.';
COMMENT ON COLUMN article_list.backlog IS 'It was old when its feed was new; no digest alerts on it unless an analyst says yes.';

CREATE VIEW set_aside AS
WITH told AS (
    SELECT
        entry_id,
        arg_min(article_id, coalesce(part, 0)) AS article_id,
        arg_min(access, coalesce(part, 0)) AS access,
        bool_or(text_source = 'page') AS page_read
    FROM articles
    GROUP BY entry_id
),
failed AS (
    SELECT entry_id, arg_max(stage, happened_at) AS stage FROM failures WHERE entry_id IS NOT NULL GROUP BY entry_id
)
SELECT
    e.entry_id,
    e.url,
    e.title,
    coalesce(f.outlet, '') AS outlet,
    e.state,
    failed.stage,
    e.reason,
    e.detail,
    e.finished_at,
    told.access,
    told.article_id,
    e.canonical_url
FROM entries AS e
LEFT JOIN feeds AS f USING (feed_id)
LEFT JOIN told ON told.entry_id = e.entry_id
LEFT JOIN failed ON failed.entry_id = e.entry_id
WHERE e.state = 'failed'
    OR (
        e.state = 'stored'
        AND NOT told.page_read
        AND (e.reason IS NOT NULL OR told.access IN ('challenge', 'consent', 'login', 'blocked', 'robots'))
    );
COMMENT ON VIEW set_aside IS 'What the desk has given up on and `spywatch replay` can try again: entries that failed for good, or are stored with the feed''s own text because their page could not be read.';
COMMENT ON COLUMN set_aside.entry_id IS 'The entry.';
COMMENT ON COLUMN set_aside.url IS 'Link of the item, empty if it has none.';
COMMENT ON COLUMN set_aside.title IS 'Title in the feed.';
COMMENT ON COLUMN set_aside.outlet IS 'Name of the source.';
COMMENT ON COLUMN set_aside.state IS 'failed or stored; see EntryState.';
COMMENT ON COLUMN set_aside.stage IS 'Where it failed last; see Stage. NULL if a wall stood in place of the page and nothing failed.';
COMMENT ON COLUMN set_aside.reason IS 'Why; see Reason. NULL in the same case.';
COMMENT ON COLUMN set_aside.detail IS 'The same in a sentence.';
COMMENT ON COLUMN set_aside.finished_at IS 'When it was set aside.';
COMMENT ON COLUMN set_aside.access IS 'For a stored one, what stood in place of the page; see Access.';
COMMENT ON COLUMN set_aside.article_id IS 'For a stored one, its article.';
COMMENT ON COLUMN set_aside.canonical_url IS 'Form of the link under which the same page is known once.';
