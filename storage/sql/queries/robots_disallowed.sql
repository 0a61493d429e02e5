-- title: Left unread for robots.txt
-- shows: The hosts whose robots.txt keeps pages from being read, or could not be had, with how many pages that is.
SELECT origin, state, entries_unread, last_unread_at, fetched_at, detail
FROM robots_log
WHERE entries_unread > 0 OR state = 'unreachable'
ORDER BY entries_unread DESC, origin;
