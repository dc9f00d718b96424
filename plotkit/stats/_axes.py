"""What lines and points decide of their axes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from plotkit import errors
from plotkit.column import Column

_DECADES_COST_LITTLE = 0.3  # of a log axis, at most, is empty for the sake of powers of ten


def is_log(options: Mapping[str, Any], name: str, column: Column) -> bool:
    """Whether the option of that name, "x_scale" or "y_scale", says "log" for a column of numbers.

    Raises `OptionError` for other values, and for a log scale of times or text.
    """
    value = options.get(name) or "linear"
    if value not in ("linear", "log"):
        raise errors.OptionError.from_option(name, value, "'linear' or 'log'")
    if value == "log" and column.kind != "number":
        raise errors.OptionError.from_option(
            name, value, f"'linear': column {errors.shown(column.name)} is {column.kind}"
        )
    return bool(value == "log")


def decades_are_near(extent: tuple[float, float] | None) -> bool:
    """Whether a log axis over these values may end at powers of ten without much empty space.

    >>> decades_are_near((0.002, 2.0)), decades_are_near((90.0, 110.0))
    (True, False)
    """
    if extent is None or extent[0] <= 0:
        return False
    low, high = map(math.log10, extent)
    whole = math.ceil(high) - math.floor(low)
    return high > low and whole - (high - low) <= _DECADES_COST_LITTLE * whole
