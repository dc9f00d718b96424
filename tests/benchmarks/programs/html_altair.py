"""Rows to an offline HTML page by Altair, without pandas."""

import sys

import altair as alt

rows = [[i, (i * 37 % 101) / 101 + i / 500] for i in range(1000)]
data = alt.Data(values=[{"step": step, "loss": loss} for step, loss in rows])
chart = alt.Chart(data, title="Training loss", width=640, height=400)
chart.mark_line().encode(x="step:Q", y="loss:Q").save(sys.argv[1], inline=True)
