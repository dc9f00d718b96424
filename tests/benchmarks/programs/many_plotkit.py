"""200 different charts by plotkit as PNG of 1280 x 800 pixels: FOLDER WORKERS."""

import sys
from functools import partial

from many_data import charts

import plotkit as pk
from plotkit.exporting import export


def chart(kind, number, columns):
    """One chart; it is made when its turn comes."""
    title = f"{kind} {number}"
    if kind == "lines":
        step, *series = columns
        values = [columns[name] for name in series]
        return pk.line_series(columns[step], values, series, title=title, xname=step)
    draw = {"line": pk.line, "scatter": pk.scatter, "bar": pk.bar, "histogram": pk.histogram}[kind]
    return draw(pk.Table(columns), *columns, title=title)


made = [partial(chart, *one) for one in charts()]
names = [f"{number:03}" for number in range(len(made))]
export(made, sys.argv[1], names=names, workers=int(sys.argv[2]))
