-- title: Source yield
-- shows: What each source has brought: entries, articles, alerts with their share; of 90 days, how often it was first and how often analysts agreed.
SELECT
    outlet,
    country,
    kind,
    entries,
    articles,
    alert_articles,
    round(100.0 * alert_articles / nullif(articles, 0), 1) AS alert_percent,
    last_article_at,
    round(100.0 * first_share, 1) AS first_percent,
    round(100.0 * confirmed_share, 1) AS confirmed_percent
FROM source_health
WHERE health <> 'removed'
ORDER BY alert_articles DESC, articles DESC, outlet;
