SELECT
    f.feed_id, f.url, f.outlet, h.health, f.consecutive_failures, f.last_polled_at, f.last_success_at, f.next_attempt_at,
    f.permanent_url, coalesce(f.failure_points, 0) AS failure_points, coalesce(f.permanent_days, 0) AS permanent_days,
    f.adopted_url, f.fresh_until, coalesce(f.validators_lie, false) AS validators_lie, h.last_reason, h.last_detail,
    h.entries, h.entries_due, h.entries_failed, h.articles, h.alert_articles
FROM feeds AS f
JOIN source_health AS h USING (feed_id)
WHERE f.feed_id = $feed_id OR f.url = $asked
ORDER BY f.url, f.feed_id;
