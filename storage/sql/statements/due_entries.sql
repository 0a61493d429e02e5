SELECT
    entry_id, feed_id, url, title, guid, summary_html, content_html, authors, language, link_shared, published_at,
    date_source, coalesce(dates, []) AS dates
FROM entries
WHERE state = 'due' AND (due_at <= $now OR coalesce(last_attempt_at, first_seen_at) > $latest_past)
ORDER BY first_seen_at, entry_id
LIMIT $most;
