"""Exponential smoothing of a line, as TensorBoard does it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from plotkit import errors


def checked(smoothing: object) -> float:
    """The weight of what came before, from 0 (none) to 1. Raises `OptionError`."""
    is_number = isinstance(smoothing, (int, float)) and not isinstance(smoothing, bool)
    if not is_number or not 0 <= smoothing <= 1:  # type: ignore[operator]
        raise errors.OptionError.from_option("smoothing", smoothing, "a number from 0 to 1")
    return float(smoothing)  # type: ignore[arg-type]


def smoothed(values: Sequence[float], weight: float) -> list[float]:
    """The values smoothed in their order, as many as there are.

    Each is `weight` times the one before plus `1 - weight` times the value, divided by
    `1 - weight ** n` (n: finite values so far), so that the start is not drawn towards 0. Values
    that are not finite stay as they are, and what follows goes on from what was before them. A
    line whose values are all equal stays as it is. With a weight of 1, all is 0, unless the line
    is constant. Distances along x play no part. All this is TensorBoard's.

    >>> smoothed([2.0, 4.0], 0.5)
    [2.0, 3.3333333333333335]
    """
    if weight == 0 or all(value == values[0] for value in values):
        return list(values)
    made = []
    last, share, left = 0.0, 1 - weight, 1.0
    number = 0
    for value in values:
        if not -math.inf < value < math.inf:
            made.append(value)
            continue
        last = last * weight + share * value
        number += 1
        if left:
            left = weight**number
        made.append(last / (1.0 - left) if weight != 1 else last)
    return made
