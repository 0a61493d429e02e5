INSERT INTO failures BY NAME
SELECT * FROM incoming
ANTI JOIN failures USING (failure_id);
