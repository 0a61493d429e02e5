UPDATE feed_habits
SET last_seen_at = incoming.last_seen_at, detail = incoming.detail
FROM incoming
WHERE feed_habits.feed_id = incoming.feed_id AND feed_habits.habit = incoming.habit;
