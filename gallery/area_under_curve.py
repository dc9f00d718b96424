"""Curves computed elsewhere: how many rainy days the first days of a ranking hold."""

from pathlib import Path

import plotkit as pk

DATA = Path(__file__).with_name("data")

chart = pk.area_under_curve(
    pk.Table.read(DATA / "rain_gains.csv"),
    "share of all days",
    "share of the rainy days",
    "model",
    title="The likelier half holds most rainy days",
    subtitle="Cumulative gains of three forecasts, 364 days of 2015 in Seattle",
)
