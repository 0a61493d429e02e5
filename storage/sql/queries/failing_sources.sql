-- title: Failing sources
-- shows: The feeds that failed at the last attempt or are gone, since when, why, and when they are tried again.
SELECT outlet, feed_url, health, consecutive_failures, last_reason, last_detail, last_success_at, next_attempt_at
FROM source_health
WHERE health IN ('failing', 'retired')
ORDER BY consecutive_failures DESC, outlet;
