SELECT article_id, category, retroactive
FROM tags
SEMI JOIN incoming USING (article_id)
WHERE decision = 'alert';
