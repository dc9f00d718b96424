"""How often each value comes up: the warmest hour of 1,461 days."""

from pathlib import Path

import plotkit as pk

DATA = Path(__file__).with_name("data")

chart = pk.histogram(
    pk.Table.read(DATA / "weather.csv"),
    "warmest (°C)",
    title="Most days in Seattle stay below 20 °C",
    subtitle="Highest temperature of each day, 2012 to 2015",
)
