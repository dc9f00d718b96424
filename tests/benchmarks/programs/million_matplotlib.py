"""The same million points by Matplotlib."""

import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

x = np.arange(1_000_000)
y = np.random.default_rng(1).normal(size=1_000_000).cumsum()
figure, axes = plt.subplots(figsize=(6.4, 4), dpi=200)
axes.plot(x, y)
axes.set(xlabel="step", ylabel="loss", title="A million points")
figure.savefig(sys.argv[1])
