SELECT table_name AS name, comment FROM duckdb_tables() WHERE NOT internal ORDER BY table_oid;
