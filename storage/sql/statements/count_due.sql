SELECT count(*) AS due
FROM entries
WHERE state = 'due' AND (due_at <= $now OR coalesce(last_attempt_at, first_seen_at) > $latest_past);
