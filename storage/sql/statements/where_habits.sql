SELECT feed_id, habit, found_at, last_seen_at, detail
FROM feed_habits
SEMI JOIN incoming USING (feed_id)
ORDER BY found_at, habit;
