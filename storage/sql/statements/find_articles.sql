-- An id decides before a prefix, and either before an address; an entry's address stands for its articles.
WITH exact AS (
    SELECT article_id FROM articles WHERE article_id = $asked
),
begun AS (
    SELECT article_id FROM articles
    WHERE length($asked) >= $shortest AND starts_with(article_id, lower($asked))
),
paged AS (
    SELECT article_id FROM articles WHERE $page <> '' AND canonical_url = $page
    UNION
    SELECT a.article_id
    FROM entries AS e
    JOIN articles AS a ON a.entry_id = e.entry_id OR a.article_id = e.linked_to_article_id
    WHERE $page <> '' AND e.canonical_url = $page
),
chosen AS (
    SELECT article_id FROM exact
    UNION
    SELECT article_id FROM begun WHERE NOT EXISTS (FROM exact)
    UNION
    SELECT article_id FROM paged
)
SELECT
    a.article_id, a.url, a.title, coalesce(f.outlet, '') AS outlet, a.published_at, coalesce(a.language, '') AS language
FROM articles AS a
SEMI JOIN chosen USING (article_id)
LEFT JOIN feeds AS f USING (feed_id)
ORDER BY a.first_seen_at, a.article_id
LIMIT 20;
