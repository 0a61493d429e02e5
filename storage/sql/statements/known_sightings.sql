SELECT entry_id, feed_id, run_id
FROM sightings
SEMI JOIN incoming USING (entry_id, feed_id);
