"""One line over time: monthly figures of the U.S. Bureau of Labor Statistics."""

from pathlib import Path

import plotkit as pk

DATA = Path(__file__).with_name("data")

chart = pk.line(
    pk.Table.read(DATA / "jobs.csv"),
    "month",
    "jobs (millions)",
    title="Almost nine million jobs lost, and won back",
    subtitle="Non-farm jobs in the United States, seasonally adjusted",
)
