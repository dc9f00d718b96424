"""200 different charts by Matplotlib, one after the other, as PNG of 1280 x 800 pixels."""

import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from many_data import charts

folder = Path(sys.argv[1])
folder.mkdir(exist_ok=True)
for kind, number, columns in charts():
    figure, axes = plt.subplots(figsize=(6.4, 4), dpi=200)
    names = list(columns)
    first = columns[names[0]]
    if kind == "line":
        axes.plot(first, columns["loss"])
    elif kind == "lines":
        for name in names[1:]:
            axes.plot(first, columns[name], label=name)
        axes.legend()
    elif kind == "scatter":
        axes.scatter(first, columns["price"])
    elif kind == "bar":
        axes.bar(first, columns["score"])
        axes.tick_params("x", rotation=45)
    else:
        axes.hist(first, bins="auto")
    axes.set(xlabel=names[0], ylabel=names[1] if len(names) > 1 else "count", title=f"{kind} {number}")
    figure.savefig(folder / f"{number:03}.png")
    plt.close(figure)
