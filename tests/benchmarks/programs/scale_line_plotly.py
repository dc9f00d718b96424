"""The same line by Plotly, through kaleido and its Chromium: FILE ROWS."""

import sys

import plotly.graph_objects as go
import scale_data
from serving import made, serve

x, y = made(scale_data.walk, int(sys.argv[2]))


def draw():
    figure = go.Figure(go.Scatter(x=x, y=y, mode="lines"))
    figure.update_layout(title="A line", xaxis_title="step", yaxis_title="loss")
    if sys.argv[1].endswith(".html"):
        figure.write_html(sys.argv[1], include_plotlyjs=True)
    else:
        figure.write_image(sys.argv[1], width=640, height=400, scale=2)


serve(draw)
