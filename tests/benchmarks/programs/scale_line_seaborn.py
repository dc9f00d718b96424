"""The same line by seaborn, without its aggregation: FILE ROWS."""

import sys

import matplotlib
import scale_data
from serving import made, serve

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns

x, y = made(scale_data.walk, int(sys.argv[2]))
frame = pd.DataFrame({"step": x, "loss": y})


def draw():
    figure, axes = plt.subplots(figsize=(6.4, 4), dpi=200)
    sns.lineplot(frame, x="step", y="loss", estimator=None, ax=axes)
    axes.set(title="A line")
    figure.savefig(sys.argv[1])
    plt.close(figure)


serve(draw)
