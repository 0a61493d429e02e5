SELECT
    l.entry_id, l.url, l.title, l.outlet, l.feed_url, l.first_seen_at, l.state, l.reason, l.detail, l.attempts, l.due_at,
    l.finished_at, l.article_ids, l.linked_to_article_id, coalesce(e.backlog, false) AS backlog, e.replayed_at,
    coalesce(e.dates, []) AS dates
FROM entry_ledger AS l
JOIN entries AS e USING (entry_id)
WHERE e.entry_id = $asked
    OR ($page <> '' AND e.canonical_url = $page)
    OR e.entry_id IN (
        SELECT entry_id FROM articles
        WHERE article_id = $asked OR entry_id = $asked OR ($page <> '' AND canonical_url = $page)
    )
ORDER BY l.first_seen_at, l.entry_id
LIMIT 200;
