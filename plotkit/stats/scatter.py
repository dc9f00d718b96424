"""Scatter: a point for each row, lighter where there are many."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plotkit import notes
from plotkit.stats import Result, is_log
from plotkit.table import Columns, LazyColumns

_COLOURS = 8
_SHAPES = 7  # no common divisor with the colours, so that their pairs do not repeat
_DENSE, _CROWDED = 300, 2500  # points, from which on they are drawn smaller and lighter


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
        "log_x": is_log(options, "x_scale"),
        "log_y": is_log(options, "y_scale"),
        "whole_x": columns["x"].is_whole(),
        "whole_y": columns["y"].is_whole(),
        "continuous": continuous,
        "dense": _DENSE < points <= _CROWDED,
        "crowded": points > _CROWDED,
    }
    return Result(made, said, switches=switches, titles=titles)


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
