"""The same line by Altair, from a data frame as its users write it."""

import sys

import altair as alt
import pandas as pd

rows = [[i, (i * 37 % 101) / 101 + i / 500] for i in range(1000)]
frame = pd.DataFrame(rows, columns=["step", "loss"])
size = {"width": 640, "height": 400, "autosize": {"type": "fit", "contains": "padding"}}
chart = alt.Chart(frame, title="Training loss", **size).mark_line().encode(x="step", y="loss")
chart.save(sys.argv[1], scale_factor=2)
