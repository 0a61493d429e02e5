UPDATE feeds
SET
    etag = incoming.etag,
    last_modified = incoming.last_modified,
    consecutive_failures = incoming.consecutive_failures,
    last_polled_at = incoming.last_polled_at,
    last_success_at = incoming.last_success_at,
    next_attempt_at = incoming.next_attempt_at,
    retired = incoming.retired,
    permanent_url = incoming.permanent_url
FROM incoming
WHERE feeds.feed_id = incoming.feed_id;
