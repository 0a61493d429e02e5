SELECT
    entry_id, feed_id, url, title, guid, summary_html,
    CASE
        WHEN replayed_at IS NULL OR summary_html IS NOT NULL OR content_html IS NOT NULL THEN content_html
        -- Set aside before the feed's text was kept with the entry: the article has it without its markup.
        ELSE (
            SELECT replace(replace(any_value(a.feed_text), '&', '&amp;'), '<', '&lt;')
            FROM articles AS a
            WHERE a.entry_id = entries.entry_id
        )
    END AS content_html,
    authors, language, link_shared, published_at,
    date_source, coalesce(dates, []) AS dates
FROM entries
WHERE state = 'due' AND (due_at <= $now OR coalesce(last_attempt_at, first_seen_at) > $latest_past)
ORDER BY first_seen_at, entry_id
LIMIT $most;
