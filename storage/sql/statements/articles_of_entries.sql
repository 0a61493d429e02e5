-- What this run stored for the given entries, and its alert tags: the same answer however often it is asked.
WITH mine AS (
    SELECT article_id, not_classified, language
    FROM articles
    SEMI JOIN incoming USING (entry_id)
    WHERE run_id = $run_id
),
alerts AS (
    SELECT category, count(*)::INTEGER AS given
    FROM tags
    SEMI JOIN mine USING (article_id)
    WHERE decision = 'alert'
    GROUP BY category
    ORDER BY category
),
foreign_ones AS (
    SELECT coalesce(language, '') AS language, count(*)::INTEGER AS articles
    FROM mine
    WHERE not_classified = 'language_not_covered'
    GROUP BY ALL
    ORDER BY language
)
SELECT
    (SELECT count(*) FROM mine) AS articles,
    (SELECT count(*) FROM mine WHERE not_classified IS NOT NULL) AS not_classified,
    (SELECT coalesce(list(language), []) FROM foreign_ones) AS languages,
    (SELECT coalesce(list(articles), []) FROM foreign_ones) AS not_covered,
    (SELECT coalesce(list(category), []) FROM alerts) AS categories,
    (SELECT coalesce(list(given), []) FROM alerts) AS given;
