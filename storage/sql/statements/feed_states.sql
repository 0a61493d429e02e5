SELECT
    feed_id, etag, last_modified, consecutive_failures, last_polled_at, last_success_at, next_attempt_at, retired,
    permanent_url, failure_points, fresh_until, permanent_days, permanent_on, adopted_url, listing, checked_at,
    validators_lie, clean_checks
FROM feeds
SEMI JOIN incoming USING (feed_id);
