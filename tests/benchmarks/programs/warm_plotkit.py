"""A process that draws charts on request; a request is a format.

It writes the finished spec to the file of its first argument, for `warm_engine.py`.
"""

import sys

from serving import serve

import plotkit as pk

rows = [[i, (i * 37 % 101) / 101 + i / 500] for i in range(1000)]
with open(sys.argv[1], "w", encoding="utf-8") as file:
    file.write(pk.line(pk.Table(rows, ["step", "loss"]), "step", "loss").to_json(indent=None))


def draw(form):
    chart = pk.line(pk.Table(rows, ["step", "loss"]), "step", "loss")
    made = chart.to_png() if form == "png" else chart.to_svg()
    assert made


serve(draw)
