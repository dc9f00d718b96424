"""Several lists of numbers as lines: a network's loss under four optimisers."""

from pathlib import Path

import plotkit as pk

DATA = Path(__file__).with_name("data")

table = pk.Table.read(DATA / "training_loss.csv")
names = table.columns[1:]
chart = pk.line_series(
    table.get_column("epoch"),
    [table.get_column(name) for name in names],
    keys=names,
    xname="epoch",
    yname="loss",
    y_scale="log",
    title="Adam learns fastest",
    subtitle="Training loss of a network with 64 hidden units on 1,257 digits",
)
