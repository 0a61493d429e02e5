"""Holds an ordinary DuckDB session on a file open and answers each line with the number of articles it sees."""

import sys

import duckdb

with duckdb.connect(sys.argv[1], read_only=True) as session:
    print("open", flush=True)
    for _ in sys.stdin:
        print(session.execute("SELECT count(*) FROM articles").fetchall()[0][0], flush=True)
