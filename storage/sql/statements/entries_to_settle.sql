SELECT entry_id, feed_id, state, attempts, last_run_id, first_seen_at
FROM entries
SEMI JOIN incoming USING (entry_id);
