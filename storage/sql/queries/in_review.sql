-- title: Articles in review
-- shows: The grey zone: articles that a person should look at, most likely match first.
-- param rows = 50: how many to show
SELECT first_seen_at, category, round(score, 2) AS score, outlet, title, url, evidence
FROM review_queue
ORDER BY score DESC, first_seen_at DESC, url
LIMIT $rows;
