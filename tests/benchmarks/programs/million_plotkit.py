"""Arrays of 1,000,000 points to a line, as PNG of 1280 x 800 pixels."""

import sys

import numpy as np

import plotkit as pk

x = np.arange(1_000_000)
y = np.random.default_rng(1).normal(size=1_000_000).cumsum()
pk.line({"step": x, "loss": y}, "step", "loss", title="A million points").save(sys.argv[1])
