"""Curves whose points are computed already: all of them, or those that the picture can show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plotkit.stats import Detail, Picture, Result
from plotkit.stats.line import gathered
from plotkit.table import Columns, LazyColumns

_ALIKE = 1 << 62  # however many curves there are, they share the room evenly


def compute(data: Columns | LazyColumns, options: Mapping[str, Any], picture: Picture) -> Result:
    """Rows of curves: inputs x, y and optionally color (the curve); the same come out.

    Few rows stay as they are; of many the first, last, lowest and highest of each curve in half a
    device pixel are kept, along x.

    >>> from plotkit.column import Column
    >>> x, y = (Column(name, "number", values=[0, 1]) for name in "xy")
    >>> compute({"x": x, "y": y}, {}, Picture()).columns
    {'x': [0, 1], 'y': [0, 1]}
    """
    said: list[str] = []
    held = gathered(data, picture, False, said, _ALIKE)
    rows = {role: column.as_json() for role, column in held.columns.items()}
    if held.first is None:
        return Result(rows, said)
    detail = Detail(rows, list(held.first), None, held.levels, held.whole)
    return Result(detail.at(0), said, detail=detail if held.levels > 1 else None)
