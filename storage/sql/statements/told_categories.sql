SELECT DISTINCT article_id, category
FROM digest_items
SEMI JOIN incoming USING (article_id);
