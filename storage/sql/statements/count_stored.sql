SELECT count(*) AS articles FROM articles WHERE $model::VARCHAR IS NULL OR model <> $model;
