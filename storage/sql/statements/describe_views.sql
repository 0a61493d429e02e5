SELECT view_name AS name, comment FROM duckdb_views() WHERE NOT internal ORDER BY view_oid;
