SELECT feed_id
FROM feeds
SEMI JOIN incoming USING (feed_id)
WHERE last_success_at IS NOT NULL;
