-- title: Misleading sources
-- shows: The feeds whose servers mislead at present, in which way, since when, and what was seen last.
SELECT f.outlet, h.habit, h.found_at, h.last_seen_at, h.detail, f.url AS feed_url
FROM feed_habits AS h
JOIN feeds AS f USING (feed_id)
WHERE f.registered
ORDER BY f.outlet, f.url, h.habit;
