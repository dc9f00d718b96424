"""More lines than colours: those that end highest are named, the others stay grey."""

from pathlib import Path

import plotkit as pk

DATA = Path(__file__).with_name("data")

chart = pk.line(
    pk.Table.read(DATA / "ridge.csv"),
    "penalty",
    "coefficient",
    color="measurement",
    x_scale="log",
    title="A larger penalty holds all coefficients down",
    subtitle="Ridge regression of the progress of diabetes on ten measurements",
)
