SELECT entry_id, state, due_at, claimed_run_id
FROM entries
SEMI JOIN incoming USING (entry_id);
