-- Feeds that have shown something before; one whose documents were empty so far is still new.
SELECT DISTINCT s.feed_id
FROM sightings AS s
SEMI JOIN incoming USING (feed_id);
