"""Rows to a line of 1,000 points, as PNG of 1280 x 800 pixels."""

import sys

import plotkit as pk

rows = [[i, (i * 37 % 101) / 101 + i / 500] for i in range(1000)]
table = pk.Table(data=rows, columns=["step", "loss"])
pk.line(table, "step", "loss", title="Training loss").save(sys.argv[1])
