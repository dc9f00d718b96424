"""A process that draws charts on request: a line in is a format, a line out is its seconds.

It writes the finished spec to the file of its first argument, for `warm_engine.py`.
"""

import sys
import time

import plotkit as pk

rows = [[i, (i * 37 % 101) / 101 + i / 500] for i in range(1000)]
with open(sys.argv[1], "w", encoding="utf-8") as file:
    file.write(pk.line(pk.Table(rows, ["step", "loss"]), "step", "loss").to_json(indent=None))

for request in sys.stdin:
    start = time.perf_counter()
    chart = pk.line(pk.Table(rows, ["step", "loss"]), "step", "loss")
    made = chart.to_png() if request.strip() == "png" else chart.to_svg()
    print(time.perf_counter() - start, flush=True)
