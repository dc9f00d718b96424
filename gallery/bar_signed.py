"""Bars on both sides of zero: how many jobs each year brought."""

from pathlib import Path

import plotkit as pk

DATA = Path(__file__).with_name("data")

table = pk.Table.read(DATA / "jobs.csv")
decembers = {month.year: jobs for month, jobs in table.data if month.month == 12}
years = list(decembers)[1:]
change = [decembers[year] - decembers[year - 1] for year in years]
chart = pk.bar(
    {"year": years, "change (millions)": change},
    "year",
    "change (millions)",
    title="Two years’ losses took five to win back",
    subtitle="Change in U.S. non-farm jobs from December to December",
)
