"""A line for each category, named at its end: electricity in Iowa by source."""

from pathlib import Path

import plotkit as pk

DATA = Path(__file__).with_name("data")

chart = pk.line(
    pk.Table.read(DATA / "electricity.csv"),
    "year",
    "generation (TWh)",
    color="source",
    title="Wind replaces coal in Iowa",
    subtitle="Electricity generated in a year, by source",
)
