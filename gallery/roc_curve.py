"""One ROC curve, a threshold marked: does it rain in Seattle tomorrow?"""

from pathlib import Path

import plotkit as pk

DATA = Path(__file__).with_name("data")

rows = [row for row in pk.Table.read(DATA / "rain.csv").data if row[0] == "random forest"]
chart = pk.roc_curve(
    [rain for _, rain, _ in rows],
    [score for _, _, score in rows],
    threshold=0.5,
    title="Forecasting tomorrow’s rain",
    subtitle="Random forest, 364 days of 2015 in Seattle",
)
