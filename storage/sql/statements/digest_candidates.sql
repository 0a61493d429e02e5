-- Articles with an alert that no digest has told, with all their alert tags.
WITH untold AS (
    SELECT DISTINCT article_id FROM tags
    ANTI JOIN digest_items USING (article_id)
    WHERE decision = 'alert'
),
labels AS (
    SELECT
        article_id,
        list(
            struct_pack(category := category, score := score, evidence := evidence)
            ORDER BY score DESC, category
        ) AS tags
    FROM tags
    SEMI JOIN untold USING (article_id)
    WHERE decision = 'alert'
    GROUP BY article_id
)
SELECT a.article_id, a.url, a.title, coalesce(f.outlet, '') AS outlet, a.published_at, a.first_seen_at, l.tags
FROM labels AS l
JOIN articles AS a USING (article_id)
LEFT JOIN feeds AS f USING (feed_id)
ORDER BY a.first_seen_at, a.article_id;
