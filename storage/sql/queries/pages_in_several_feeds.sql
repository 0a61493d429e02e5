-- title: Pages in several feeds
-- shows: The entries that most feeds have listed.
-- param rows = 50: how many to show
SELECT feeds, first_seen_at, outlet AS first_shown_by, title, url
FROM entry_ledger
WHERE feeds > 1
ORDER BY feeds DESC, first_seen_at DESC, url
LIMIT $rows;
