INSERT INTO scores BY NAME
SELECT * FROM incoming
ANTI JOIN scores USING (article_id, category);
