INSERT INTO digests BY NAME
SELECT * FROM incoming
ANTI JOIN digests USING (digest_id);
