"""The same line by seaborn."""

import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns

rows = [[i, (i * 37 % 101) / 101 + i / 500] for i in range(1000)]
frame = pd.DataFrame(rows, columns=["step", "loss"])
figure, axes = plt.subplots(figsize=(6.4, 4), dpi=200)
sns.lineplot(frame, x="step", y="loss", ax=axes)
axes.set(title="Training loss")
figure.savefig(sys.argv[1])
