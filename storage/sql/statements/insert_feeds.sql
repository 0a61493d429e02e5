INSERT INTO feeds BY NAME
SELECT *, true AS registered, 0 AS consecutive_failures, false AS retired
FROM incoming
ANTI JOIN feeds USING (feed_id);
