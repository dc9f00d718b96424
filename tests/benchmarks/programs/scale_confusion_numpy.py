"""The same counts by NumPy: ROWS."""

import sys

import numpy as np
import scale_data
from serving import made, serve

truth, predicted = made(scale_data.predictions, int(sys.argv[1]), 100)


def count(request):
    counts = np.bincount(truth * 100 + predicted, minlength=10_000)
    return sorted(counts[counts > 0].tolist()) if request == "counts" else None


serve(count)
