-- title: Dates missing
-- shows: How many articles of each source have no believable publication date.
SELECT
    outlet,
    count(*) AS articles,
    count(*) FILTER (published_at IS NULL) AS without_date,
    round(100.0 * count(*) FILTER (published_at IS NULL) / count(*), 1) AS percent
FROM article_list
GROUP BY outlet
HAVING count(*) FILTER (published_at IS NULL) > 0
ORDER BY without_date DESC, outlet;
