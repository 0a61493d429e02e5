UPDATE entries
SET backlog = false
WHERE backlog AND state = 'due' AND entry_id IN (SELECT entry_id FROM incoming);
