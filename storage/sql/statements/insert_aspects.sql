INSERT INTO entry_aspects BY NAME
SELECT * FROM incoming
ANTI JOIN entry_aspects USING (entry_id, feed_id);
