-- What has changed since the last notice of its kind. The order of notices is that in which they were written: a clock
-- that goes back must not make an old notice the last one.
WITH told AS (
    SELECT
        feed_id,
        arg_max(kind, rowid) FILTER (kind IN ('silent', 'heard_again')) AS silence,
        arg_max(noticed_at, rowid) FILTER (kind = 'silent') AS silent_at,
        arg_max(kind, rowid) FILTER (kind IN ('drift', 'drift_over')) AS drift
    FROM notices
    GROUP BY feed_id
)
SELECT s.feed_id, 'silent' AS kind, s.detail
FROM source_silence AS s
LEFT JOIN told AS t USING (feed_id)
WHERE s.silent AND t.silence IS DISTINCT FROM 'silent'
UNION ALL
SELECT
    s.feed_id,
    'heard_again' AS kind,
    CASE
        WHEN s.last_new_at > t.silent_at
            THEN coalesce('something new after ' || span_in_words(s.last_gap_hours), 'something new')
        ELSE 'its list is no longer empty'
    END AS detail
FROM source_silence AS s
JOIN told AS t USING (feed_id)
WHERE t.silence = 'silent' AND (NOT s.silent OR (s.silent IS NULL AND s.last_new_at > t.silent_at))
UNION ALL
SELECT d.feed_id, 'drift' AS kind, d.detail
FROM source_drift AS d
LEFT JOIN told AS t USING (feed_id)
WHERE d.drift AND t.drift IS DISTINCT FROM 'drift'
UNION ALL
SELECT
    d.feed_id,
    'drift_over' AS kind,
    'its last articles are like those of the 30 days before'
        || coalesce(printf(': %d characters', round(d.recent_characters)::BIGINT), '') AS detail
FROM source_drift AS d
JOIN told AS t USING (feed_id)
WHERE d.steady AND t.drift = 'drift'
ORDER BY feed_id, kind;
