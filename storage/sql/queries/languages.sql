-- title: Languages
-- shows: Articles by language, and how many of them could not be classified.
SELECT
    coalesce(language, 'unknown') AS language,
    count(*) AS articles,
    count(not_classified) AS not_classified,
    count(*) FILTER (len(alerts) > 0) AS with_alert
FROM article_list
GROUP BY ALL
ORDER BY articles DESC, language;
