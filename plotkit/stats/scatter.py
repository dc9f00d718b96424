"""Scatter: a point for each row, lighter where there are many.

Up to a few thousand rows each is a mark. Of more, those on one pixel become one mark, as dark as
all of them; where still more marks than `settings.scatter_marks` would be left, their density is
drawn as an image, and the points that lie alone as marks on it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from plotkit import errors, settings
from plotkit.column import Column
from plotkit.stats import Picture, Result
from plotkit.stats._points import (
    in_declared_order,
    in_order,
    kept,
    of_axes,
    rest_of,
    said_of_categories,
)
from plotkit.table import Columns, LazyColumns

_DENSE, _CROWDED = 500, 2500  # points, from which on they are drawn smaller and lighter
_EVERY = 5000  # points up to which each is a mark


def compute(data: Columns | LazyColumns, options: Mapping[str, Any], picture: Picture) -> Result:
    """Rows of points.

    Inputs are x, y, and optionally color (a number gives a shade, anything else a colour and a
    shape each) and size. Options are x_scale and y_scale, "linear" or "log", and density: whether
    the preset has a place for an image; without one the marks of large data are fewer instead.

    `picture.reduce` False draws every row, a number at most so many (piles of points on coarser
    cells, at least one for each category, and no image).

    Raises `DataError` for negative sizes.
    """
    reduce = picture.reduce
    if isinstance(data, LazyColumns) and (
        reduce is False or (data.rows is not None and data.rows <= _EVERY)
    ):
        data = data.collect()
    every = min(_EVERY, settings.scatter_marks) if isinstance(reduce, bool) else reduce
    if not isinstance(data, LazyColumns) and (reduce is False or len(data["x"]) <= every):
        return _every_point(data, options)
    from plotkit.stats import _crowded  # NumPy, which small charts do without

    return _crowded.compute(data, options, picture, every)


def _every_point(columns: Columns, options: Mapping[str, Any]) -> Result:
    """A mark for each row."""
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
        made["category"] = color.as_text()
        titles["category"] = color.name
        made, count = _categorized(made, color, said)
        said += said_of_categories(color.name, count)
    points = len(made["x"])
    extents = {role: _extent(columns[role]) for role in ("x", "y")}
    switches = {
        **of_axes(options, columns, extents),
        "whole_x": columns["x"].is_whole(),
        "whole_y": columns["y"].is_whole(),
        "continuous": continuous,
        "rest": "rest" in made,
        "dense": _DENSE < points <= _CROWDED,
        "crowded": points > _CROWDED,
    }
    return Result(made, said, switches=switches, titles=titles)


def _categorized(
    made: dict[str, list[Any]], color: Column, said: list[str]
) -> tuple[dict[str, list[Any]], int]:
    """The rows in the order of their categories, and how many have a look of their own."""
    rows = Counter(made["category"])
    names = in_order(list(rows), color.categories)
    few = kept(color.name, names, [rows[name] for name in names], said)
    if few is None:
        return in_declared_order(made, color.categories), len(names)
    order = few.order(names)
    drawn = {name: name for name in order[:-1]}
    made["category"] = [drawn.get(name, few.rest) for name in made["category"]]
    made["rest"] = rest_of(made["category"], order)
    return in_declared_order(made, order), 0  # what is to be said is said


def _extent(column: Column) -> tuple[float, float] | None:
    """The lowest and the highest of the numbers."""
    values = column.as_json()
    return (min(values), max(values)) if values and column.kind == "number" else None


def _check_sizes(columns: Columns) -> None:
    """A point has no negative area."""
    sizes = columns.get("size")
    low = None if sizes is None else sizes.facts().low
    if sizes is None or low is None or low >= 0:  # told at once; rows are walked for the message
        return
    row = sizes.first_index(lambda v: v is not None and v < 0)
    if row is not None:
        raise errors.DataError.from_fact(
            "size", sizes.name, row, sizes.value(row), "a number from 0 up"
        )
