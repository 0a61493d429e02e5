-- title: Last runs
-- shows: What the last runs did, and whether their books balance.
-- param rows = 14: how many to show
SELECT started_at, round(seconds, 1) AS seconds, feeds_ok, feeds_not_modified, feeds_failed, feeds_skipped,
    seen, stored, unchanged, linked, failed, dropped, balanced, articles, alert_tags
FROM run_log
ORDER BY started_at DESC
LIMIT $rows;
