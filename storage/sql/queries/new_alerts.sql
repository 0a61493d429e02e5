-- title: New alerts
-- shows: The matches that were first seen in the last days, newest first, with the sentences behind each and who decided.
-- param days = 7: how many days to look back
SELECT first_seen_at, category, round(score, 2) AS score, outlet, title, url, evidence, coalesce(judged_by, 'model') AS by
FROM tagged_articles
WHERE first_seen_at >= now() - to_days($days::INTEGER)
ORDER BY first_seen_at DESC, category, url;
