"""The same 200 charts by Matplotlib, one after the other: FOLDER [LAYOUT]."""

import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from many_data import charts

folder = Path(sys.argv[1])
folder.mkdir(exist_ok=True)
layout = sys.argv[2] if len(sys.argv) > 2 else None
for kind, number, columns in charts():
    figure, axes = plt.subplots(figsize=(6.4, 4), dpi=200, layout=layout)
    first, *others = columns
    if kind == "line":
        axes.plot(columns[first], columns["loss"])
    elif kind == "lines":
        for name in others:
            axes.plot(columns[first], columns[name], label=name)
        axes.legend()
    elif kind == "scatter":
        axes.scatter(columns[first], columns["price"])
    elif kind == "bar":
        axes.bar(columns[first], columns["score"])
    else:
        axes.hist(columns[first], bins="auto")
    ylabel = others[0] if len(others) == 1 else None
    axes.set(xlabel=first, ylabel=ylabel, title=f"{kind} {number}")
    figure.savefig(folder / f"{number:03}.png")
    plt.close(figure)
