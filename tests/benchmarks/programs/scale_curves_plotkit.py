"""Exact curves of scores, as charts without a picture: ROWS. A request is "roc" or "pr"."""

import sys

import scale_data
from serving import made, serve

import plotkit as pk
from plotkit.stats import _ranking

truth, scores = made(scale_data.scores, int(sys.argv[1]))


def draw(request):
    if request == "areas":
        ranking = _ranking.rank(truth == 1, scores)
        return [_ranking.area_under_roc(ranking), _ranking.average_precision(ranking)]
    curve = pk.roc_curve if request == "roc" else pk.pr_curve
    rows = curve(truth, scores).spec["data"]["values"]
    return [[row["x"], row["y"]] for row in rows if row["kind"] == "curve"]


serve(draw)
