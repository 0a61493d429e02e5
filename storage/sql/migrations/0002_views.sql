-- The views made for analysts. What they promise (names, order and meaning of columns) is kept by later migrations.

CREATE VIEW tagged_articles AS
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
    array_to_string(list_transform(t.evidence, lambda e: e.sentence), ' … ') AS evidence
FROM tags AS t
JOIN articles AS a USING (article_id)
LEFT JOIN feeds AS f USING (feed_id)
WHERE t.decision = 'alert';
COMMENT ON VIEW tagged_articles IS 'The matches: a row for each article and category with decision alert.';
COMMENT ON COLUMN tagged_articles.article_id IS 'The article.';
COMMENT ON COLUMN tagged_articles.url IS 'Address of the article.';
COMMENT ON COLUMN tagged_articles.title IS 'Title.';
COMMENT ON COLUMN tagged_articles.text IS 'Text of the article.';
COMMENT ON COLUMN tagged_articles.outlet IS 'Name of the source.';
COMMENT ON COLUMN tagged_articles.language IS 'Two-letter language code, NULL if unknown.';
COMMENT ON COLUMN tagged_articles.published_at IS 'Publication time, NULL if no believable date was found.';
COMMENT ON COLUMN tagged_articles.first_seen_at IS 'When a run first saw it.';
COMMENT ON COLUMN tagged_articles.category IS 'The category.';
COMMENT ON COLUMN tagged_articles.score IS 'How sure the model is, 0 to 1.';
COMMENT ON COLUMN tagged_articles.evidence IS 'The sentences that carry the tag, joined by " … ".';

CREATE VIEW evidence AS
WITH numbered AS (
    SELECT article_id, category, decision, evidence, unnest(generate_series(1, len(evidence))) AS position
    FROM tags
)
SELECT
    article_id,
    category,
    decision,
    position::INTEGER AS position,
    evidence[position].field AS field,
    evidence[position].char_start AS char_start,
    evidence[position].char_end AS char_end,
    evidence[position].sentence AS sentence
FROM numbered;
COMMENT ON VIEW evidence IS 'The sentences behind each tag: a row for each sentence.';
COMMENT ON COLUMN evidence.article_id IS 'The article.';
COMMENT ON COLUMN evidence.category IS 'The category.';
COMMENT ON COLUMN evidence.decision IS 'alert or review; see Decision.';
COMMENT ON COLUMN evidence.position IS 'Rank of the sentence, from 1.';
COMMENT ON COLUMN evidence.field IS 'title or text.';
COMMENT ON COLUMN evidence.char_start IS 'First character of the sentence in that field, counted from 0 in code points.';
COMMENT ON COLUMN evidence.char_end IS 'One past its last character.';
COMMENT ON COLUMN evidence.sentence IS 'The sentence.';

CREATE VIEW article_list AS
WITH labels AS (
    SELECT
        article_id,
        list(category ORDER BY score DESC) FILTER (decision = 'alert') AS alerts,
        list(category ORDER BY score DESC) FILTER (decision = 'review') AS reviews
    FROM tags
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
    a.not_classified
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
COMMENT ON COLUMN article_list.alerts IS 'Categories with decision alert, best first.';
COMMENT ON COLUMN article_list.reviews IS 'Categories with decision review, best first.';
COMMENT ON COLUMN article_list.not_classified IS 'Why no score was given, NULL if it was scored.';

CREATE VIEW review_queue AS
SELECT
    a.article_id,
    a.url,
    a.title,
    f.outlet,
    a.language,
    a.published_at,
    a.first_seen_at,
    t.category,
    t.score,
    array_to_string(list_transform(t.evidence, lambda e: e.sentence), ' … ') AS evidence
FROM tags AS t
JOIN articles AS a USING (article_id)
LEFT JOIN feeds AS f USING (feed_id)
WHERE t.decision = 'review';
COMMENT ON VIEW review_queue IS 'The grey zone: a row for each article and category that a person should look at.';
COMMENT ON COLUMN review_queue.article_id IS 'The article.';
COMMENT ON COLUMN review_queue.url IS 'Address of the article.';
COMMENT ON COLUMN review_queue.title IS 'Title.';
COMMENT ON COLUMN review_queue.outlet IS 'Name of the source.';
COMMENT ON COLUMN review_queue.language IS 'Two-letter language code, NULL if unknown.';
COMMENT ON COLUMN review_queue.published_at IS 'Publication time, NULL if no believable date was found.';
COMMENT ON COLUMN review_queue.first_seen_at IS 'When a run first saw it.';
COMMENT ON COLUMN review_queue.category IS 'The category.';
COMMENT ON COLUMN review_queue.score IS 'How sure the model is, 0 to 1.';
COMMENT ON COLUMN review_queue.evidence IS 'The sentences that carry the tag, joined by " … ".';

CREATE VIEW entry_ledger AS
WITH told AS (
    SELECT entry_id, list(article_id ORDER BY part, article_id) AS article_ids FROM articles GROUP BY entry_id
),
shown AS (
    SELECT entry_id, count(*) AS feeds FROM sightings GROUP BY entry_id
)
SELECT
    e.entry_id,
    e.url,
    e.title,
    f.outlet,
    f.url AS feed_url,
    e.first_seen_at,
    e.state,
    e.reason,
    e.detail,
    e.attempts,
    e.due_at,
    e.finished_at,
    coalesce(own.article_ids, []) AS article_ids,
    coalesce(e.linked_to_article_id, original.article_ids[1]) AS linked_to_article_id,
    coalesce(shown.feeds, 0) AS feeds
FROM entries AS e
LEFT JOIN feeds AS f USING (feed_id)
LEFT JOIN told AS own ON own.entry_id = e.entry_id
LEFT JOIN told AS original ON original.entry_id = e.linked_to_entry_id
LEFT JOIN shown ON shown.entry_id = e.entry_id;
COMMENT ON VIEW entry_ledger IS 'Every entry and how it ended, or when it is due again.';
COMMENT ON COLUMN entry_ledger.entry_id IS 'The entry.';
COMMENT ON COLUMN entry_ledger.url IS 'Link of the item, empty if it has none.';
COMMENT ON COLUMN entry_ledger.title IS 'Title in the feed.';
COMMENT ON COLUMN entry_ledger.outlet IS 'Source whose feed showed it first.';
COMMENT ON COLUMN entry_ledger.feed_url IS 'Address of that feed, secrets blanked.';
COMMENT ON COLUMN entry_ledger.first_seen_at IS 'When a run first saw it.';
COMMENT ON COLUMN entry_ledger.state IS 'due, stored, linked, failed or dropped; see EntryState.';
COMMENT ON COLUMN entry_ledger.reason IS 'Why the last attempt failed or it was dropped; see Reason.';
COMMENT ON COLUMN entry_ledger.detail IS 'The same in a sentence.';
COMMENT ON COLUMN entry_ledger.attempts IS 'Attempts so far.';
COMMENT ON COLUMN entry_ledger.due_at IS 'When it may be tried (again); NULL once it is finished.';
COMMENT ON COLUMN entry_ledger.finished_at IS 'When it reached its final state.';
COMMENT ON COLUMN entry_ledger.article_ids IS 'Articles stored for it.';
COMMENT ON COLUMN entry_ledger.linked_to_article_id IS 'For a copy: the article of the same page, once it is stored.';
COMMENT ON COLUMN entry_ledger.feeds IS 'How many feeds have shown it.';

CREATE VIEW source_health AS
WITH polled AS (
    SELECT
        feed_id,
        count(*) AS polls,
        count(*) FILTER (outcome = 'failed') AS polls_failed,
        arg_max(outcome, polled_at) AS last_outcome,
        arg_max(coalesce(reason, ''), polled_at) AS last_reason,
        arg_max(coalesce(detail, ''), polled_at) AS last_detail
    FROM polls
    GROUP BY feed_id
),
listed AS (
    SELECT
        feed_id,
        count(*) AS entries,
        count(*) FILTER (state = 'due') AS due,
        count(*) FILTER (state = 'failed') AS failed
    FROM entries
    GROUP BY feed_id
),
alerted AS (
    SELECT DISTINCT article_id FROM tags WHERE decision = 'alert'
),
told AS (
    SELECT
        a.feed_id,
        count(*) AS articles,
        count(alerted.article_id) AS alert_articles,
        max(a.first_seen_at) AS last_article_at
    FROM articles AS a
    LEFT JOIN alerted USING (article_id)
    GROUP BY a.feed_id
)
SELECT
    f.outlet,
    f.url AS feed_url,
    f.language,
    f.country,
    f.kind,
    CASE
        WHEN NOT f.registered THEN 'removed'
        WHEN f.retired THEN 'retired'
        WHEN f.consecutive_failures > 0 THEN 'failing'
        WHEN f.last_success_at IS NULL THEN 'new'
        ELSE 'ok'
    END AS health,
    f.consecutive_failures,
    f.last_polled_at,
    f.last_success_at,
    f.next_attempt_at,
    polled.last_outcome,
    nullif(polled.last_reason, '') AS last_reason,
    nullif(polled.last_detail, '') AS last_detail,
    coalesce(polled.polls, 0) AS polls,
    coalesce(polled.polls_failed, 0) AS polls_failed,
    coalesce(listed.entries, 0) AS entries,
    coalesce(listed.due, 0) AS entries_due,
    coalesce(listed.failed, 0) AS entries_failed,
    coalesce(told.articles, 0) AS articles,
    coalesce(told.alert_articles, 0) AS alert_articles,
    told.last_article_at,
    f.permanent_url,
    f.feed_id
FROM feeds AS f
LEFT JOIN polled USING (feed_id)
LEFT JOIN listed USING (feed_id)
LEFT JOIN told USING (feed_id);
COMMENT ON VIEW source_health IS 'A row for each feed: whether it answers and what it has brought.';
COMMENT ON COLUMN source_health.outlet IS 'Name of the source.';
COMMENT ON COLUMN source_health.feed_url IS 'Address of the feed, secrets blanked.';
COMMENT ON COLUMN source_health.language IS 'Language code in the register, empty if none.';
COMMENT ON COLUMN source_health.country IS 'Country code in the register, empty if none.';
COMMENT ON COLUMN source_health.kind IS 'Kind of publisher; see FeedKind.';
COMMENT ON COLUMN source_health.health IS 'ok, failing, retired, removed (from the register) or new (never read).';
COMMENT ON COLUMN source_health.consecutive_failures IS 'Failed polls since the last success.';
COMMENT ON COLUMN source_health.last_polled_at IS 'Last attempt.';
COMMENT ON COLUMN source_health.last_success_at IS 'Last attempt that worked.';
COMMENT ON COLUMN source_health.next_attempt_at IS 'Not polled before this time; NULL when free.';
COMMENT ON COLUMN source_health.last_outcome IS 'read, not_modified or failed; see PollResult.';
COMMENT ON COLUMN source_health.last_reason IS 'Why the last attempt failed; see Reason.';
COMMENT ON COLUMN source_health.last_detail IS 'The same in a sentence.';
COMMENT ON COLUMN source_health.polls IS 'Attempts so far.';
COMMENT ON COLUMN source_health.polls_failed IS 'How many of them failed.';
COMMENT ON COLUMN source_health.entries IS 'Entries that it showed first.';
COMMENT ON COLUMN source_health.entries_due IS 'How many of them are still due.';
COMMENT ON COLUMN source_health.entries_failed IS 'How many of them failed for good.';
COMMENT ON COLUMN source_health.articles IS 'Articles stored.';
COMMENT ON COLUMN source_health.alert_articles IS 'How many of them have an alert tag.';
COMMENT ON COLUMN source_health.last_article_at IS 'When its newest article was first seen.';
COMMENT ON COLUMN source_health.permanent_url IS 'Where it has moved, if the server said so.';
COMMENT ON COLUMN source_health.feed_id IS 'The feed.';

CREATE VIEW recent_failures AS
SELECT
    x.happened_at,
    x.run_id,
    x.stage,
    x.reason,
    x.subject,
    x.detail,
    x.retryable,
    f.outlet,
    x.entry_id
FROM failures AS x
LEFT JOIN feeds AS f USING (feed_id)
WHERE x.happened_at >= (SELECT max(happened_at) FROM failures) - INTERVAL 14 DAY;
COMMENT ON VIEW recent_failures IS 'What did not work in the fourteen days before the newest failure.';
COMMENT ON COLUMN recent_failures.happened_at IS 'When.';
COMMENT ON COLUMN recent_failures.run_id IS 'The run.';
COMMENT ON COLUMN recent_failures.stage IS 'Where in the pipeline; see Stage.';
COMMENT ON COLUMN recent_failures.reason IS 'Why; see Reason.';
COMMENT ON COLUMN recent_failures.subject IS 'The address, file or id that it happened to, secrets blanked.';
COMMENT ON COLUMN recent_failures.detail IS 'One sentence.';
COMMENT ON COLUMN recent_failures.retryable IS 'Whether a later run may succeed.';
COMMENT ON COLUMN recent_failures.outlet IS 'Source concerned, if any.';
COMMENT ON COLUMN recent_failures.entry_id IS 'Entry concerned, if any.';

CREATE VIEW run_log AS
SELECT
    run_id,
    started_at,
    finished_at,
    epoch(finished_at - started_at) AS seconds,
    feeds,
    feeds_ok,
    feeds_not_modified,
    feeds_failed,
    feeds_skipped,
    seen,
    stored,
    unchanged,
    linked,
    failed,
    dropped,
    seen = stored + unchanged + linked + failed + dropped AS balanced,
    articles,
    not_classified,
    coalesce(list_sum(map_values(tags)), 0)::INTEGER AS alert_tags
FROM runs;
COMMENT ON VIEW run_log IS 'The reports of finished runs; balanced says whether every entry seen is accounted for.';
COMMENT ON COLUMN run_log.run_id IS 'The run.';
COMMENT ON COLUMN run_log.started_at IS 'When it began.';
COMMENT ON COLUMN run_log.finished_at IS 'When it ended.';
COMMENT ON COLUMN run_log.seconds IS 'How long it took.';
COMMENT ON COLUMN run_log.feeds IS 'Feeds in the register.';
COMMENT ON COLUMN run_log.feeds_ok IS 'Feeds read.';
COMMENT ON COLUMN run_log.feeds_not_modified IS 'Feeds that had nothing new.';
COMMENT ON COLUMN run_log.feeds_failed IS 'Feeds that could not be read.';
COMMENT ON COLUMN run_log.feeds_skipped IS 'Feeds not asked.';
COMMENT ON COLUMN run_log.seen IS 'Entries that the run saw.';
COMMENT ON COLUMN run_log.stored IS 'Entries of which at least one article was stored.';
COMMENT ON COLUMN run_log.unchanged IS 'Entries known before with nothing to do.';
COMMENT ON COLUMN run_log.linked IS 'Entries linked to the same page from another feed or address.';
COMMENT ON COLUMN run_log.failed IS 'Entries that failed, for now or for good.';
COMMENT ON COLUMN run_log.dropped IS 'Entries that could not be used.';
COMMENT ON COLUMN run_log.balanced IS 'Whether seen is the sum of the five.';
COMMENT ON COLUMN run_log.articles IS 'Articles stored.';
COMMENT ON COLUMN run_log.not_classified IS 'Articles stored without a score.';
COMMENT ON COLUMN run_log.alert_tags IS 'Alert tags given.';
