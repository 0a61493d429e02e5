-- title: Silent sources
-- shows: The sources that answer and are quieter than they use to be, with their usual rhythm; the longest silence first.
SELECT
    s.outlet,
    s.detail,
    s.last_new_at,
    round(s.silent_for_hours, 1) AS silent_for_hours,
    round(s.usual_gap_hours, 1) AS usual_gap_hours,
    round(s.allowed_hours, 1) AS allowed_hours,
    h.feed_url
FROM source_silence AS s
JOIN source_health AS h USING (feed_id)
WHERE s.silent
ORDER BY s.silent_for_hours DESC, s.outlet;
