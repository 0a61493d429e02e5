-- Entries that a feed has shown before and that an item of it without a page of its own may be: the same id of the
-- feed, or the same title and text. An item that has come to a page of its own since is found by that page.
WITH alike AS (
    SELECT a.entry_id, a.feed_id
    FROM entry_aspects AS a
    JOIN incoming AS i ON a.feed_id = i.feed_id AND a.guid = i.guid
    WHERE i.guid <> ''
    UNION
    SELECT a.entry_id, a.feed_id
    FROM entry_aspects AS a
    JOIN incoming AS i ON a.feed_id = i.feed_id AND a.page = i.page AND a.title = i.title AND a.text_key = i.text_key
    WHERE i.title <> '' AND i.text_key <> ''
)
SELECT entry_id, feed_id, page, guid, title, published_at, text_key, seen_at
FROM entry_aspects
SEMI JOIN alike USING (entry_id, feed_id);
