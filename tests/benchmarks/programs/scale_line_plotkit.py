"""Arrays in memory to a line, as PNG of 1280 x 800 pixels: FILE; a request is a number of rows."""

import sys

import scale_data
from serving import made, serve

import plotkit as pk

data = {}


def draw(count):
    x, y = data.get(count) or data.setdefault(count, made(scale_data.walk, int(count)))
    pk.line({"step": x, "loss": y}, "step", "loss", title="A line").save(sys.argv[1])


serve(draw)
