"""Write the line's rows to a Parquet file, in row groups of a million: FILE ROWS."""

import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

path, count, group = Path(sys.argv[1]), int(sys.argv[2]), 1_000_000
schema = pa.schema({"step": pa.int64(), "loss": pa.float64()})
draws, level = np.random.default_rng(1), 0.0
begun = path.with_suffix(".begun")
with pq.ParquetWriter(begun, schema) as writer:
    for start in range(0, count, group):
        steps = np.arange(start, min(start + group, count))
        walk = level + draws.normal(size=len(steps)).cumsum()
        level = walk[-1]
        writer.write_table(pa.table([steps, walk], schema=schema), row_group_size=group)
begun.rename(path)
