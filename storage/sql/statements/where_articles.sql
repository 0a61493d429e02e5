SELECT
    a.article_id, a.entry_id, a.part, a.url, a.title, coalesce(f.outlet, '') AS outlet, a.language, a.published_at,
    a.date_source, a.access, a.text_source, length(a.text) AS characters, a.first_seen_at, a.fetched_at, a.not_classified,
    a.model, a.corpus, coalesce(a.backlog, false) AS backlog, coalesce(a.dates, []) AS dates
FROM articles AS a
SEMI JOIN incoming USING (article_id)
LEFT JOIN feeds AS f USING (feed_id)
ORDER BY a.entry_id, a.part NULLS FIRST, a.article_id;
