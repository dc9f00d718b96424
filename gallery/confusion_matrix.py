"""Counts of right and wrong predictions: handwritten digits."""

from pathlib import Path

import plotkit as pk

DATA = Path(__file__).with_name("data")

table = pk.Table.read(DATA / "digits_scores.csv")
chart = pk.confusion_matrix(
    y_true=table.get_column("digit"),
    preds=table.get_column("predicted"),
    title="Eights pass for ones and nines",
    subtitle="Logistic regression on four principal components, 540 digits",
)
