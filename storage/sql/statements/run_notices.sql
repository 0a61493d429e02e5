SELECT n.kind, n.detail, n.noticed_at, coalesce(f.outlet, '') AS outlet, coalesce(f.url, '') AS feed_url
FROM notices AS n
LEFT JOIN feeds AS f USING (feed_id)
-- Those of runs that were killed before their report, too: else nobody would ever be told.
WHERE n.run_id = $run_id
    OR (
        n.run_id NOT IN (SELECT run_id FROM runs)
        AND n.noticed_at >= (SELECT max(finished_at) FROM runs)
    )
ORDER BY n.noticed_at, outlet, n.kind, n.notice_id;
