-- How the sources do: their rhythm, silence, drift of their texts, yield, walls, history. Every span is counted from the
-- newest poll or from the feed's own last news, never from the reader's clock: an old copy says what it said when it was
-- made. Views keep their columns, names and order; what is new stands at their end.

-- A number of hours in words, for sentences.
CREATE MACRO span_in_words(hours) AS CASE
    WHEN hours < 1.5 THEN '1 hour'
    WHEN hours < 47.5 THEN printf('%d hours', round(hours)::BIGINT)
    ELSE printf('%d days', round(hours / 24)::BIGINT)
END;

CREATE VIEW source_rhythm AS
WITH news AS (
    SELECT feed_id, seen_at FROM sightings GROUP BY feed_id, seen_at
),
ends AS (
    SELECT
        feed_id,
        min(seen_at) AS first_new_at,
        max(seen_at) AS last_new_at,
        epoch(max(seen_at) - max(seen_at, 2)[2]) / 3600 AS last_gap_hours,
        least(max(seen_at) - INTERVAL 90 DAY, max(seen_at, 6)[-1]) AS since
    FROM news
    GROUP BY feed_id
),
-- Lists and not window functions: a third of the time.
lined_up AS (
    SELECT n.feed_id, list_sort(list(n.seen_at)) AS times
    FROM news AS n
    JOIN ends USING (feed_id)
    WHERE n.seen_at >= ends.since
    GROUP BY n.feed_id
),
pairs AS (
    SELECT feed_id, unnest(times[:-2]) AS earlier, unnest(times[2:]) AS later FROM lined_up
),
steps AS (
    SELECT
        feed_id,
        (epoch_us(later) - epoch_us(earlier)) / 3600000000 AS gap_hours,
        epoch_us(later) // 86400000000 - epoch_us(earlier) // 86400000000 - 1 AS quiet_days
    FROM pairs
),
rhythm AS (
    SELECT
        feed_id,
        count(gap_hours) AS gaps,
        median(gap_hours) AS median_gap_hours,
        quantile_disc(gap_hours, 0.9) AS p90_gap_hours,
        quantile_disc(quiet_days, 0.9) FILTER (quiet_days >= 0)::INTEGER AS p90_quiet_days
    FROM steps
    GROUP BY feed_id
)
SELECT
    f.feed_id,
    f.outlet,
    e.first_new_at,
    e.last_new_at,
    coalesce(r.gaps, 0) AS gaps,
    r.median_gap_hours,
    r.p90_gap_hours,
    r.p90_quiet_days,
    e.last_gap_hours
FROM feeds AS f
LEFT JOIN ends AS e USING (feed_id)
LEFT JOIN rhythm AS r USING (feed_id);
COMMENT ON VIEW source_rhythm IS 'How often each feed brings something new, in the 90 days before its last news, or in its last five gaps if they reach further back.';
COMMENT ON COLUMN source_rhythm.feed_id IS 'The feed.';
COMMENT ON COLUMN source_rhythm.outlet IS 'Name of the source.';
COMMENT ON COLUMN source_rhythm.first_new_at IS 'When it was first seen to list anything.';
COMMENT ON COLUMN source_rhythm.last_new_at IS 'When it last listed something that it had not listed before.';
COMMENT ON COLUMN source_rhythm.gaps IS 'Gaps between two polls that brought something new.';
COMMENT ON COLUMN source_rhythm.median_gap_hours IS 'Half of these gaps are no longer.';
COMMENT ON COLUMN source_rhythm.p90_gap_hours IS 'Nine in ten of these gaps are no longer.';
COMMENT ON COLUMN source_rhythm.p90_quiet_days IS 'Days (UTC) without anything new between two days with: nine in ten times no more than this. Two for a feed that rests on weekends, however often it is polled.';
COMMENT ON COLUMN source_rhythm.last_gap_hours IS 'How long it had brought nothing before its last news.';

CREATE VIEW source_silence AS
WITH documents AS (
    SELECT
        feed_id,
        arg_max(entries, polled_at) = 0 AS empty_now,
        max(polled_at) FILTER (entries > 0) AS last_full_at
    FROM polls
    WHERE outcome = 'read'
    GROUP BY feed_id
),
used_to_be_empty AS (
    SELECT DISTINCT p.feed_id
    FROM polls AS p
    JOIN documents AS d USING (feed_id)
    WHERE p.outcome = 'read' AND p.entries = 0
        AND p.polled_at BETWEEN d.last_full_at - INTERVAL 90 DAY AND d.last_full_at
),
measured AS (
    SELECT
        f.feed_id,
        f.outlet,
        r.last_new_at,
        r.median_gap_hours AS usual_gap_hours,
        greatest(0, epoch(f.last_success_at - r.last_new_at) / 3600) AS silent_for_hours,
        CASE
            WHEN r.gaps >= 5 AND r.last_new_at - r.first_new_at >= INTERVAL 7 DAY
            THEN greatest(48, 3 * r.p90_gap_hours, 72 * r.p90_quiet_days)
        END AS allowed_hours,
        f.registered AND NOT f.retired AND f.consecutive_failures = 0 AND f.last_success_at IS NOT NULL AS answers,
        d.empty_now AND d.last_full_at IS NOT NULL AND u.feed_id IS NULL AS emptied,
        r.last_gap_hours
    FROM feeds AS f
    LEFT JOIN source_rhythm AS r USING (feed_id)
    LEFT JOIN documents AS d USING (feed_id)
    LEFT JOIN used_to_be_empty AS u USING (feed_id)
),
judged AS (
    SELECT
        *,
        CASE WHEN answers THEN CASE WHEN emptied THEN true ELSE silent_for_hours > allowed_hours END END AS silent
    FROM measured
)
SELECT
    feed_id,
    outlet,
    last_new_at,
    usual_gap_hours,
    silent_for_hours,
    allowed_hours,
    coalesce(answers AND emptied, false) AS emptied,
    silent,
    CASE
        WHEN silent AND emptied AND last_new_at IS NULL THEN 'it answers, but its list is empty'
        WHEN silent AND emptied
        THEN 'it answers, but its list is empty; the last new item came ' || span_in_words(silent_for_hours) || ' ago'
        WHEN silent AND usual_gap_hours < 1.5
        THEN 'nothing new for ' || span_in_words(silent_for_hours) || '; usually every hour'
        WHEN silent
        THEN 'nothing new for ' || span_in_words(silent_for_hours) || '; usually every ' || span_in_words(usual_gap_hours)
    END AS detail,
    last_gap_hours
FROM judged;
COMMENT ON VIEW source_silence IS 'A row for each feed: whether it is quieter than it uses to be.';
COMMENT ON COLUMN source_silence.feed_id IS 'The feed.';
COMMENT ON COLUMN source_silence.outlet IS 'Name of the source.';
COMMENT ON COLUMN source_silence.last_new_at IS 'When it last listed something that it had not listed before.';
COMMENT ON COLUMN source_silence.usual_gap_hours IS 'Median gap between two polls that brought something new; see source_rhythm.';
COMMENT ON COLUMN source_silence.silent_for_hours IS 'From its last news to its last answer; time in which nobody asked it does not count.';
COMMENT ON COLUMN source_silence.allowed_hours IS 'How long it may be quiet: three of its long gaps (p90_gap_hours), three days for each of its quiet days (p90_quiet_days), at least 48. NULL if it has brought something new fewer than six times or for less than seven days.';
COMMENT ON COLUMN source_silence.emptied IS 'It answers with an empty list, which it did not use to do.';
COMMENT ON COLUMN source_silence.silent IS 'Quiet for longer than allowed, or emptied; NULL if nobody can tell: too little history, or it does not answer.';
COMMENT ON COLUMN source_silence.detail IS 'The same in words; NULL unless it is silent.';
COMMENT ON COLUMN source_silence.last_gap_hours IS 'How long it had brought nothing before its last news.';

CREATE VIEW source_drift AS
WITH told AS (
    SELECT
        feed_id,
        fetched_at,
        length(text) AS characters,
        text_source <> 'page' AS not_from_page,
        text_source = 'title' OR access = 'empty' AS without_text,
        published_at IS NULL AS without_date,
        access <> 'full' AS not_in_full
    FROM articles
    WHERE fetched_at > (SELECT max(polled_at) FROM polls) - INTERVAL 63 DAY
),
edges AS (
    SELECT
        feed_id,
        max(fetched_at) AS newest_at,
        max(fetched_at) - INTERVAL 3 DAY AS since,
        max(fetched_at, 20)[-1] AS twentieth_at
    FROM told
    GROUP BY feed_id
),
sided AS (
    SELECT
        told.*,
        e.newest_at,
        least(e.since, e.twentieth_at) AS since,
        told.fetched_at > e.since OR told.fetched_at >= e.twentieth_at AS recent
    FROM told
    JOIN edges AS e USING (feed_id)
    WHERE told.fetched_at >= least(e.since, e.twentieth_at) - INTERVAL 30 DAY
),
figures AS (
    SELECT
        feed_id,
        any_value(newest_at) AS newest_at,
        any_value(since) AS recent_since,
        count(*) FILTER (recent) AS recent_articles,
        count(*) FILTER (NOT recent) AS baseline_articles,
        count(*) FILTER (recent AND characters > 0) AS recent_texts,
        count(*) FILTER (NOT recent AND characters > 0) AS baseline_texts,
        median(characters) FILTER (recent AND characters > 0) AS recent_characters,
        median(characters) FILTER (NOT recent AND characters > 0) AS baseline_characters,
        quantile_cont(characters, [0.25, 0.75]) FILTER (recent AND characters > 0) AS recent_half,
        quantile_cont(characters, [0.25, 0.75]) FILTER (NOT recent AND characters > 0) AS baseline_half,
        avg(not_from_page::INTEGER) FILTER (recent) AS recent_not_from_page,
        avg(not_from_page::INTEGER) FILTER (NOT recent) AS baseline_not_from_page,
        avg(without_text::INTEGER) FILTER (recent) AS recent_without_text,
        avg(without_text::INTEGER) FILTER (NOT recent) AS baseline_without_text,
        avg(not_in_full::INTEGER) FILTER (recent) AS recent_not_in_full,
        avg(not_in_full::INTEGER) FILTER (NOT recent) AS baseline_not_in_full,
        avg(without_date::INTEGER) FILTER (recent) AS recent_without_date,
        avg(without_date::INTEGER) FILTER (NOT recent) AS baseline_without_date
    FROM sided
    GROUP BY feed_id
),
compared AS (
    SELECT
        *,
        baseline_articles >= 30 AND newest_at > (SELECT max(polled_at) FROM polls) - INTERVAL 30 DAY AS enough,
        recent_characters / baseline_characters AS length_ratio,
        recent_texts >= 20 AND baseline_texts >= 30 AS enough_texts
    FROM figures
),
judged AS (
    SELECT
        *,
        enough_texts AND length_ratio < 0.5
            AND recent_characters < baseline_half[1] AND recent_half[2] < baseline_characters AS shorter,
        enough_texts AND length_ratio > 2
            AND recent_characters > baseline_half[2] AND recent_half[1] > baseline_characters AS longer,
        recent_not_from_page - baseline_not_from_page >= 0.3 AS pages_missing,
        recent_without_text - baseline_without_text >= 0.3 AS texts_missing
    FROM compared
)
SELECT
    f.feed_id,
    f.outlet,
    coalesce(j.recent_articles, 0) AS recent_articles,
    coalesce(j.baseline_articles, 0) AS baseline_articles,
    j.recent_since,
    j.recent_characters,
    j.baseline_characters,
    j.length_ratio,
    j.recent_not_from_page,
    j.baseline_not_from_page,
    j.recent_without_text,
    j.baseline_without_text,
    j.recent_not_in_full,
    j.baseline_not_in_full,
    j.recent_without_date,
    j.baseline_without_date,
    CASE
        WHEN j.enough
        THEN coalesce(j.shorter, false) OR coalesce(j.longer, false) OR j.pages_missing OR j.texts_missing
    END AS drift,
    CASE
        WHEN j.enough AND (j.shorter OR j.longer OR j.pages_missing OR j.texts_missing)
        THEN array_to_string(
            list_filter(
                [
                    CASE
                        WHEN j.shorter OR j.longer
                        THEN printf(
                            'texts of %d characters instead of %d',
                            round(j.recent_characters)::BIGINT,
                            round(j.baseline_characters)::BIGINT
                        )
                    END,
                    CASE
                        WHEN j.texts_missing
                        THEN printf(
                            '%d %% without any text instead of %d %%',
                            round(100 * j.recent_without_text)::BIGINT,
                            round(100 * j.baseline_without_text)::BIGINT
                        )
                        WHEN j.pages_missing
                        THEN printf(
                            '%d %% without the text of the page instead of %d %%',
                            round(100 * j.recent_not_from_page)::BIGINT,
                            round(100 * j.baseline_not_from_page)::BIGINT
                        )
                    END
                ],
                lambda sentence: sentence IS NOT NULL
            ),
            '; '
        )
    END AS detail,
    coalesce(
        j.enough
            AND coalesce(j.length_ratio BETWEEN 0.67 AND 1.5, true)
            AND j.recent_not_from_page - j.baseline_not_from_page < 0.15
            AND j.recent_without_text - j.baseline_without_text < 0.15,
        false
    ) AS steady
FROM feeds AS f
LEFT JOIN judged AS j USING (feed_id);
COMMENT ON VIEW source_drift IS 'A row for each feed: whether its newest articles are like those of the 30 days before. Recent are the articles of its last three days, at least its newest 20; the others of the 30 days before them are the baseline.';
COMMENT ON COLUMN source_drift.feed_id IS 'The feed.';
COMMENT ON COLUMN source_drift.outlet IS 'Name of the source.';
COMMENT ON COLUMN source_drift.recent_articles IS 'Recent articles.';
COMMENT ON COLUMN source_drift.baseline_articles IS 'Articles of the 30 days before.';
COMMENT ON COLUMN source_drift.recent_since IS 'Where the recent ones begin.';
COMMENT ON COLUMN source_drift.recent_characters IS 'Median length of the recent texts, without those that are empty.';
COMMENT ON COLUMN source_drift.baseline_characters IS 'The same in the baseline.';
COMMENT ON COLUMN source_drift.length_ratio IS 'The first by the second.';
COMMENT ON COLUMN source_drift.recent_not_from_page IS 'Share (0 to 1) of the recent articles whose text is not the page''s: the feed''s, or only a title.';
COMMENT ON COLUMN source_drift.baseline_not_from_page IS 'The same in the baseline.';
COMMENT ON COLUMN source_drift.recent_without_text IS 'Share of the recent articles with a title only.';
COMMENT ON COLUMN source_drift.baseline_without_text IS 'The same in the baseline.';
COMMENT ON COLUMN source_drift.recent_not_in_full IS 'Share of the recent articles that were not shown in full; view source_access has each state.';
COMMENT ON COLUMN source_drift.baseline_not_in_full IS 'The same in the baseline.';
COMMENT ON COLUMN source_drift.recent_without_date IS 'Share of the recent articles without a believable date.';
COMMENT ON COLUMN source_drift.baseline_without_date IS 'The same in the baseline.';
COMMENT ON COLUMN source_drift.drift IS 'The median length is below half or above twice the baseline''s, lies outside its middle half, and three quarters of the recent texts lie on that side of its median; or the share without the text of the page, or without any, has risen by 30 points. NULL if the baseline has fewer than 30 articles, or the newest is older than 30 days.';
COMMENT ON COLUMN source_drift.detail IS 'The same in words; NULL unless it drifts.';
COMMENT ON COLUMN source_drift.steady IS 'Well inside the limits, so that a drift noticed before is over: a ratio of 0.67 to 1.5, shares risen by less than 15 points.';

CREATE VIEW source_yield AS
WITH shown AS (
    SELECT
        s.feed_id,
        coalesce(e.linked_to_entry_id, copied.entry_id, e.entry_id) AS page_id,
        min(s.seen_at) AS seen_at
    FROM sightings AS s
    JOIN entries AS e USING (entry_id)
    LEFT JOIN articles AS copied ON copied.article_id = e.linked_to_article_id
    GROUP BY s.feed_id, page_id
),
shared AS (
    SELECT page_id, min(seen_at) AS first_at FROM shown GROUP BY page_id HAVING count(*) > 1
),
stored AS (
    SELECT DISTINCT entry_id AS page_id FROM articles
),
tagged AS (
    SELECT DISTINCT a.entry_id AS page_id
    FROM effective_tags AS t
    JOIN articles AS a USING (article_id)
    WHERE t.decision = 'alert'
),
judged AS (
    SELECT a.entry_id AS page_id, bool_or(v.opinion = 'yes') AS confirmed
    FROM standing_among('verdicts') AS v
    JOIN articles AS a USING (article_id)
    GROUP BY a.entry_id
),
counted AS (
    SELECT
        shown.feed_id,
        shown.seen_at > (SELECT max(polled_at) FROM polls) - INTERVAL 90 DAY AS lately,
        count(*) AS shown,
        count(stored.page_id) AS stored,
        count(tagged.page_id) AS tagged,
        count(shared.page_id) AS shared,
        count(*) FILTER (shown.seen_at = shared.first_at) AS first,
        count(*) FILTER (judged.confirmed) AS confirmed,
        count(*) FILTER (NOT judged.confirmed) AS denied
    FROM shown
    LEFT JOIN shared USING (page_id)
    LEFT JOIN stored USING (page_id)
    LEFT JOIN tagged USING (page_id)
    LEFT JOIN judged USING (page_id)
    GROUP BY shown.feed_id, lately
),
periods AS (
    SELECT
        c.feed_id,
        p.period,
        sum(c.shown)::BIGINT AS shown,
        sum(c.stored)::BIGINT AS stored,
        sum(c.tagged)::BIGINT AS tagged,
        sum(c.shared)::BIGINT AS shared,
        sum(c.first)::BIGINT AS first,
        sum(c.confirmed)::BIGINT AS confirmed,
        sum(c.denied)::BIGINT AS denied
    FROM counted AS c
    JOIN (VALUES ('90 days'), ('all')) AS p(period) ON c.lately OR p.period = 'all'
    GROUP BY c.feed_id, p.period
)
SELECT
    f.feed_id,
    f.outlet,
    p.period,
    p.shown,
    p.stored,
    p.tagged,
    p.tagged / nullif(p.stored, 0) AS tagged_share,
    p.shared,
    p.first,
    p.first / nullif(p.shared, 0) AS first_share,
    p.confirmed,
    p.denied,
    p.confirmed / nullif(p.confirmed + p.denied, 0) AS confirmed_share
FROM periods AS p
JOIN feeds AS f USING (feed_id);
COMMENT ON VIEW source_yield IS 'What each feed is good for: a row for each feed and period. The unit is a page that the feed has shown, also where another feed had shown it before.';
COMMENT ON COLUMN source_yield.feed_id IS 'The feed.';
COMMENT ON COLUMN source_yield.outlet IS 'Name of the source.';
COMMENT ON COLUMN source_yield.period IS '90 days (before the newest poll) or all; by when the feed first showed the page.';
COMMENT ON COLUMN source_yield.shown IS 'Pages that it has shown.';
COMMENT ON COLUMN source_yield.stored IS 'How many of them are stored.';
COMMENT ON COLUMN source_yield.tagged IS 'How many of these have an alert, as verdicts leave them.';
COMMENT ON COLUMN source_yield.tagged_share IS 'The same as a share of the stored ones, 0 to 1.';
COMMENT ON COLUMN source_yield.shared IS 'Pages shown that other feeds have shown too.';
COMMENT ON COLUMN source_yield.first IS 'How many of them no other feed had shown in an earlier run; of feeds that show one in the same run each counts as first.';
COMMENT ON COLUMN source_yield.first_share IS 'The same as a share of the shared ones.';
COMMENT ON COLUMN source_yield.confirmed IS 'Pages of which an analyst said that a category applies.';
COMMENT ON COLUMN source_yield.denied IS 'Pages of which an analyst said that a category does not apply, and of no category that it does.';
COMMENT ON COLUMN source_yield.confirmed_share IS 'Confirmed pages as a share of those confirmed or denied.';

CREATE VIEW source_access AS
WITH counted AS (
    SELECT
        feed_id,
        access,
        count(*) FILTER (fetched_at > (SELECT max(polled_at) FROM polls) - INTERVAL 30 DAY) AS articles,
        max(fetched_at) AS last_seen_at
    FROM articles
    GROUP BY feed_id, access
)
SELECT
    f.feed_id,
    f.outlet,
    c.access,
    c.articles,
    c.articles / nullif(sum(c.articles) OVER (PARTITION BY c.feed_id), 0) AS share,
    c.last_seen_at
FROM counted AS c
JOIN feeds AS f USING (feed_id);
COMMENT ON VIEW source_access IS 'How much the pages of each feed showed: a row for each feed and state that it has ever had.';
COMMENT ON COLUMN source_access.feed_id IS 'The feed.';
COMMENT ON COLUMN source_access.outlet IS 'Name of the source.';
COMMENT ON COLUMN source_access.access IS 'How much the page showed; see Access.';
COMMENT ON COLUMN source_access.articles IS 'Articles stored with it in the 30 days before the newest poll.';
COMMENT ON COLUMN source_access.share IS 'The same as a share of all articles of the feed in that time, 0 to 1.';
COMMENT ON COLUMN source_access.last_seen_at IS 'When an article was last stored with it.';

CREATE VIEW source_notices AS
SELECT n.noticed_at, f.outlet, n.kind, n.detail, f.url AS feed_url, n.run_id, n.feed_id
FROM notices AS n
LEFT JOIN feeds AS f USING (feed_id)
ORDER BY n.noticed_at DESC, f.outlet, n.kind, n.notice_id;
COMMENT ON VIEW source_notices IS 'The history of the sources, newest first.';
COMMENT ON COLUMN source_notices.noticed_at IS 'When.';
COMMENT ON COLUMN source_notices.outlet IS 'Name of the source.';
COMMENT ON COLUMN source_notices.kind IS 'What changed; see NoticeKind.';
COMMENT ON COLUMN source_notices.detail IS 'The same in a sentence.';
COMMENT ON COLUMN source_notices.feed_url IS 'Address of the feed, secrets blanked.';
COMMENT ON COLUMN source_notices.run_id IS 'The run that noticed it.';
COMMENT ON COLUMN source_notices.feed_id IS 'The feed.';

CREATE VIEW robots_log AS
WITH unread AS (
    SELECT
        lower(regexp_extract(x.subject, '^[A-Za-z]+://[^/?#]+')) AS origin,
        count(DISTINCT x.entry_id) AS entries,
        max(x.happened_at) AS latest_at
    FROM failures AS x
    JOIN entries AS e ON e.entry_id = x.entry_id AND e.reason = x.reason
    WHERE x.reason IN ('robots_disallowed', 'robots_unreachable')
    GROUP BY ALL
)
SELECT
    coalesce(r.origin, u.origin) AS origin,
    r.state,
    r.fetched_at,
    r.detail,
    length(r.body) AS characters,
    coalesce(u.entries, 0) AS entries_unread,
    u.latest_at AS last_unread_at
FROM robots AS r
FULL JOIN unread AS u USING (origin);
COMMENT ON VIEW robots_log IS 'What the robots.txt of each host came to, and what is left unread because of it.';
COMMENT ON COLUMN robots_log.origin IS 'Scheme, host and port.';
COMMENT ON COLUMN robots_log.state IS 'found, absent or unreachable; see RobotsState. NULL if it is no longer kept.';
COMMENT ON COLUMN robots_log.fetched_at IS 'When it was asked for.';
COMMENT ON COLUMN robots_log.detail IS 'Why it could not be had, or the status that says that there is none.';
COMMENT ON COLUMN robots_log.characters IS 'Length of its text.';
COMMENT ON COLUMN robots_log.entries_unread IS 'Entries whose page was not read because of it, at the last attempt.';
COMMENT ON COLUMN robots_log.last_unread_at IS 'When that last happened.';

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
),
walls AS (
    SELECT
        feed_id,
        coalesce(sum(share) FILTER (access = 'teaser'), 0) AS teaser_share,
        coalesce(sum(share) FILTER (access IN ('challenge', 'consent', 'login', 'blocked', 'robots')), 0) AS blocked_share
    FROM source_access
    WHERE share IS NOT NULL
    GROUP BY feed_id
),
misled AS (
    SELECT feed_id, list(habit ORDER BY habit) AS habits FROM feed_habits GROUP BY feed_id
),
noticed AS (
    SELECT
        feed_id,
        arg_max(kind, rowid) AS kind,
        arg_max(detail, rowid) AS detail,
        arg_max(noticed_at, rowid) AS noticed_at
    FROM notices
    GROUP BY feed_id
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
        WHEN s.silent THEN 'silent'
        WHEN d.drift THEN 'drifting'
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
    f.feed_id,
    f.retired,
    f.adopted_url,
    f.fresh_until,
    f.failure_points,
    coalesce(misled.habits, []) AS habits,
    s.silent,
    s.silent_for_hours,
    s.usual_gap_hours,
    s.detail AS silent_detail,
    d.drift,
    d.detail AS drift_detail,
    y.tagged_share,
    y.first_share,
    y.confirmed_share,
    walls.teaser_share,
    walls.blocked_share,
    noticed.kind AS last_notice,
    noticed.detail AS last_notice_detail,
    noticed.noticed_at AS last_notice_at
FROM feeds AS f
LEFT JOIN polled USING (feed_id)
LEFT JOIN listed USING (feed_id)
LEFT JOIN told USING (feed_id)
LEFT JOIN source_silence AS s USING (feed_id)
LEFT JOIN source_drift AS d USING (feed_id)
LEFT JOIN source_yield AS y ON y.feed_id = f.feed_id AND y.period = '90 days'
LEFT JOIN walls ON walls.feed_id = f.feed_id
LEFT JOIN misled ON misled.feed_id = f.feed_id
LEFT JOIN noticed ON noticed.feed_id = f.feed_id;
COMMENT ON VIEW source_health IS 'A row for each feed: whether it answers, what it has brought, and whether that is as usual.';
COMMENT ON COLUMN source_health.outlet IS 'Name of the source.';
COMMENT ON COLUMN source_health.feed_url IS 'Address of the feed, secrets blanked.';
COMMENT ON COLUMN source_health.language IS 'Language code in the register, empty if none.';
COMMENT ON COLUMN source_health.country IS 'Country code in the register, empty if none.';
COMMENT ON COLUMN source_health.kind IS 'Kind of publisher; see FeedKind.';
COMMENT ON COLUMN source_health.health IS 'removed (from the register), retired, failing, new (never read), else silent or drifting where that is so, else ok.';
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
COMMENT ON COLUMN source_health.retired IS 'The server said that the feed is gone for good (410).';
COMMENT ON COLUMN source_health.adopted_url IS 'Asked in place of feed_url, after permanent redirects had led there on three days; NULL if none.';
COMMENT ON COLUMN source_health.fresh_until IS 'Until then the server itself calls its last answer good; run --due waits for it.';
COMMENT ON COLUMN source_health.failure_points IS 'Failures since the last success, weighed by how grave each was.';
COMMENT ON COLUMN source_health.habits IS 'In which ways its server misleads at present; see FeedHabit.';
COMMENT ON COLUMN source_health.silent IS 'Quiet for longer than its rhythm allows, or its list is empty; NULL if nobody can tell. See source_silence.';
COMMENT ON COLUMN source_health.silent_for_hours IS 'From its last news to its last answer.';
COMMENT ON COLUMN source_health.usual_gap_hours IS 'Median gap between two polls that brought something new.';
COMMENT ON COLUMN source_health.silent_detail IS 'Its silence in words; NULL unless it is silent.';
COMMENT ON COLUMN source_health.drift IS 'Its newest articles are much shorter, longer or emptier than those of the 30 days before; NULL if these are too few. See source_drift.';
COMMENT ON COLUMN source_health.drift_detail IS 'Its drift in words; NULL unless it drifts.';
COMMENT ON COLUMN source_health.tagged_share IS 'Of the stored pages that it showed in the last 90 days, the share (0 to 1) with an alert; see source_yield.';
COMMENT ON COLUMN source_health.first_share IS 'Of those that other feeds showed too, the share that none had shown in an earlier run.';
COMMENT ON COLUMN source_health.confirmed_share IS 'Of those that analysts judged, the share that they confirmed.';
COMMENT ON COLUMN source_health.teaser_share IS 'Share of its articles of the last 30 days of which the page showed only the beginning.';
COMMENT ON COLUMN source_health.blocked_share IS 'Share of its articles of the last 30 days of which the page showed nothing: a wall, a refusal, robots.txt.';
COMMENT ON COLUMN source_health.last_notice IS 'Kind of the last line of its history; see NoticeKind.';
COMMENT ON COLUMN source_health.last_notice_detail IS 'The same in a sentence.';
COMMENT ON COLUMN source_health.last_notice_at IS 'When it was noticed.';
