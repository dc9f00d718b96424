"""The same line by Matplotlib: FILE ROWS. A request is a chunk size; 0 is the default."""

import sys

import matplotlib
import scale_data
from serving import made, serve

matplotlib.use("Agg")
import matplotlib.pyplot as plt

x, y = made(scale_data.walk, int(sys.argv[2]))


def draw(chunk):
    matplotlib.rcParams["agg.path.chunksize"] = int(chunk)
    figure, axes = plt.subplots(figsize=(6.4, 4), dpi=200)
    axes.plot(x, y)
    axes.set(xlabel="step", ylabel="loss", title="A line")
    figure.savefig(sys.argv[1])
    plt.close(figure)


serve(draw)
