SELECT article_id, category, score, decision, evidence, terms, nearest, corpus, model, retroactive
FROM tags
SEMI JOIN incoming USING (article_id)
ORDER BY article_id, score DESC, category;
