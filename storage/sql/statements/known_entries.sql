SELECT entry_id, state, due_at, coalesce(last_attempt_at, first_seen_at) AS due_set_at, claimed_run_id
FROM entries
SEMI JOIN incoming USING (entry_id);
