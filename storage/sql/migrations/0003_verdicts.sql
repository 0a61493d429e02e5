-- What analysts say of tags, the reasons of tags, and what tagging old articles again found.
-- Views keep their columns, names and order; what is new stands at their end.

CREATE TABLE verdicts (
    verdict_id VARCHAR NOT NULL,
    article_id VARCHAR NOT NULL,
    category VARCHAR NOT NULL,
    opinion VARCHAR NOT NULL,
    author VARCHAR NOT NULL,
    judged_at TIMESTAMPTZ NOT NULL,
    note VARCHAR NOT NULL,
    journal_id VARCHAR NOT NULL
);
COMMENT ON TABLE verdicts IS 'Every verdict that analysts gave: a row for each article and category. The latest of an article and category holds.';
COMMENT ON COLUMN verdicts.verdict_id IS 'Derived from contents.';
COMMENT ON COLUMN verdicts.article_id IS 'The article.';
COMMENT ON COLUMN verdicts.category IS 'The category.';
COMMENT ON COLUMN verdicts.opinion IS 'yes, no or withdrawn; see Opinion.';
COMMENT ON COLUMN verdicts.author IS 'Who gave it.';
COMMENT ON COLUMN verdicts.judged_at IS 'When it was given.';
COMMENT ON COLUMN verdicts.note IS 'Why, empty if nothing was said.';
COMMENT ON COLUMN verdicts.journal_id IS 'The journal record that it came with; of verdicts given at one moment the one with the greater id holds.';

-- Made anew: DuckDB 1.5 cannot add a column of lists to a table that has rows.
ALTER TABLE tags RENAME TO tags_before;
CREATE TABLE tags (
    article_id VARCHAR NOT NULL,
    category VARCHAR NOT NULL,
    score DOUBLE NOT NULL,
    decision VARCHAR NOT NULL,
    model VARCHAR NOT NULL,
    classified_at TIMESTAMPTZ NOT NULL,
    evidence STRUCT(field VARCHAR, char_start INTEGER, char_end INTEGER, sentence VARCHAR)[] NOT NULL,
    terms STRUCT(term VARCHAR, weight DOUBLE)[] NOT NULL,
    nearest STRUCT(example_id VARCHAR, title VARCHAR, similarity DOUBLE)[] NOT NULL,
    corpus VARCHAR NOT NULL,
    retroactive BOOLEAN NOT NULL
);
INSERT INTO tags BY NAME SELECT *, [] AS terms, [] AS nearest, '' AS corpus, false AS retroactive FROM tags_before;
DROP TABLE tags_before;
COMMENT ON TABLE tags IS 'The categories that the model gave an article; no row is the normal outcome. View effective_tags has them as analysts'' verdicts leave them.';
COMMENT ON COLUMN tags.article_id IS 'The article.';
COMMENT ON COLUMN tags.category IS 'Folder name of the category in the seed corpus.';
COMMENT ON COLUMN tags.score IS 'How sure the model is, 0 to 1.';
COMMENT ON COLUMN tags.decision IS 'alert or review; see Decision.';
COMMENT ON COLUMN tags.classified_at IS 'When the tag was given.';
COMMENT ON COLUMN tags.evidence IS 'Sentences that carry the tag, with their place in the title or text; view evidence has them as rows.';
COMMENT ON COLUMN tags.model IS 'Version of everything that the score depends on.';
COMMENT ON COLUMN tags.terms IS 'Words that speak for the tag, strongest first; weight is how far the log-odds fall without the word.';
COMMENT ON COLUMN tags.nearest IS 'Examples of the category that the article resembles most; similarity is a cosine, 0 to 1.';
COMMENT ON COLUMN tags.corpus IS 'Version of the examples behind the tag, verdicts among them; empty if the tag is older than this column.';
COMMENT ON COLUMN tags.retroactive IS 'An alert that was given when the stored article was tagged again, that it did not have before and that no digest had told.';

ALTER TABLE articles ADD COLUMN corpus VARCHAR DEFAULT '';
COMMENT ON COLUMN articles.model IS 'Version of everything that its scores depend on.';
COMMENT ON COLUMN articles.corpus IS 'Version of the examples that the model learned from; empty if the article was last tagged before this column was there.';
COMMENT ON COLUMN scores.model IS 'Version of everything that the score depends on.';

ALTER TABLE runs RENAME TO runs_before;
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
    tags MAP(VARCHAR, INTEGER) NOT NULL,
    not_covered MAP(VARCHAR, INTEGER) NOT NULL
);
INSERT INTO runs BY NAME SELECT *, MAP {} AS not_covered FROM runs_before;
DROP TABLE runs_before;
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
COMMENT ON COLUMN runs.not_covered IS 'Of the articles without a score, those in a language that the corpus has no examples of, by language.';

-- The one place that says how verdicts and the model's tags make the tags that count. The argument names the relation
-- with the verdicts: the table, or the table with what the journal still holds.
CREATE MACRO standing_among(verdict_rows) AS TABLE
SELECT article_id, category, opinion, author, judged_at, note
FROM (
    SELECT * FROM query_table(verdict_rows)
    QUALIFY row_number() OVER (
        PARTITION BY article_id, category ORDER BY judged_at DESC, journal_id DESC, verdict_id DESC
    ) = 1
)
WHERE opinion <> 'withdrawn';

CREATE MACRO tags_under(verdict_rows) AS TABLE
WITH standing AS (
    SELECT * FROM standing_among(verdict_rows)
)
SELECT
    t.article_id,
    t.category,
    t.score,
    CASE WHEN s.opinion = 'yes' THEN 'alert' ELSE t.decision END AS decision,
    CASE WHEN s.opinion = 'yes' THEN 'analyst' ELSE 'model' END AS decided_by,
    s.author AS judged_by,
    s.judged_at,
    s.note,
    t.retroactive,
    t.evidence,
    t.terms,
    t.nearest,
    t.corpus,
    t.model,
    t.classified_at
FROM tags AS t
LEFT JOIN standing AS s USING (article_id, category)
WHERE s.opinion IS DISTINCT FROM 'no'
UNION ALL
SELECT
    s.article_id,
    s.category,
    x.score,
    'alert' AS decision,
    'analyst' AS decided_by,
    s.author AS judged_by,
    s.judged_at,
    s.note,
    false AS retroactive,
    [] AS evidence,
    [] AS terms,
    [] AS nearest,
    a.corpus,
    a.model,
    a.classified_at
FROM standing AS s
ANTI JOIN tags USING (article_id, category)
JOIN articles AS a USING (article_id)
LEFT JOIN scores AS x USING (article_id, category)
WHERE s.opinion = 'yes';

CREATE VIEW effective_tags AS
SELECT
    article_id,
    category,
    score,
    decision,
    decided_by,
    judged_by,
    judged_at,
    note,
    retroactive,
    evidence,
    terms,
    nearest,
    corpus,
    model,
    classified_at
FROM tags_under('verdicts');
COMMENT ON VIEW effective_tags IS 'The tags that count: the model''s, without what an analyst said no to, and with what an analyst said yes to as alerts.';
COMMENT ON COLUMN effective_tags.article_id IS 'The article.';
COMMENT ON COLUMN effective_tags.category IS 'The category.';
COMMENT ON COLUMN effective_tags.score IS 'How sure the model is, 0 to 1, also where an analyst decided; NULL if it never scored the category.';
COMMENT ON COLUMN effective_tags.decision IS 'alert or review; see Decision.';
COMMENT ON COLUMN effective_tags.decided_by IS 'model or analyst.';
COMMENT ON COLUMN effective_tags.judged_by IS 'The analyst, NULL where the model decided.';
COMMENT ON COLUMN effective_tags.judged_at IS 'When the analyst said so, NULL where the model decided.';
COMMENT ON COLUMN effective_tags.note IS 'What the analyst noted, NULL where the model decided.';
COMMENT ON COLUMN effective_tags.retroactive IS 'The model found it when the stored article was tagged again.';
COMMENT ON COLUMN effective_tags.evidence IS 'Sentences that carry the tag, with their place in the title or text; empty if only an analyst gave it.';
COMMENT ON COLUMN effective_tags.terms IS 'Words that speak for the tag, strongest first.';
COMMENT ON COLUMN effective_tags.nearest IS 'Examples of the category that the article resembles most.';
COMMENT ON COLUMN effective_tags.corpus IS 'Version of the examples that the model learned from.';
COMMENT ON COLUMN effective_tags.model IS 'Version of everything that the score depends on.';
COMMENT ON COLUMN effective_tags.classified_at IS 'When the model looked at the article.';

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
    t.model
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
COMMENT ON COLUMN article_list.alerts IS 'Categories with decision alert, best first, as verdicts leave them.';
COMMENT ON COLUMN article_list.reviews IS 'Categories with decision review, best first, as verdicts leave them.';
COMMENT ON COLUMN article_list.not_classified IS 'Why no score was given, NULL if it was scored.';

CREATE OR REPLACE VIEW review_queue AS
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
    array_to_string(list_transform(t.evidence, lambda e: e.sentence), ' … ') AS evidence,
    1 - abs(2 * t.score - 1) AS doubt
FROM effective_tags AS t
JOIN articles AS a USING (article_id)
LEFT JOIN feeds AS f USING (feed_id)
WHERE t.decision = 'review'
ORDER BY doubt DESC, a.first_seen_at DESC, a.article_id, t.category;
COMMENT ON VIEW review_queue IS 'The grey zone: a row for each article and category that a person should look at and nobody has judged, worst doubt first.';
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
COMMENT ON COLUMN review_queue.doubt IS 'How undecided the model is: 1 at a score of one half, 0 at a score of 0 or 1.';

CREATE OR REPLACE VIEW source_health AS
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
    SELECT DISTINCT article_id FROM effective_tags WHERE decision = 'alert'
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
COMMENT ON COLUMN source_health.alert_articles IS 'How many of them have an alert, as verdicts leave them.';
COMMENT ON COLUMN source_health.last_article_at IS 'When its newest article was first seen.';
COMMENT ON COLUMN source_health.permanent_url IS 'Where it has moved, if the server said so.';
COMMENT ON COLUMN source_health.feed_id IS 'The feed.';

CREATE OR REPLACE VIEW run_log AS
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
    coalesce(list_sum(map_values(tags)), 0)::INTEGER AS alert_tags,
    not_covered
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
COMMENT ON COLUMN run_log.not_covered IS 'Of the articles without a score, those in a language that the corpus has no examples of, by language.';

CREATE VIEW verdict_log AS
WITH ranked AS (
    SELECT
        *,
        row_number() OVER (
            PARTITION BY article_id, category ORDER BY judged_at DESC, journal_id DESC, verdict_id DESC
        ) = 1 AS latest
    FROM verdicts
)
SELECT
    v.judged_at,
    v.author,
    v.category,
    v.opinion,
    v.note,
    v.latest,
    a.title,
    a.url,
    f.outlet,
    a.language,
    t.decision AS model_decision,
    x.score AS model_score,
    v.article_id,
    v.verdict_id
FROM ranked AS v
LEFT JOIN articles AS a USING (article_id)
LEFT JOIN feeds AS f USING (feed_id)
LEFT JOIN tags AS t USING (article_id, category)
LEFT JOIN scores AS x USING (article_id, category)
ORDER BY v.judged_at DESC, v.journal_id DESC, v.category;
COMMENT ON VIEW verdict_log IS 'Every verdict that analysts gave, beside what the model says, newest first.';
COMMENT ON COLUMN verdict_log.judged_at IS 'When it was given.';
COMMENT ON COLUMN verdict_log.author IS 'Who gave it.';
COMMENT ON COLUMN verdict_log.category IS 'The category.';
COMMENT ON COLUMN verdict_log.opinion IS 'yes, no or withdrawn; see Opinion.';
COMMENT ON COLUMN verdict_log.note IS 'Why, empty if nothing was said.';
COMMENT ON COLUMN verdict_log.latest IS 'Whether it is the one that holds; false where a later verdict took its place.';
COMMENT ON COLUMN verdict_log.title IS 'Title of the article.';
COMMENT ON COLUMN verdict_log.url IS 'Address of the article.';
COMMENT ON COLUMN verdict_log.outlet IS 'Name of the source.';
COMMENT ON COLUMN verdict_log.language IS 'Two-letter language code, NULL if unknown.';
COMMENT ON COLUMN verdict_log.model_decision IS 'What the model says now: alert, review, or NULL for neither.';
COMMENT ON COLUMN verdict_log.model_score IS 'How sure the model is now, 0 to 1; NULL if it never scored the category.';
COMMENT ON COLUMN verdict_log.article_id IS 'The article.';
COMMENT ON COLUMN verdict_log.verdict_id IS 'The verdict.';
