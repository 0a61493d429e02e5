INSERT INTO entries BY NAME
SELECT * FROM incoming
ANTI JOIN entries USING (entry_id);
