SELECT origin, state, fetched_at, body, detail
FROM robots
WHERE fetched_at BETWEEN $oldest AND $newest
ORDER BY origin;
