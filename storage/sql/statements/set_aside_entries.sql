-- A key is an entry's or article's id, the first characters of one, or an address; no key at all asks for everything.
WITH named AS (
    SELECT s.entry_id
    FROM set_aside AS s
    JOIN incoming AS i ON length(i.asked) >= $shortest AND starts_with(s.entry_id, lower(i.asked))
    UNION
    SELECT s.entry_id
    FROM set_aside AS s
    JOIN incoming AS i ON length(i.asked) >= $shortest AND starts_with(s.article_id, lower(i.asked))
    UNION
    SELECT s.entry_id
    FROM set_aside AS s
    JOIN incoming AS i ON i.page <> '' AND s.canonical_url = i.page
)
SELECT entry_id, url, title, outlet, state, stage, reason, detail, finished_at, access
FROM set_aside
WHERE (NOT $chosen OR entry_id IN (SELECT entry_id FROM named))
    AND (len($reasons) = 0 OR list_contains($reasons, reason))
    AND ($outlet::VARCHAR IS NULL OR lower(outlet) = lower($outlet))
    AND ($since::TIMESTAMPTZ IS NULL OR finished_at >= $since)
ORDER BY finished_at DESC, entry_id;
