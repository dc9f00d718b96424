"""Scatter: a point for each row, lighter where there are many."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plotkit import errors, notes
from plotkit.column import Column
from plotkit.stats import Result
from plotkit.stats._axes import decades_are_near, is_log
from plotkit.table import Columns, LazyColumns

_COLOURS = 8
_SHAPES = 7  # no common divisor with the colours, so that their pairs do not repeat
_DENSE, _CROWDED = 500, 2500  # points, from which on they are drawn smaller and lighter


def compute(
    data: Columns | LazyColumns, options: Mapping[str, Any], size: tuple[int, int]
) -> Result:
    """Rows of points.

    Inputs are x, y, and optionally color (a number gives a shade, anything else a colour and a
    shape each) and size. Options are x_scale and y_scale, "linear" or "log".
    """
    columns = data.collect() if isinstance(data, LazyColumns) else data
    made: dict[str, list[Any]] = {
        role: columns[role].as_json() for role in ("x", "y", "size") if role in columns
    }
    _check_sizes(columns)
    said: list[str] = []
    titles = {}
    color = columns.get("color")
    continuous = color is not None and color.kind == "number"
    if color is not None and continuous:
        made["color"] = color.as_json()
    elif color is not None:
        names = color.as_text()
        made["category"] = names
        titles["category"] = color.name
        made = _in_declared_order(made, color.categories)
        count = len(set(names))
        if count > _COLOURS * _SHAPES:
            said.append(notes.unstyled_categories(color.name, count, _COLOURS * _SHAPES))
        elif count > _COLOURS:
            said.append(notes.many_categories(color.name, count, _COLOURS))
    points = len(made["x"])
    switches = {
        "log_x": is_log(options, "x_scale", columns["x"]),
        "log_y": is_log(options, "y_scale", columns["y"]),
        "decades_x": is_log(options, "x_scale", columns["x"])
        and decades_are_near(_extent(columns["x"])),
        "decades_y": is_log(options, "y_scale", columns["y"])
        and decades_are_near(_extent(columns["y"])),
        "time_x": columns["x"].kind == "time",
        "time_y": columns["y"].kind == "time",
        "whole_x": columns["x"].is_whole(),
        "whole_y": columns["y"].is_whole(),
        "continuous": continuous,
        "dense": _DENSE < points <= _CROWDED,
        "crowded": points > _CROWDED,
    }
    return Result(made, said, switches=switches, titles=titles)


def _extent(column: Column) -> tuple[float, float] | None:
    """The lowest and the highest of the numbers."""
    values = column.as_json()
    return (min(values), max(values)) if values and column.kind == "number" else None


def _check_sizes(columns: Columns) -> None:
    """A point has no negative area."""
    sizes = columns.get("size")
    row = None if sizes is None else sizes.first_index(lambda v: v is not None and v < 0)
    if sizes is not None and row is not None:
        raise errors.DataError.from_fact(
            "size", sizes.name, row, sizes.as_list()[row], "a number from 0 up"
        )


def _in_declared_order(
    made: dict[str, list[Any]], categories: tuple[str, ...] | None
) -> dict[str, list[Any]]:
    """Rows by the declared order of their categories, which is the legend's order too."""
    if not categories:
        return made
    place = {name: i for i, name in enumerate(categories)}
    names = made["category"]
    order = sorted(range(len(names)), key=lambda i: place.get(names[i], len(place)))
    return {field: [values[i] for i in order] for field, values in made.items()}
