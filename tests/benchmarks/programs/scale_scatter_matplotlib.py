"""The same points by Matplotlib, a pixel each: FILE ROWS."""

import sys

import matplotlib
import scale_data
from serving import made, serve

matplotlib.use("Agg")
import matplotlib.pyplot as plt

x, y = made(scale_data.cloud, int(sys.argv[2]))


def draw():
    figure, axes = plt.subplots(figsize=(6.4, 4), dpi=200)
    axes.plot(x, y, ",")
    axes.set(xlabel="a", ylabel="b", title="Points")
    figure.savefig(sys.argv[1])
    plt.close(figure)


serve(draw)
