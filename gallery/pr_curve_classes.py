"""Precision and recall for each class: handwritten digits."""

from pathlib import Path

import plotkit as pk

DATA = Path(__file__).with_name("data")

table = pk.Table.read(DATA / "digits_scores.csv")
digits = table.columns[2:]
chart = pk.pr_curve(
    table.get_column("digit"),
    list(zip(*(table.get_column(digit) for digit in digits), strict=True)),
    labels=digits,
    classes_to_plot=["0", "1", "3", "5", "8"],
    title="Eights are hardest to find",
    subtitle="Logistic regression on four principal components, 540 digits",
)
