"""A colour and a shape for each category: penguins by body mass and flipper."""

from pathlib import Path

import plotkit as pk

DATA = Path(__file__).with_name("data")

chart = pk.scatter(
    pk.Table.read(DATA / "penguins.csv"),
    "flipper length (mm)",
    "body mass (g)",
    color="species",
    title="Heavier penguins have longer flippers",
    subtitle="342 penguins near Palmer Station, Antarctica",
)
