"""More lines than colours: those that end highest are named, the others stay grey."""

from pathlib import Path

import plotkit as pk

DATA = Path(__file__).with_name("data")

chart = pk.line(
    pk.Table.read(DATA / "sectors.csv"),
    "month",
    "jobs (March 2006 = 100)",
    color="sector",
    title="Schools and hospitals never stopped hiring",
    subtitle="Jobs in 15 sectors of the U.S. economy, seasonally adjusted",
)
