UPDATE entry_aspects
SET
    page = incoming.page,
    guid = incoming.guid,
    title = incoming.title,
    published_at = incoming.published_at,
    text_key = incoming.text_key,
    seen_at = incoming.seen_at
FROM incoming
WHERE entry_aspects.entry_id = incoming.entry_id
    AND entry_aspects.feed_id = incoming.feed_id
    AND (
        entry_aspects.page <> incoming.page
        OR entry_aspects.guid <> incoming.guid
        OR entry_aspects.title <> incoming.title
        OR entry_aspects.published_at IS DISTINCT FROM incoming.published_at
        OR entry_aspects.text_key <> incoming.text_key
    );
