-- title: History of the sources
-- shows: What changed with the sources: failures, moves, silences, drift, habits; newest first, of all or of one outlet.
-- param outlet = "": name of the outlet, all if empty
-- param rows = 100: how many to show
SELECT noticed_at, outlet, kind, detail, feed_url
FROM source_notices
WHERE $outlet = '' OR lower(outlet) = lower($outlet)
ORDER BY noticed_at DESC, outlet, kind, detail
LIMIT $rows;
