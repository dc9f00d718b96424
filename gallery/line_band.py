"""Lines with an error band: the accuracy of three models, by the rows they learnt from."""

from pathlib import Path

import plotkit as pk

DATA = Path(__file__).with_name("data")

chart = pk.line(
    pk.Table.read(DATA / "learning_curve.csv"),
    "training rows",
    "accuracy",
    color="model",
    error_low="lowest",
    error_high="highest",
    title="From 200 digits on, support vectors lead",
    subtitle="Mean of five folds; band from the worst to the best fold",
)
