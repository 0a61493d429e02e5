INSERT INTO feed_habits BY NAME
SELECT * FROM incoming
ANTI JOIN feed_habits USING (feed_id, habit);
