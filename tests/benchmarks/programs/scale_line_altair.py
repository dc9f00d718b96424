"""The same line by Altair, which hands every row to the engine: FILE ROWS."""

import sys

import altair as alt
import pandas as pd
import scale_data
from serving import made, serve

x, y = made(scale_data.walk, int(sys.argv[2]))
frame = pd.DataFrame({"step": x, "loss": y})
size = {"width": 640, "height": 400, "autosize": {"type": "fit", "contains": "padding"}}


def draw():
    chart = alt.Chart(frame, title="A line", **size).mark_line().encode(x="step", y="loss")
    chart.save(sys.argv[1], scale_factor=2, inline=True)


serve(draw)
