"""The same curves by scikit-learn: ROWS. A request is one of its functions, or a file to check."""

import json
import sys

import numpy as np
import scale_data
from serving import made, serve
from sklearn import metrics

truth, scores = made(scale_data.scores, int(sys.argv[1]))


def work(request, *arguments):
    if request == "check":
        with open(*arguments, encoding="utf-8") as file:
            return check(**json.load(file))
    if request.endswith("_score"):
        return getattr(metrics, request)(truth, scores)
    curve = getattr(metrics, request)(truth, scores)
    # The cheapest way to the area: of the curve that is there.
    if request == "roc_curve":
        return metrics.auc(curve[0], curve[1])
    return -float(np.sum(np.diff(curve[1]) * curve[0][:-1]))


def check(roc, pr, areas):
    """Every point that plotkit draws is one of all points here, and the areas are equal."""
    x, y, _ = metrics.roc_curve(truth, scores, drop_intermediate=False)
    assert_on(roc, x, y)
    precision, recall, _ = metrics.precision_recall_curve(truth, scores)
    assert_on(pr, recall[::-1], precision[::-1])
    wanted = [metrics.roc_auc_score(truth, scores), metrics.average_precision_score(truth, scores)]
    np.testing.assert_allclose(areas, wanted, rtol=0, atol=1e-12)
    return "equal"


def assert_on(points, x, y):
    """Of the points with that x one has that y."""
    for at, value in points:
        low, high = np.searchsorted(x, [at - 1e-12, at + 1e-12])
        found = y[low:high]
        assert np.abs(found - value).min(initial=1) <= 1e-12, (at, value)


serve(work)
