"""The same lines by Matplotlib, each in a colour of its own: FILE LINES STEPS."""

import sys

import matplotlib
import scale_data
from serving import made, serve

matplotlib.use("Agg")
import matplotlib.pyplot as plt

steps, values = made(scale_data.series, int(sys.argv[2]), int(sys.argv[3]))


def draw():
    figure, axes = plt.subplots(figsize=(6.4, 4), dpi=200)
    axes.plot(steps, values.T)
    axes.set(xlabel="step", ylabel="loss", title="Lines")
    figure.savefig(sys.argv[1])
    plt.close(figure)


serve(draw)
