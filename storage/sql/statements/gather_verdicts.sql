-- The verdicts of the database together with those that the journal still holds, for this session.
CREATE OR REPLACE TEMP TABLE all_verdicts AS
SELECT * FROM verdicts
UNION ALL BY NAME
SELECT * FROM incoming
ANTI JOIN verdicts USING (verdict_id);
