"""The counts of 100 bins by Polars: ROWS."""

import sys

import polars as pl
import scale_data
from serving import made, serve

values = pl.Series(made(scale_data.values, int(sys.argv[1])))


def count(request):
    return values.hist(bin_count=100)["count"].to_list()


serve(count)
