"""The counts of 100 bins by NumPy: ROWS."""

import sys

import numpy as np
import scale_data
from serving import made, serve

values = made(scale_data.values, int(sys.argv[1]))


def count(request):
    return np.histogram(values, bins=100)[0].tolist()


serve(count)
