SELECT
    a.article_id, a.url, a.title, coalesce(f.outlet, '') AS outlet, a.published_at, coalesce(a.language, '') AS language
FROM articles AS a
SEMI JOIN incoming USING (article_id)
LEFT JOIN feeds AS f USING (feed_id)
ORDER BY a.article_id;
