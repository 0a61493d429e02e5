INSERT INTO digest_items BY NAME
SELECT * FROM incoming
ANTI JOIN digest_items USING (digest_id, article_id, category);
