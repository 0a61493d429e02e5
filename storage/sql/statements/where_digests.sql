SELECT DISTINCT i.article_id, d.digest_id, d.made_at
FROM digest_items AS i
SEMI JOIN incoming USING (article_id)
JOIN digests AS d USING (digest_id)
ORDER BY d.made_at, d.digest_id;
