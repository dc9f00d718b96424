"""Arrays in memory to a scatter plot, as PNG of 1280 x 800 pixels: FILE ROWS."""

import sys

import scale_data
from serving import made, serve

import plotkit as pk

x, y = made(scale_data.cloud, int(sys.argv[2]))


def draw():
    pk.scatter({"a": x, "b": y}, "a", "b", title="Points").save(sys.argv[1])


serve(draw)
