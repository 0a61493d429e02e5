-- What each item looked like when the same feed showed it first; another feed's wording is no change.
SELECT entry_id, feed_id, guid, title, published_at, date_source
FROM entries
SEMI JOIN incoming USING (entry_id, feed_id);
