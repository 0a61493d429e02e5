-- Who told a page first: an article at that address, or an entry with that link which is no copy itself. A page that
-- several items of one document share belongs to none of them.
WITH wanted AS (
    SELECT DISTINCT canonical_url FROM incoming WHERE canonical_url <> '' AND NOT link_shared
),
told AS (
    SELECT e.canonical_url, e.entry_id, a.article_id, e.first_seen_at
    FROM entries AS e
    LEFT JOIN articles AS a ON a.entry_id = e.entry_id AND a.part IS NULL
    WHERE NOT e.link_shared AND e.state <> 'linked' AND e.canonical_url IN (SELECT canonical_url FROM wanted)
    UNION ALL
    SELECT a.canonical_url, a.entry_id, a.article_id, a.first_seen_at
    FROM articles AS a
    JOIN entries AS e USING (entry_id)
    WHERE NOT e.link_shared AND a.part IS NULL AND a.canonical_url IN (SELECT canonical_url FROM wanted)
)
SELECT
    canonical_url,
    arg_min(entry_id, (article_id IS NULL, first_seen_at, entry_id)) AS entry_id,
    arg_min_null(article_id, (article_id IS NULL, first_seen_at, entry_id)) AS article_id
FROM told
GROUP BY canonical_url;
