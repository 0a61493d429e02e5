SELECT count(*) AS due FROM entries WHERE state = 'due' AND due_at <= $now;
