-- title: Disagreements
-- shows: Where an analyst's verdict and the model contradict each other: a no to an alert, or a yes to an article that the model passed over.
-- param rows = 100: how many to show
SELECT category, opinion AS analyst_says, coalesce(model_decision, 'nothing') AS model_says,
    round(model_score, 2) AS score, author, judged_at, outlet, title, url, note
FROM verdict_log
WHERE latest AND ((opinion = 'yes' AND model_decision IS NULL) OR (opinion = 'no' AND model_decision = 'alert'))
ORDER BY judged_at DESC, title, category
LIMIT $rows;
