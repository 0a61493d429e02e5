SELECT article_id, fetched_at
FROM articles
WHERE ($model::VARCHAR IS NULL OR model <> $model)
    AND (
        $after_time::TIMESTAMPTZ IS NULL
        OR fetched_at > $after_time
        OR (fetched_at = $after_time AND article_id > $after_id)
    )
ORDER BY fetched_at, article_id
LIMIT $batch;
