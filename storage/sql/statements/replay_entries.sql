-- Due since its last try, and not since the replay: a time that has come, whatever the clock of the operator said.
UPDATE entries
SET
    state = 'due',
    attempts = 0,
    due_at = coalesce(entries.last_attempt_at, entries.first_seen_at),
    finished_at = NULL,
    replayed_at = incoming.replayed_at
FROM incoming
WHERE entries.entry_id = incoming.entry_id
    AND entries.entry_id IN (SELECT entry_id FROM set_aside);
