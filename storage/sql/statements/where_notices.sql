SELECT feed_id, kind, noticed_at, detail
FROM notices
SEMI JOIN incoming USING (feed_id)
ORDER BY noticed_at DESC, notice_id
LIMIT 10;
