-- What a digest rests on; a time of NULL asks for everything so far.
SELECT
    (SELECT count(*) FROM feeds WHERE registered AND NOT retired) AS sources,
    (
        SELECT count(*) FROM feeds
        WHERE registered AND NOT retired AND last_success_at IS NOT NULL
            AND ($since::TIMESTAMPTZ IS NULL OR last_success_at >= $since)
    ) AS sources_read,
    (SELECT count(*) FROM articles WHERE $since::TIMESTAMPTZ IS NULL OR fetched_at > $since) AS articles_read,
    (SELECT count(DISTINCT article_id) FROM tags_under('all_verdicts') WHERE decision = 'review') AS awaiting_review,
    (
        SELECT coalesce(list(outlet ORDER BY outlet), []) FROM feeds
        WHERE registered AND NOT retired AND consecutive_failures > 0
    ) AS failing,
    (
        SELECT coalesce(list(f.outlet ORDER BY f.outlet), [])
        FROM source_silence AS s
        JOIN feeds AS f USING (feed_id)
        WHERE s.silent AND f.registered AND NOT f.retired
    ) AS silent,
    (
        SELECT count(*)
        FROM articles AS a
        SEMI JOIN (
            SELECT article_id
            FROM tags_under('all_verdicts')
            ANTI JOIN digest_items USING (article_id)
            WHERE decision = 'alert'
            GROUP BY article_id
            HAVING NOT bool_or(decided_by = 'analyst')
        ) AS l USING (article_id)
        WHERE a.backlog AND ($since::TIMESTAMPTZ IS NULL OR greatest(a.fetched_at, a.classified_at) > $since)
    ) AS backlog;
