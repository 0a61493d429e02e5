SELECT article_id, model, not_classified
FROM articles
SEMI JOIN incoming USING (article_id);
