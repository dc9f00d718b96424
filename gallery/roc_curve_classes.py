"""A ROC curve for each class, and their mean: handwritten digits."""

from pathlib import Path

import plotkit as pk

DATA = Path(__file__).with_name("data")

table = pk.Table.read(DATA / "digits_scores.csv")
digits = table.columns[2:]
chart = pk.roc_curve(
    table.get_column("digit"),
    list(zip(*(table.get_column(digit) for digit in digits), strict=True)),
    labels=digits,
    classes_to_plot=["0", "1", "3", "5", "8"],
    average="macro",
    title="Zeros are told apart best",
    subtitle="Logistic regression on four principal components, 540 digits",
)
