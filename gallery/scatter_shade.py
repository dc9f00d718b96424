"""Shade and size: a year's rainy days in Seattle."""

from pathlib import Path

import plotkit as pk

DATA = Path(__file__).with_name("data")

days = pk.Table.read(DATA / "weather.csv")
rainy = [day for day in days.data if day[0].year == 2015 and day[1] > 0]

chart = pk.scatter(
    pk.Table(rainy, columns=days.columns),
    "date",
    "warmest (°C)",
    color="wind (m/s)",
    size="rain (mm)",
    title="Seattle’s summers are dry",
    subtitle="Days with rain in 2015",
)
