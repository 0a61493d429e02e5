-- title: Late finds
-- shows: The matches that were found when stored articles were tagged again, newest article first, with the version that found them.
-- param rows = 100: how many to show
SELECT first_seen_at, category, round(score, 2) AS score, outlet, title, url, evidence, corpus, model
FROM tagged_articles
WHERE retroactive
ORDER BY first_seen_at DESC, category, url
LIMIT $rows;
