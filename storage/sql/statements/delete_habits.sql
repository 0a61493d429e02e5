DELETE FROM feed_habits
WHERE (feed_id, habit) IN (SELECT (feed_id, habit) FROM incoming);
