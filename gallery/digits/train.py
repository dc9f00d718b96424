"""Train the model of the report, and write what it says of itself: python gallery/digits/train.py.

A small network learns scikit-learn's handwritten digits (1,797 scans of 8 x 8 pixels, from the UCI
repository). What it did in each epoch, and how it answered on the part it never saw, is written
to `data/`; `report.toml` draws it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score, log_loss
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

DATA = Path(__file__).parent / "data"
EPOCHS = 60


def write(name: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with (DATA / name).open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(head)
        table.writerows(rows)


digits = load_digits()
train_x, test_x, train_y, test_y = train_test_split(
    digits.data, digits.target, test_size=0.35, stratify=digits.target, random_state=0
)
scale = StandardScaler().fit(train_x)
train_x, test_x = scale.transform(train_x), scale.transform(test_x)
names = np.unique(digits.target)

# The network, epoch by epoch.
network = MLPClassifier((24,), learning_rate_init=0.004, alpha=1e-3, random_state=0)
epochs = []
for epoch in range(1, EPOCHS + 1):
    network.partial_fit(train_x, train_y, classes=names)
    for part, x, y in (("training", train_x, train_y), ("held out", test_x, test_y)):
        scores = network.predict_proba(x)
        loss, accuracy = log_loss(y, scores, labels=names), accuracy_score(y, scores.argmax(1))
        epochs.append((epoch, part, f"{loss:.5f}", f"{accuracy:.5f}"))
write("epochs.csv", ["epoch", "part", "loss", "accuracy"], epochs)

# Its answers to digits that it never saw.
scores = network.predict_proba(test_x)
answers = scores.argmax(1)
write(
    "answers.csv",
    ["digit", "answer", "confidence"],
    (
        (digit, answer, f"{row.max():.4f}")
        for digit, answer, row in zip(test_y, answers, scores, strict=True)
    ),
)
write(
    "mistakes.csv",
    ["digit", "answer", "confidence"],
    (
        (digit, answer, f"{row.max():.4f}")
        for digit, answer, row in zip(test_y, answers, scores, strict=True)
        if digit != answer
    ),
)
hardest = sorted(names, key=lambda name: f1_score(test_y == name, answers == name))[:4]
write(
    "scores.csv",
    ["is digit", "score", "digit"],
    (
        (int(digit == name), f"{row[name]:.6f}", name)
        for name in sorted(hardest)
        for digit, row in zip(test_y, scores, strict=True)
    ),
)

# Beside two others.
models = {
    "Network, 24 units": network,
    "Logistic regression": LogisticRegression(max_iter=2000),
    "Nearest neighbour": make_pipeline(KNeighborsClassifier(1)),
}
rows = []
for name, model in models.items():
    if model is not network:
        model.fit(train_x, train_y)
    found = model.predict(test_x)
    shares = [accuracy_score(test_y, found), f1_score(test_y, found, average="macro")]
    rows.append((name, *(f"{share:.4f}" for share in shares), int((found != test_y).sum())))
write("models.csv", ["model", "accuracy", "macro F1", "wrong of 629"], rows)
