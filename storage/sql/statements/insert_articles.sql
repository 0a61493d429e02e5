INSERT INTO articles BY NAME
SELECT * FROM incoming
ANTI JOIN articles USING (article_id);
