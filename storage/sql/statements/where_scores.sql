SELECT article_id, category, score
FROM scores
SEMI JOIN incoming USING (article_id)
ORDER BY article_id, score DESC, category;
