INSERT INTO tags BY NAME
SELECT * FROM incoming
ANTI JOIN tags USING (article_id, category);
