SELECT
    feed_id, run_id, polled_at, outcome, http_status, reason, detail, entries, new_entries, due_again, unchanged, linked,
    dropped
FROM polls
SEMI JOIN incoming USING (feed_id)
ORDER BY polled_at DESC, poll_id
LIMIT 10;
