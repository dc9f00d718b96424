"""Columns of a run side by side: names that were not logged with the same steps in one table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from plotkit.runs.database import Database

Array = np.ndarray[Any, Any]


class Columns(NamedTuple):
    """Rows in the order of steps.

    Attributes:
        steps: int64.
        at: float64, seconds since 1970.
        values: for each name an array (masked where a row does not have it), or a list where no
            array holds the values exactly; None where a row does not have it.
        missing: for each name, where rows do not have it; None where all do.
    """

    steps: Array
    at: Array
    values: dict[str, Any]
    missing: dict[str, Array | None]


def columns_of(
    database: Database, names: Sequence[str], min_step: int | None, max_step: int | None
) -> Columns:
    """The rows in which at least one of the names was logged; without names, all rows."""
    asked = list(names) or list(database.known())
    found = database.series(asked, min_step, max_step)
    steps, at = _together([(one.steps, one.at) for one in found.values()])
    values: dict[str, Any] = {}
    missing: dict[str, Array | None] = {}
    for name in names:
        series = found[name]
        if len(series.steps) == len(steps):
            values[name], missing[name] = series.values, None
            continue
        places = np.searchsorted(steps, series.steps)
        absent = np.ones(len(steps), dtype=bool)
        absent[places] = False
        values[name], missing[name] = _spread(series.values, places, absent), absent
    return Columns(steps, at, values, missing)


def _together(parts: list[tuple[Array, Array]]) -> tuple[Array, Array]:
    """All steps once, in order, each with its time."""
    several = {(id(steps), id(at)): (steps, at) for steps, at in parts}
    arrays = list(several.values())
    if not arrays:
        return np.empty(0, np.int64), np.empty(0, np.float64)
    first = arrays[0]
    if all(np.array_equal(first[0], steps) for steps, _ in arrays[1:]):
        return first
    steps, places = np.unique(np.concatenate([one[0] for one in arrays]), return_index=True)
    return steps, np.concatenate([one[1] for one in arrays])[places]


def _spread(values: Any, places: Array, absent: Array) -> Any:
    """Values at their rows, missing elsewhere."""
    if isinstance(values, list):
        made: list[Any] = [None] * len(absent)
        for place, value in zip(places.tolist(), values, strict=True):
            made[place] = value
        return made
    held = np.zeros(len(absent), dtype=values.dtype)
    held[places] = values
    return np.ma.MaskedArray(held, mask=absent)
