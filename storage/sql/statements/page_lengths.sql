SELECT article_id, length(text) AS characters
FROM articles
SEMI JOIN incoming USING (article_id)
WHERE fetched_at BETWEEN $first AND $last;
