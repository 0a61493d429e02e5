SELECT article_id, entry_id
FROM articles
SEMI JOIN incoming USING (article_id);
