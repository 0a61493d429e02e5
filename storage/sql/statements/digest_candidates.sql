-- Articles with an alert that no digest has told, with all their alert tags, as verdicts leave them. What was old when
-- its feed was new is told only if an analyst says yes.
WITH labels AS (
    SELECT
        article_id,
        list(
            struct_pack(
                category := category,
                score := score,
                decision := decision,
                evidence := evidence,
                terms := terms,
                nearest := nearest,
                judged_by := judged_by
            )
            ORDER BY score DESC NULLS LAST, category
        ) AS tags,
        bool_or(retroactive) AND bool_and(retroactive OR decided_by = 'analyst') AS retroactive,
        bool_or(decided_by = 'analyst') AS confirmed
    FROM tags_under('all_verdicts')
    ANTI JOIN digest_items USING (article_id)
    WHERE decision = 'alert'
    GROUP BY article_id
)
SELECT
    a.article_id, a.url, a.title, coalesce(f.outlet, '') AS outlet, a.published_at, a.first_seen_at, l.tags,
    l.retroactive, a.access
FROM labels AS l
JOIN articles AS a USING (article_id)
LEFT JOIN feeds AS f USING (feed_id)
WHERE l.confirmed OR NOT a.backlog
ORDER BY a.first_seen_at, a.article_id;
