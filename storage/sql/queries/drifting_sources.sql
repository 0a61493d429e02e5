-- title: Drifting sources
-- shows: The sources whose newest articles are much shorter, longer or emptier than those of the 30 days before, with the figures.
SELECT
    d.outlet,
    d.detail,
    d.recent_articles,
    d.baseline_articles,
    round(d.recent_characters)::BIGINT AS characters,
    round(d.baseline_characters)::BIGINT AS characters_before,
    round(100 * d.recent_not_from_page, 1) AS percent_not_from_page,
    round(100 * d.baseline_not_from_page, 1) AS percent_not_from_page_before,
    round(100 * d.recent_without_text, 1) AS percent_without_text,
    round(100 * d.baseline_without_text, 1) AS percent_without_text_before,
    round(100 * d.recent_without_date, 1) AS percent_without_date,
    round(100 * d.baseline_without_date, 1) AS percent_without_date_before,
    f.url AS feed_url
FROM source_drift AS d
JOIN feeds AS f USING (feed_id)
WHERE d.drift AND f.registered
ORDER BY d.outlet, f.url;
