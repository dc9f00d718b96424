"""The same line by Matplotlib; naming the backend spares it the search for a window system."""

import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

rows = [[i, (i * 37 % 101) / 101 + i / 500] for i in range(1000)]
figure, axes = plt.subplots(figsize=(6.4, 4), dpi=200)
axes.plot(*zip(*rows, strict=True))
axes.set(xlabel="step", ylabel="loss", title="Training loss")
figure.savefig(sys.argv[1])
