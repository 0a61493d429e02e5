SELECT state, count(*) AS entries FROM entries GROUP BY state ORDER BY state;
