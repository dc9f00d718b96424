"""A histogram of 100 bins: ROWS FILE. The request "picture" draws it too, "counts" returns them."""

import sys

import scale_data
from serving import made, serve

import plotkit as pk

values = made(scale_data.values, int(sys.argv[1]))


def count(request):
    chart = pk.histogram(values, bins=100, title="Values")
    if request == "picture":
        chart.save(sys.argv[2])
    return [row["count"] for row in chart.spec["data"]["values"]] if request == "counts" else None


serve(count)
