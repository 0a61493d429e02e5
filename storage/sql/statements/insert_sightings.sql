INSERT INTO sightings BY NAME
SELECT * FROM incoming
ANTI JOIN sightings USING (entry_id, feed_id);
