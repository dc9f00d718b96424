"""The same points by datashader, under Matplotlib's axes: FILE ROWS."""

import sys

import datashader as ds
import matplotlib
import pandas as pd
import scale_data
from datashader import transfer_functions as tf
from serving import made, serve

matplotlib.use("Agg")
import matplotlib.pyplot as plt

x, y = made(scale_data.cloud, int(sys.argv[2]))
frame = pd.DataFrame({"a": x, "b": y})


def draw():
    figure, axes = plt.subplots(figsize=(6.4, 4), dpi=200)
    width, height = axes.get_position().size
    canvas = ds.Canvas(plot_width=round(width * 1280), plot_height=round(height * 800))
    counts = canvas.points(frame, "a", "b")
    spans = canvas.x_axis, counts.attrs["x_range"], counts.attrs["y_range"]
    picture = tf.shade(counts, how="eq_hist").to_pil()
    axes.imshow(picture, extent=(*spans[1], *spans[2]), aspect="auto", interpolation="nearest")
    axes.set(xlabel="a", ylabel="b", title="Points")
    figure.savefig(sys.argv[1])
    plt.close(figure)


serve(draw)
