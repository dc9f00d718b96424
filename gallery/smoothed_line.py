"""Smoothed lines over the raw ones: what a noisy loss does in the end."""

from pathlib import Path

import plotkit as pk

DATA = Path(__file__).with_name("data")

chart = pk.plot_table(
    "plotkit/smoothed_line",
    pk.Table.read(DATA / "batches.csv"),
    {"x": "batch", "y": "loss", "part": "part", "line": "solver"},
    {
        "title": "Plain gradient descent learns these digits faster than Adam",
        "subtitle": "Loss of each batch of 16, faint, and smoothed by a weight of 0.9",
    },
)
