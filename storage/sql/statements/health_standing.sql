WITH noticed AS (
    SELECT feed_id, kind, arg_max(noticed_at, rowid) AS noticed_at
    FROM notices
    WHERE kind IN ('silent', 'drift')
    GROUP BY feed_id, kind
),
troubled AS (
    SELECT feed_id, 'silent' AS kind, detail FROM source_silence WHERE silent
    UNION ALL
    SELECT feed_id, 'drift' AS kind, detail FROM source_drift WHERE drift
)
SELECT f.outlet, f.url AS feed_url, t.kind, t.detail, n.noticed_at
FROM troubled AS t
JOIN feeds AS f USING (feed_id)
LEFT JOIN noticed AS n ON n.feed_id = t.feed_id AND n.kind = t.kind
WHERE f.registered AND NOT f.retired
ORDER BY t.kind DESC, f.outlet, f.url;
