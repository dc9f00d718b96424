"""Charts of ever more rows, the work on the data and the drawing apart: KIND PARQUET.

A request is a number of rows; the answer has the seconds of both.
"""

import sys
import time

import duckdb
import scale_data
from serving import made, serve

import plotkit as pk


def line(count):
    x, y = made(scale_data.walk, count)
    return lambda: pk.line({"step": x, "loss": y}, "step", "loss")


def parquet(count):
    # The first rows of the file; what is not asked for is not read.
    table = duckdb.sql(f"FROM '{sys.argv[2]}' WHERE step < {count}")
    return lambda: pk.line(table, "step", "loss")


def scatter(count):
    x, y = made(scale_data.cloud, count)
    return lambda: pk.scatter({"a": x, "b": y}, "a", "b")


def histogram(count):
    values = made(scale_data.values, count)
    return lambda: pk.histogram(values, bins=100)


def draw(count):
    make = globals()[sys.argv[1]](int(count))
    rounds = []
    for _ in range(3 if int(count) <= 10_000_000 else 2):
        start = time.perf_counter()
        chart = make()
        middle = time.perf_counter()
        chart.to_png()
        rounds.append((middle - start, time.perf_counter() - middle))
    data, drawing = zip(*rounds, strict=True)
    return {"data": min(data), "drawing": min(drawing)}


serve(draw)
