"""What a pixel column can show of a line: its first, last, lowest and highest point."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def extremes(x: Array, y: Array, columns: int) -> Array:
    """Positions of the points that a picture of so many pixel columns can show, rising by x.

    Of each column the first, last, lowest and highest finite point are kept, which draws the same
    picture (M4, Jugel et al. 2014); of a column without finite points one, so that gaps stay.
    """
    order = np.argsort(x, kind="stable")
    xs, ys = x[order], y[order]
    if len(xs) <= 4 * columns:
        return order
    span = xs[-1] - xs[0]
    scaled = (xs - xs[0]) * (columns / span) if span > 0 else np.zeros(len(xs))
    bucket = np.minimum(scaled.astype(np.int64), columns - 1)
    known = np.flatnonzero(np.isfinite(ys))
    kept = [known]
    if len(known):
        at, values = bucket[known], ys[known]
        starts = np.flatnonzero(np.r_[True, at[1:] != at[:-1]])
        ends = np.r_[starts[1:], len(at)] - 1
        sizes = ends - starts + 1
        lows = np.flatnonzero(values == np.repeat(np.minimum.reduceat(values, starts), sizes))
        highs = np.flatnonzero(values == np.repeat(np.maximum.reduceat(values, starts), sizes))
        # Of equal ones the first low and the last high of each column.
        lows = lows[np.r_[True, at[lows][1:] != at[lows][:-1]]]
        highs = highs[np.r_[at[highs][1:] != at[highs][:-1], True]]
        kept = [known[starts], known[ends], known[lows], known[highs]]
    gaps = np.flatnonzero(~np.isfinite(ys) & ~np.isin(bucket, bucket[known]))
    first_gaps = gaps[
        np.flatnonzero(np.r_[True, bucket[gaps][1:] != bucket[gaps][:-1]])[: len(gaps)]
    ]
    chosen: Array = order[np.unique(np.concatenate([*kept, first_gaps]))]
    return chosen
