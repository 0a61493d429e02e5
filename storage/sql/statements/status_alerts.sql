SELECT category, count(*) AS articles FROM tags_under('all_verdicts') WHERE decision = 'alert' GROUP BY category ORDER BY category;
