SELECT article_id
FROM articles
SEMI JOIN incoming USING (article_id);
