-- title: Alerts of the backlog
-- shows: The matches among articles that were old when their feed was new, which no digest alerts on unless an analyst says yes.
-- param rows = 100: how many to show
SELECT published_at, first_seen_at, category, round(score, 2) AS score, decided_by, outlet, title, url, evidence
FROM tagged_articles
WHERE backlog
ORDER BY first_seen_at DESC, published_at DESC, category, url
LIMIT $rows;
