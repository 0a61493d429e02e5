SELECT feed_id, habit
FROM feed_habits
SEMI JOIN incoming USING (feed_id);
