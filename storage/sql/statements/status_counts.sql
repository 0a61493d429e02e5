SELECT
    (SELECT count(*) FROM feeds WHERE registered) AS feeds,
    (SELECT count(*) FROM feeds WHERE registered AND retired) AS feeds_retired,
    (
        SELECT coalesce(list(outlet ORDER BY outlet), []) FROM feeds
        WHERE registered AND NOT retired AND consecutive_failures > 0
    ) AS failing,
    (SELECT count(*) FROM articles) AS articles,
    (SELECT count(DISTINCT article_id) FROM tags_under('all_verdicts') WHERE decision = 'review') AS awaiting_review,
    (SELECT count(*) FROM all_verdicts) AS verdicts,
    (SELECT count(*) FROM digests) AS digests,
    (SELECT max(made_at) FROM digests) AS last_digest_at;
