INSERT INTO robots BY NAME
SELECT * FROM incoming
ANTI JOIN robots USING (origin);
