"""The lowest and highest x and y of each of 2,560 ranges of x, by bare DuckDB: PARQUET."""

import sys

import duckdb
from serving import serve

QUERY = f"""
WITH rows AS (FROM '{sys.argv[1]}'), span AS (SELECT min(step) AS low, max(step) AS high FROM rows)
SELECT least(floor((step - low) / (high - low) * 2560), 2559)::INT AS bucket,
       min(step), max(step), min(loss), max(loss)
FROM rows, span GROUP BY bucket ORDER BY bucket
"""


def count():
    with duckdb.connect() as connection:  # a new one: nothing of the file is kept in memory
        return len(connection.execute(QUERY).fetchall())


serve(count)
