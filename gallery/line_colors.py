"""A line for each category, named at its end: electricity in Iowa by source."""

from pathlib import Path

import plotkit as pk

DATA = Path(__file__).with_name("data")

chart = pk.line(
    pk.Table.read(DATA / "electricity.csv"),
    "year",
    "generation (TWh)",
    color="source",
    title="Renewables close in on fossil fuels",
    subtitle="Electricity generated in Iowa, by source",
)
