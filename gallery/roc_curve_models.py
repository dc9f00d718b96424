"""A ROC curve for each model, from a table of scores."""

from pathlib import Path

import plotkit as pk

DATA = Path(__file__).with_name("data")

chart = pk.plot_table(
    "plotkit/roc_curve",
    pk.Table.read(DATA / "rain.csv"),
    {"y_true": "rain", "score": "score", "class": "model"},
    {
        "title": "Three forecasts of tomorrow’s rain",
        "subtitle": "364 days of 2015 in Seattle",
    },
)
