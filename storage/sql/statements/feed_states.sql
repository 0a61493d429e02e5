SELECT
    feed_id, etag, last_modified, consecutive_failures, last_polled_at, last_success_at, next_attempt_at, retired,
    permanent_url
FROM feeds
SEMI JOIN incoming USING (feed_id);
