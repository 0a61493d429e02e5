-- For each incoming item, who told its page before: an article at that address, or an entry with that link which is
-- no copy itself. A page that several items of one document share belongs to none of them; there, an item is only
-- known again when its siblings have come or gone since, by its title and date.
WITH wanted AS (
    SELECT DISTINCT entry_id AS asked, canonical_url, link_shared, title, published_at
    FROM incoming
    ANTI JOIN entries USING (entry_id)
    WHERE canonical_url <> ''
),
told AS (
    SELECT w.asked, e.entry_id, a.article_id, e.first_seen_at
    FROM wanted AS w
    JOIN entries AS e USING (canonical_url)
    LEFT JOIN articles AS a ON a.entry_id = e.entry_id AND a.part IS NULL
    WHERE e.state <> 'linked'
        AND (
            (NOT w.link_shared AND NOT e.link_shared)
            OR (
                w.link_shared <> e.link_shared
                AND w.title = e.title
                AND w.published_at IS NOT DISTINCT FROM e.published_at
            )
        )
    UNION ALL
    SELECT w.asked, a.entry_id, a.article_id, a.first_seen_at
    FROM wanted AS w
    JOIN articles AS a USING (canonical_url)
    JOIN entries AS e ON e.entry_id = a.entry_id
    WHERE a.part IS NULL AND NOT w.link_shared AND NOT e.link_shared
)
SELECT
    asked,
    arg_min(entry_id, (article_id IS NULL, first_seen_at, entry_id)) AS entry_id,
    arg_min_null(article_id, (article_id IS NULL, first_seen_at, entry_id)) AS article_id
FROM told
GROUP BY asked;
