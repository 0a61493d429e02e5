SELECT table_name FROM duckdb_tables() WHERE table_name = 'migrations' AND NOT internal;
