"""A fork of plotkit/scatter, drawn from its file: rings whose area shows the body mass."""

from pathlib import Path

import plotkit as pk

HERE = Path(__file__).parent

chart = pk.plot_table(
    HERE / "presets" / "carey" / "bubbles.json",
    pk.Table.read(HERE / "data" / "penguins.csv"),
    {
        "x": "flipper length (mm)",
        "y": "bill length (mm)",
        "color": "species",
        "size": "body mass (g)",
    },
    {
        "title": "Chinstrap penguins have Gentoo bills on Adelie flippers",
        "subtitle": "342 penguins near Palmer Station, Antarctica",
    },
)
