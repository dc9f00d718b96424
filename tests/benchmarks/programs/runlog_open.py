"""One metric of a million rows as a chart: FOLDER PNG WHAT, which is "run" or "parquet"."""

import sys

import plotkit as pk

folder, out, what = sys.argv[1:]
if what == "run":
    pk.Api(folder).run("bench/million").chart("metric7").save(out)
else:
    pk.line(pk.Table.read(f"{folder}/million.parquet"), "_step", "metric7").save(out)
