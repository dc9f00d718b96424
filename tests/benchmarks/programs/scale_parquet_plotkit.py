"""A Parquet file to a line, as PNG of 1280 x 800 pixels: PARQUET PNG."""

import sys

from serving import serve

import plotkit as pk


def draw():
    table = pk.Table.read(sys.argv[1])
    pk.line(table, "step", "loss", title="A line").save(sys.argv[2])


serve(draw)
