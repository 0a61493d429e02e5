WITH grey AS (
    SELECT *, 1 - abs(2 * score - 1) AS doubt
    FROM tags_under('all_verdicts')
    WHERE decision = 'review' AND ($category::VARCHAR IS NULL OR category = $category)
)
SELECT
    a.article_id, a.url, a.title, coalesce(f.outlet, '') AS outlet, a.published_at, coalesce(a.language, '') AS language,
    a.text, g.category, g.score, g.doubt, g.decision, g.evidence, g.terms, g.nearest
FROM grey AS g
JOIN articles AS a USING (article_id)
LEFT JOIN feeds AS f USING (feed_id)
ORDER BY g.doubt DESC, a.first_seen_at DESC, a.article_id, g.category
LIMIT $most;
