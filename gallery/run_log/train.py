"""Train a network and log what it does: python gallery/run_log/train.py.

A small network learns scikit-learn's handwritten digits (1,797 scans of 8 x 8 pixels, from the UCI
repository) in 200 steps. Each step logs numbers; some also log histograms, images and charts.
Afterwards:

    plotkit report run_log/digits -o digits.html
    plotkit serve
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.metrics import accuracy_score, log_loss
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

import plotkit as pk

PRESETS = Path(__file__).parent.parent / "presets"
STEPS, EVERY, BATCH = 200, 20, 64
config = {"units": 24, "rate": 0.01, "alpha": 1e-3, "batch": BATCH, "seed": 0}

digits = load_digits()
train_x, test_x, train_y, test_y = train_test_split(
    digits.data / 16, digits.target, test_size=0.35, stratify=digits.target, random_state=0
)
names = np.arange(10)
network = MLPClassifier(
    (config["units"],),
    learning_rate_init=config["rate"],
    alpha=config["alpha"],
    random_state=config["seed"],
)
rng = np.random.default_rng(config["seed"])


def doubtful(scores: np.ndarray, count: int = 6) -> list[pk.Image]:
    """The digits that it never saw and is least sure of, with what it takes them for."""
    found = np.argsort(scores.max(axis=1), kind="stable")[:count]
    return [
        pk.Image(
            (255 * (1 - test_x[at])).astype(np.uint8).reshape(8, 8),
            caption=f"a {test_y[at]}, read as {scores[at].argmax()} ({scores[at].max():.0%})",
        )
        for at in found
    ]


def calibration(scores: np.ndarray) -> pk.Chart:
    """How often it is right where it is so sure: drawn with a preset of one's own."""
    sure, right = scores.max(axis=1), scores.argmax(axis=1) == test_y
    edges = np.linspace(0.2, 1, 9)
    place = np.clip(np.digitize(sure, edges) - 1, 0, len(edges) - 2)
    held = [at for at in range(len(edges) - 1) if (place == at).any()]
    table = pk.Table(
        {
            "confidence": [float(edges[at]) for at in held],
            "share that is right": [float(right[place == at].mean()) for at in held],
        }
    )
    return pk.plot_table(
        PRESETS / "carey" / "steps.json",
        table,
        {"x": "confidence", "y": "share that is right"},
        {"title": "Is it right where it is sure?"},
    )


with pk.init(project="run_log", id="digits", name="24 units, 200 steps", config=config) as run:
    run.define_metric("val_loss", summary="min")
    run.define_metric("val_accuracy", summary="max")
    for step in range(STEPS):
        batch = rng.choice(len(train_x), BATCH, replace=False)
        network.partial_fit(train_x[batch], train_y[batch], classes=names)
        row = {"loss": network.loss_, "epoch": step * BATCH / len(train_x)}
        scores = network.predict_proba(test_x)
        row["val_loss"] = log_loss(test_y, scores, labels=names)
        row["accuracy"] = network.score(train_x[batch], train_y[batch])
        row["val_accuracy"] = accuracy_score(test_y, scores.argmax(axis=1))
        if (step + 1) % EVERY == 0 or step == 0:
            row["weights"] = pk.Histogram(network.coefs_[0], num_bins=40)
            row["certainty"] = pk.Histogram(
                np_histogram=np.histogram(scores.max(axis=1), 20, (0, 1))
            )
            row["doubtful"] = doubtful(scores)
        if (step + 1) % 100 == 0:
            row["calibration"] = calibration(scores)
            row["answers"] = pk.confusion_matrix(
                y_true=test_y, preds=scores.argmax(axis=1), title="What it takes each digit for"
            )
        run.log(row)
    run.summary["mistakes"] = int((scores.argmax(axis=1) != test_y).sum())
