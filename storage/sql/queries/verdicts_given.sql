-- title: Verdicts given
-- shows: What analysts said of articles, newest first, with what the model says now.
-- param rows = 100: how many to show
SELECT judged_at, author, category, opinion, latest, coalesce(model_decision, 'nothing') AS model_says,
    round(model_score, 2) AS score, outlet, title, url, note
FROM verdict_log
ORDER BY judged_at DESC, title, category
LIMIT $rows;
