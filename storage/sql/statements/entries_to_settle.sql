SELECT entry_id, feed_id, state, attempts, last_run_id, first_seen_at, replayed_at, coalesce(backlog, false) AS backlog
FROM entries
SEMI JOIN incoming USING (entry_id);
