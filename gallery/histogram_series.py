"""Histograms over time: how sure a network becomes of what it sees."""

from pathlib import Path

import plotkit as pk

DATA = Path(__file__).with_name("data")

chart = pk.plot_table(
    "plotkit/histogram_series",
    pk.Table.read(DATA / "certainty.csv"),
    {
        "x": "batch",
        "x2": "until",
        "y": "probability of the right digit",
        "y2": "up to",
        "share": "share of the digits",
        "count": "digits",
    },
    {
        "title": "A network becomes sure of the digits it sees",
        "subtitle": "540 digits that the network has not been taught, counted every 10 batches",
    },
)
