-- Where a page ends is known from the page; here stand those of it that this model has tagged.
SELECT a.article_id, a.fetched_at, a.corpus
FROM articles AS a
SEMI JOIN incoming USING (article_id)
WHERE a.model = $model
ORDER BY a.fetched_at, a.article_id;
