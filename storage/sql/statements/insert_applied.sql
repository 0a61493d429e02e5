INSERT INTO journal_applied BY NAME
SELECT * FROM incoming
ANTI JOIN journal_applied USING (journal_id);
