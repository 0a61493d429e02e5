WITH opinions AS (
    SELECT
        article_id,
        coalesce(list(category ORDER BY category) FILTER (opinion = $yes), []) AS yes,
        coalesce(list(category ORDER BY category) FILTER (opinion = $no), []) AS no
    FROM standing_among('all_verdicts')
    GROUP BY article_id
)
SELECT a.article_id, a.title, a.text, coalesce(a.language, '') AS language, o.yes, o.no
FROM opinions AS o
JOIN articles AS a USING (article_id)
ORDER BY a.article_id;
