UPDATE entries
SET claimed_run_id = incoming.run_id
FROM incoming
WHERE entries.entry_id = incoming.entry_id;
