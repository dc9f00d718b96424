"""What a row of numbers does, in one word: rises, falls, turns, stays, or nothing of the kind."""

from __future__ import annotations

import math
from collections.abc import Sequence

__all__ = ["rank_correlation", "trend"]

_CLEAR, _MOSTLY = 0.9, 0.6  # rank correlations, from which on a line rises, or mostly rises
_EACH_SIDE = 0.25  # of the whole range, at least, that a line with a turn climbs and comes down
_EACH_SHARE = 0.15  # of the steps between values, at least, before the turn and after it
_LONG = 2000  # values, from which on NumPy ranks them
_PIECE = 0.7  # rank correlation of the line before its turn, and after it


def trend(values: Sequence[float]) -> str:
    """What values do, in their order.

    The measure is Spearman's rank correlation rho of the values with their places in the row: it
    asks for the direction alone, so neither a log scale nor a single outlier changes it, and
    equal values share their mean rank.

    Returns:
        "empty" without values, "point" with one, "level" where all are equal. Then, in this
        order: "rises" (or "falls") where rho is at least 0.9 (at most -0.9) and the last value
        lies above (below) the first; "rises_falls" (or "falls_rises") where the values on the way
        to the highest (lowest) one have rho of at least 0.7 towards it, those after it at least
        0.7 away from it, and each side covers a quarter of the range and 15 % of the steps, or
        more; "rises_mostly" (or "falls_mostly") where rho is at least 0.6 (at most -0.6); else
        "unclear".

    >>> trend([1, 2, 4, 8]), trend([5, 1, 0, 2, 6]), trend([3, 3])
    ('rises', 'falls_rises', 'level')
    """
    if len(values) < 2:
        return "point" if values else "empty"
    low, high = min(values), max(values)
    if low == high:
        return "level"
    rho = _with_place(values)
    if abs(rho) >= _CLEAR and (values[-1] - values[0]) * rho > 0:
        return "rises" if rho > 0 else "falls"
    if _turns(values, high - low):
        return "rises_falls"
    if _turns([-value for value in values], high - low):
        return "falls_rises"
    if abs(rho) >= _MOSTLY:
        return "rises_mostly" if rho > 0 else "falls_mostly"
    return "unclear"


def _turns(values: Sequence[float], extent: float) -> bool:
    """Whether values climb to their highest one and come down from it."""
    top = max(values)
    first = values.index(top)
    last = len(values) - 1 - values[::-1].index(top)
    up, down = values[: first + 1], values[last:]
    if min(len(up), len(down)) - 1 < _EACH_SHARE * (len(values) - 1):
        return False
    if top - up[0] < _EACH_SIDE * extent or top - down[-1] < _EACH_SIDE * extent:
        return False
    return _with_place(up) >= _PIECE and _with_place(down) <= -_PIECE


def _with_place(values: Sequence[float]) -> float:
    return rank_correlation(range(len(values)), values) or 0.0


def rank_correlation(one: Sequence[float], other: Sequence[float]) -> float | None:
    """Spearman's rank correlation of two equally long rows of numbers, -1 to 1.

    It is Pearson's correlation of the ranks; equal values share their mean rank. None where one
    of the rows is constant, or shorter than two.

    >>> rank_correlation([1, 2, 3, 4], [1, 4, 9, 16])
    1.0
    """
    ranks, others = _ranks(one), _ranks(other)
    mean = (len(ranks) + 1) / 2
    spread = math.fsum((r - mean) ** 2 for r in ranks)
    other_spread = math.fsum((r - mean) ** 2 for r in others)
    if not spread or not other_spread:
        return None
    shared = math.fsum((a - mean) * (b - mean) for a, b in zip(ranks, others, strict=True))
    return max(-1.0, min(1.0, shared / math.sqrt(spread * other_spread)))


def _ranks(values: Sequence[float]) -> list[float]:
    """Ranks from 1 up, equal values with the mean of theirs."""
    if len(values) > _LONG:
        import numpy as np  # worth its import for long rows, which mostly have it loaded

        _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
        means: list[float] = (np.cumsum(counts) - (counts - 1) / 2)[places].tolist()
        return means
    order = sorted(range(len(values)), key=values.__getitem__)
    ranks = [0.0] * len(values)
    start = 0
    while start < len(order):
        end = start
        while end + 1 < len(order) and values[order[end + 1]] == values[order[start]]:
            end += 1
        for place in order[start : end + 1]:
            ranks[place] = (start + end) / 2 + 1
        start = end + 1
    return ranks
