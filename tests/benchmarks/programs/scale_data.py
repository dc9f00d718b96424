"""The data of the large charts; the same on every run."""

import numpy as np


def walk(count):
    """A step counter, and a random walk over it."""
    return np.arange(count), np.random.default_rng(1).normal(size=count).cumsum()


def series(count, steps):
    """Steps that all lines share, and a row of values for each line."""
    draws = np.random.default_rng(2)
    noise = draws.normal(scale=0.05, size=(count, steps))
    falling = draws.uniform(1, 3, (count, 1)) / (1 + np.arange(steps) / 50)
    return np.arange(steps), falling + noise


def cloud(count):
    """Two clouds of points, and a few points far out."""
    draws = np.random.default_rng(3)
    x = draws.normal(size=count)
    y = draws.normal(size=count) * 0.5 + np.where(x > 0, x, -x / 2)
    far = draws.integers(0, count, 50)
    y[far] = draws.uniform(4, 9, 50)
    return x, y


def values(count):
    """Values with one long tail."""
    return np.random.default_rng(4).gamma(3.0, 2.0, count)


def scores(count):
    """True labels, 0 or 1, and scores between 0 and 1."""
    draws = np.random.default_rng(7)
    truth = draws.integers(0, 2, count)
    return truth, 1 / (1 + np.exp(-draws.normal(truth * 0.8, 1.0)))


def predictions(count, classes):
    """True classes, and predicted ones: four in five are right."""
    draws = np.random.default_rng(8)
    truth = draws.integers(0, classes, count)
    wrong = draws.random(count) > 0.8
    predicted = np.where(wrong, draws.integers(0, classes, count), truth)
    return truth, predicted
