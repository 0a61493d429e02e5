-- title: Dates refused
-- shows: The date texts of articles that were not believed, with why, and the date that was chosen instead.
-- param rows = 100: how many to show
WITH candidates AS (
    SELECT article_id, feed_id, title, url, first_seen_at, published_at, date_source, unnest(dates) AS candidate
    FROM articles
)
SELECT
    c.first_seen_at,
    f.outlet,
    c.candidate.source AS stood_in,
    c.candidate."text" AS date_text,
    c.candidate.fault AS fault,
    c.candidate.read_as AS read_as,
    c.published_at AS chosen,
    c.date_source AS chosen_from,
    c.title,
    c.url
FROM candidates AS c
LEFT JOIN feeds AS f USING (feed_id)
WHERE c.candidate.fault IS NOT NULL
ORDER BY c.first_seen_at DESC, c.url, stood_in, date_text
LIMIT $rows;
