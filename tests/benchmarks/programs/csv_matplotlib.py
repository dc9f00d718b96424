"""A CSV file to a PNG by pandas and Matplotlib: what `plotkit render` takes the place of."""

import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import pandas as pd

frame = pd.read_csv(sys.argv[2])
figure, axes = plt.subplots(figsize=(6.4, 4), dpi=200)
axes.plot(frame["step"], frame["loss"])
axes.set(xlabel="step", ylabel="loss", title="Training loss")
figure.savefig(sys.argv[1])
