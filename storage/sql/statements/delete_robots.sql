-- A copy that was found outlives an answer that the file cannot be had, for as long as it may stand in for it.
DELETE FROM robots
WHERE NOT fetched_at BETWEEN $oldest AND $newest
    OR origin IN (
        SELECT i.origin
        FROM incoming AS i
        JOIN robots AS r USING (origin)
        WHERE i.state <> 'unreachable' OR r.state <> 'found'
    );
