SELECT poll_id, new_entries, due_again, unchanged, linked, dropped
FROM polls
SEMI JOIN incoming USING (poll_id);
