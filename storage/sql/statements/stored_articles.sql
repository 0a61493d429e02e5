SELECT
    a.article_id, a.url, a.title, a.text, coalesce(f.outlet, '') AS outlet, coalesce(a.language, '') AS language,
    a.first_seen_at, a.not_classified, a.model
FROM articles AS a
SEMI JOIN incoming USING (article_id)
LEFT JOIN feeds AS f USING (feed_id)
WHERE a.fetched_at BETWEEN $first AND $last
ORDER BY a.fetched_at, a.article_id;
