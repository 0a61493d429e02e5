-- title: Source yield
-- shows: What each source has brought: entries, articles, articles with an alert, and their share in percent.
SELECT
    outlet,
    country,
    kind,
    entries,
    articles,
    alert_articles,
    round(100.0 * alert_articles / nullif(articles, 0), 1) AS alert_percent,
    last_article_at
FROM source_health
WHERE health <> 'removed'
ORDER BY alert_articles DESC, articles DESC, outlet;
