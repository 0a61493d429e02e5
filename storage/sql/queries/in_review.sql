-- title: Articles in review
-- shows: The grey zone: articles that a person should look at and nobody has judged, worst doubt first.
-- param rows = 50: how many to show
SELECT first_seen_at, category, round(score, 2) AS score, outlet, title, url, evidence, round(doubt, 2) AS doubt
FROM review_queue
ORDER BY review_queue.doubt DESC, first_seen_at DESC, url
LIMIT $rows;
