"""Statistics of 10 million rows in one process, plotkit and its peer in turn; times as JSON.

Arguments: number of rounds, number of rows.
"""

import json
import sys
import time
from collections.abc import Callable

import numpy as np
from sklearn import metrics

import plotkit as pk
from plotkit.stats import _ranking

rounds, count = int(sys.argv[1]), int(sys.argv[2])
generator = np.random.default_rng(7)
truth = generator.integers(0, 2, count)
scores = 1 / (1 + np.exp(-generator.normal(truth * 0.8, 1.0)))
values = generator.normal(size=count)
times: dict[str, list[float]] = {}


def timed(name: str, work: Callable[[], object]) -> object:
    start = time.perf_counter()
    made = work()
    times.setdefault(name, []).append(time.perf_counter() - start)
    return made


for _ in range(rounds):
    timed("roc plotkit", lambda: pk.roc_curve(truth, scores))
    timed("roc sklearn", lambda: metrics.roc_curve(truth, scores))
    area = timed("auc sklearn", lambda: metrics.roc_auc_score(truth, scores))
    timed("pr plotkit", lambda: pk.pr_curve(truth, scores))
    timed("pr sklearn", lambda: metrics.precision_recall_curve(truth, scores))
    mean = timed("ap sklearn", lambda: metrics.average_precision_score(truth, scores))
    timed("histogram plotkit", lambda: pk.histogram(values))
    timed("histogram numpy", lambda: np.histogram(values, bins="auto"))

# The legend shows three digits of what these two give.
ranking = _ranking.rank(truth == 1, scores)
assert abs(_ranking.area_under_roc(ranking) - area) <= 1e-12
assert abs(_ranking.average_precision(ranking) - mean) <= 1e-12
drawn = pk.roc_curve(truth, scores).spec["data"]["values"][0]["end"]
assert drawn == f"AUC {area:.3f}", drawn
drawn = pk.pr_curve(truth, scores).spec["data"]["values"][0]["end"]
assert drawn == f"AP {mean:.3f}", drawn
print(json.dumps(times))
