"""The counts of 100 bins by boost-histogram, on all cores: ROWS."""

import sys

import boost_histogram as bh
import numpy as np
import scale_data
from serving import made, serve

values = made(scale_data.values, int(sys.argv[1]))


def count(request):
    low, high = values.min(), values.max()
    # Its last bin is open to the right; NumPy's holds the highest value.
    axis = bh.axis.Regular(100, low, np.nextafter(high, np.inf))
    return bh.Histogram(axis).fill(values, threads=0).view().astype(int).tolist()


serve(count)
