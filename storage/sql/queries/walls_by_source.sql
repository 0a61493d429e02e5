-- title: Walls by source
-- shows: What stood in place of the articles of each source in the last 30 days, in percent; the most walled first.
SELECT
    outlet,
    sum(articles)::BIGINT AS articles,
    round(100 * coalesce(sum(share) FILTER (access = 'full'), 0), 1) AS full_text,
    round(100 * coalesce(sum(share) FILTER (access = 'teaser'), 0), 1) AS teaser,
    round(100 * coalesce(sum(share) FILTER (access = 'challenge'), 0), 1) AS challenge,
    round(100 * coalesce(sum(share) FILTER (access = 'consent'), 0), 1) AS consent,
    round(100 * coalesce(sum(share) FILTER (access = 'login'), 0), 1) AS login,
    round(100 * coalesce(sum(share) FILTER (access = 'blocked'), 0), 1) AS blocked,
    round(100 * coalesce(sum(share) FILTER (access = 'robots'), 0), 1) AS robots,
    round(100 * coalesce(sum(share) FILTER (access = 'empty'), 0), 1) AS empty
FROM source_access
WHERE articles > 0
GROUP BY feed_id, outlet
HAVING coalesce(sum(share) FILTER (access = 'full'), 0) < 1
ORDER BY full_text, outlet;
