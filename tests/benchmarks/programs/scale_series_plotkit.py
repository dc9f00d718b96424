"""Many lines as PNG of 1280 x 800 pixels: FILE LINES STEPS. A request names the function."""

import sys

import numpy as np
import scale_data
from serving import made, serve

import plotkit as pk

steps, values = made(scale_data.series, int(sys.argv[2]), int(sys.argv[3]))
table = {
    "step": np.tile(steps, len(values)),
    "loss": values.ravel(),
    "run": np.repeat(np.arange(len(values)), len(steps)).astype("<U5"),
}


def draw(function):
    if function == "line_series":
        chart = pk.line_series(steps, values, title="Lines", xname="step", yname="loss")
    else:
        chart = pk.line(table, "step", "loss", stroke="run", title="Lines")
    chart.save(sys.argv[1])


serve(draw)
