-- title: Entries not stored
-- shows: The entries that wait, failed or were dropped, with the reason and the time of the next attempt.
-- param rows = 100: how many to show
SELECT first_seen_at, state, reason, detail, attempts, due_at, outlet, title, url
FROM entry_ledger
WHERE state IN ('due', 'failed', 'dropped')
ORDER BY first_seen_at DESC, url
LIMIT $rows;
