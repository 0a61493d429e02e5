UPDATE feeds
SET
    etag = incoming.etag,
    last_modified = incoming.last_modified,
    consecutive_failures = incoming.consecutive_failures,
    last_polled_at = incoming.last_polled_at,
    last_success_at = incoming.last_success_at,
    next_attempt_at = incoming.next_attempt_at,
    retired = incoming.retired,
    permanent_url = incoming.permanent_url,
    failure_points = incoming.failure_points,
    fresh_until = incoming.fresh_until,
    permanent_days = incoming.permanent_days,
    permanent_on = incoming.permanent_on,
    adopted_url = incoming.adopted_url,
    listing = incoming.listing,
    checked_at = incoming.checked_at,
    validators_lie = incoming.validators_lie,
    clean_checks = incoming.clean_checks
FROM incoming
WHERE feeds.feed_id = incoming.feed_id;
