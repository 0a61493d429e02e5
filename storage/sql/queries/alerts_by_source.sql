-- title: Alerts by source
-- shows: Which source brought how many matches of which category.
-- param days = 90: how many days to look back
SELECT outlet, category, count(*) AS articles, round(avg(score), 2) AS mean_score
FROM tagged_articles
WHERE first_seen_at >= now() - to_days($days::INTEGER)
GROUP BY outlet, category
ORDER BY articles DESC, outlet, category;
