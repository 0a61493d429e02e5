SELECT s.entry_id, coalesce(f.outlet, '') AS outlet, coalesce(f.url, '') AS feed_url, s.seen_at
FROM sightings AS s
SEMI JOIN incoming USING (entry_id)
LEFT JOIN feeds AS f USING (feed_id)
ORDER BY s.seen_at, feed_url;
