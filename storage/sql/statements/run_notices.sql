SELECT n.kind, n.detail, n.noticed_at, coalesce(f.outlet, '') AS outlet, coalesce(f.url, '') AS feed_url
FROM notices AS n
LEFT JOIN feeds AS f USING (feed_id)
WHERE n.run_id = $run_id
ORDER BY n.noticed_at, outlet, n.kind, n.notice_id;
