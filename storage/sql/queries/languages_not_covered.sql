-- title: Languages not covered
-- shows: The languages that the corpus has no examples of, with the articles that were stored without a score for that.
SELECT
    coalesce(language, 'unknown') AS language,
    count(*) AS articles,
    count(DISTINCT outlet) AS outlets,
    max(first_seen_at) AS latest,
    arg_max(title, first_seen_at) AS example
FROM article_list
WHERE not_classified = 'language_not_covered'
GROUP BY article_list.language
ORDER BY articles DESC, language;
