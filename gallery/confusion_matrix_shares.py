"""Shares of each true class: grapes of 178 wines."""

from pathlib import Path

import plotkit as pk

DATA = Path(__file__).with_name("data")

table = pk.Table.read(DATA / "wine.csv")
chart = pk.confusion_matrix(
    y_true=table.get_column("grape"),
    preds=table.get_column("predicted"),
    class_names=["Barolo", "Grignolino", "Barbera"],
    normalize="true",
    title="Which wine is it?",
    subtitle="Five nearest neighbours on unscaled measurements, 178 wines",
)
