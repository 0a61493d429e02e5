INSERT INTO notices BY NAME
SELECT * FROM incoming
ANTI JOIN notices USING (notice_id);
