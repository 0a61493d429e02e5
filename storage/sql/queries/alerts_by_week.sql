-- title: Categories by week
-- shows: How many articles matched each category in each week in which they were first seen.
-- param weeks = 12: how many weeks to look back
SELECT date_trunc('week', first_seen_at)::DATE AS week, category, count(*) AS articles, count(DISTINCT outlet) AS outlets
FROM tagged_articles
WHERE first_seen_at >= now() - to_days(7 * $weeks::INTEGER)
GROUP BY week, category
ORDER BY week DESC, category;
