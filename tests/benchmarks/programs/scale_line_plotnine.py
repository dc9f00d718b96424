"""The same line by plotnine: FILE ROWS."""

import sys

import pandas as pd
import plotnine as p9
import scale_data
from serving import made, serve

x, y = made(scale_data.walk, int(sys.argv[2]))
frame = pd.DataFrame({"step": x, "loss": y})


def draw():
    plot = p9.ggplot(frame, p9.aes("step", "loss")) + p9.geom_line() + p9.labs(title="A line")
    plot.save(sys.argv[1], width=6.4, height=4, dpi=200, verbose=False)


serve(draw)
