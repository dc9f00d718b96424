"""The same line by Altair without pandas: rows as dicts, types by hand."""

import sys

import altair as alt

rows = [[i, (i * 37 % 101) / 101 + i / 500] for i in range(1000)]
data = alt.Data(values=[{"step": step, "loss": loss} for step, loss in rows])
size = {"width": 640, "height": 400, "autosize": {"type": "fit", "contains": "padding"}}
chart = alt.Chart(data, title="Training loss", **size).mark_line().encode(x="step:Q", y="loss:Q")
chart.save(sys.argv[1], scale_factor=2)
