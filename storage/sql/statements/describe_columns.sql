SELECT table_name AS owner, column_name AS name, data_type AS type, comment
FROM duckdb_columns()
WHERE NOT internal
ORDER BY table_name, column_index;
