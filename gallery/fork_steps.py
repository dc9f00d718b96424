"""A fork of plotkit/line, drawn from its file: what stands for a whole year is a step."""

from pathlib import Path

import plotkit as pk

HERE = Path(__file__).parent

chart = pk.plot_table(
    HERE / "presets" / "carey" / "steps.json",
    pk.Table.read(HERE / "data" / "electricity.csv"),
    {"x": "year", "y": "generation (TWh)", "color": "source"},
    {
        "title": "In 2009 renewables passed nuclear energy for good",
        "subtitle": "Electricity generated in Iowa, by source",
    },
)
