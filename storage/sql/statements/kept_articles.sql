SELECT entry_id, article_id, part, text_source, feed_text, length(text) AS characters
FROM articles
SEMI JOIN incoming USING (entry_id)
ORDER BY entry_id, part NULLS FIRST, article_id;
