WITH walls AS (
    SELECT feed_id, map_from_entries(list((access, articles) ORDER BY articles DESC, access)) AS access
    FROM source_access
    WHERE articles > 0
    GROUP BY feed_id
)
SELECT
    h.outlet, h.feed_url, h.health, h.last_success_at, h.next_attempt_at, h.consecutive_failures, h.last_reason,
    h.last_detail, h.silent, h.silent_for_hours, h.usual_gap_hours, h.silent_detail, h.drift, h.drift_detail, h.habits,
    h.articles, h.alert_articles, h.tagged_share, h.first_share, h.confirmed_share,
    coalesce(w.access, MAP {}) AS access, h.last_notice, h.last_notice_detail, h.last_notice_at
FROM source_health AS h
LEFT JOIN walls AS w USING (feed_id)
ORDER BY h.outlet, h.feed_url;
