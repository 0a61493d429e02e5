INSERT INTO verdicts BY NAME
SELECT * FROM incoming
ANTI JOIN verdicts USING (verdict_id);
