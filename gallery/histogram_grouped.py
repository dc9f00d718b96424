"""Overlaid histograms on the same edges: three species of penguins."""

from pathlib import Path

import plotkit as pk

DATA = Path(__file__).with_name("data")

chart = pk.histogram(
    pk.Table.read(DATA / "penguins.csv"),
    "flipper length (mm)",
    group="species",
    title="Gentoo penguins have the longest flippers",
    subtitle="342 penguins near Palmer Station, Antarctica",
)
