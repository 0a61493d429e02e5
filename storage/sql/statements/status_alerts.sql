SELECT category, count(*) AS articles FROM tags WHERE decision = 'alert' GROUP BY category ORDER BY category;
