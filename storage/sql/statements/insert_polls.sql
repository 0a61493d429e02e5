INSERT INTO polls BY NAME
SELECT * FROM incoming
ANTI JOIN polls USING (poll_id);
