"""Lines: one for each series, sorted along x, with gaps, names at their ends, grey where too many.

This runs on plain lists: a training curve of a thousand points needs no NumPy, whose import would
be a tenth of the time from a fresh process to a picture.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from plotkit import errors, notes, text
from plotkit.column import Column
from plotkit.stats import Result
from plotkit.stats._axes import decades_are_near, is_log
from plotkit.table import Columns, LazyColumns

_COLOURS = 8
_NAMED_OF_MANY = 7  # beyond eight series: so many in colour, the others grey
_MANY_POINTS = 10_000  # above this, what one pixel column cannot show is left out
_LABEL_HEIGHT, _LABEL_WIDTH, _LABEL_SIZE = 15.0, 150.0, 11.5
_LEGEND_LABEL = 170.0  # px: longer names stand beside the plot, not above it
_AROUND_PLOT = 120.0  # px of the figure's height that titles and the x axis take
_ZERO_COSTS_LITTLE = 0.3  # of the axis, at most, is empty for the sake of zero

Key = tuple[str | None, str | None]  # a series: its color and its stroke


def compute(
    data: Columns | LazyColumns, options: Mapping[str, Any], size: tuple[int, int]
) -> Result:
    """Rows of lines.

    Inputs are x, y, and optionally color, stroke (series), error_low, error_high. Options are
    x_scale and y_scale, "linear" or "log". Output rows are grouped by series, each sorted by x;
    series after the eighth are told apart by grey tones and dashes, in `context`.
    """
    columns = data.collect() if isinstance(data, LazyColumns) else data
    log_x, log_y = (
        is_log(options, "x_scale", columns["x"]),
        is_log(options, "y_scale", columns["y"]),
    )
    _check_band(columns, log_y)
    said: list[str] = []
    if len(columns["x"]) > _MANY_POINTS and columns["x"].kind != "text":
        columns = _reduced(columns, size[0], log_x, said)
    series = _series(columns)
    order = _sorted(columns["x"], series, said)
    ys = columns["y"].as_json()
    many = len(series) > _COLOURS and not _is_split_twice(columns)
    named = _highest_ends(order, ys) if many else list(series)
    if many:
        column = columns["color" if "color" in columns else "stroke"].name
        said.append(notes.many_series(column, len(series), [_name(key) for key in named]))
    direct = _fit_at_ends(columns, named, order, ys, size[1], log_y)
    rows = _Rows(columns, named, direct, many)
    if columns["x"].kind == "text":
        rows.add_in_table_order(order)
    else:
        for key in [*named, *(key for key in series if key not in set(named))]:
            rows.add(key, order[key])
    switches = {
        "log_x": log_x,
        "log_y": log_y,
        "decades_y": log_y and decades_are_near(_extent(columns)),
        "zero_y": not log_y and _zero_is_near(columns),
        "direct_labels": direct,
        "legend_right": not direct and _longest(named) > _LEGEND_LABEL,
        "whole_x": columns["x"].is_whole(),
        "whole_y": columns["y"].is_whole(),
        "stroke": _is_split_twice(columns),
    }
    titles = {}
    if "stroke" in columns and "color" not in columns:
        titles = {"color": columns["stroke"].name}
    return Result(rows.columns(), said, switches=switches, titles=titles)


def _longest(named: Sequence[Key]) -> float:
    """The px of the longest name."""
    return max((text.width(_name(key), _LABEL_SIZE) for key in named), default=0.0)


def _check_band(columns: Columns, log_y: bool) -> None:
    """A band has two edges, above 0 where the axis has no 0."""
    for role in ("error_low", "error_high") if log_y else ():
        edge = columns.get(role)
        row = None if edge is None else edge.first_index(lambda v: v is not None and v <= 0)
        if edge is not None and row is not None:
            raise errors.DataError.from_log_scale(role, edge.name, row, edge.as_list()[row])
    for here, there in (("error_low", "error_high"), ("error_high", "error_low")):
        if here in columns and there not in columns:
            raise errors.OptionError.from_option(
                there, None, f"a column, as {here}={columns[here].name!r} is the band's other edge"
            )


def _is_split_twice(columns: Columns) -> bool:
    return "color" in columns and "stroke" in columns


def _name(key: Key) -> str:
    return next((part for part in key if part is not None), "")


def _series(columns: Columns) -> dict[Key, list[int]]:
    """Each series with its rows; in the order of the table, or of a categorical."""
    color = columns["color"].as_list() if "color" in columns else None
    stroke = columns["stroke"].as_list() if "stroke" in columns else None
    if color is None and stroke is None:
        return {(None, None): list(range(len(columns["x"])))}
    if color is None or stroke is None:
        color = color or stroke  # one split shows itself by colour and by dash
        found: dict[Key, list[int]] = {}
        assert color is not None
        for row, name in enumerate(color):
            found.setdefault((name, name), []).append(row)
    else:
        found = {}
        for row, key in enumerate(zip(color, stroke, strict=True)):
            found.setdefault(key, []).append(row)
    declared = columns["color" if "color" in columns else "stroke"].categories
    if declared:
        place = {name: i for i, name in enumerate(declared)}
        found = dict(sorted(found.items(), key=lambda item: place.get(_name(item[0]), len(place))))
    return found


def _sorted(x: Column, series: Mapping[Key, list[int]], said: list[str]) -> dict[Key, list[int]]:
    """Each series' rows by x; a line that passes one x twice is noted."""
    if x.kind == "text":
        return dict(series)
    values = x.as_json()
    repeated: list[int] = []
    order = {}
    for key, rows in series.items():
        found = sorted(rows, key=values.__getitem__)
        pairs = pairwise(found)
        repeated += [b for a, b in pairs if values[a] == values[b]]
        order[key] = found
    if repeated:
        said.append(notes.duplicate_x(x.name, len(repeated), min(repeated)))
    return order


def _highest_ends(order: Mapping[Key, list[int]], ys: Sequence[float | None]) -> list[Key]:
    def end(key: Key) -> float:
        values = [ys[row] for row in order[key] if ys[row] is not None]
        return values[-1] if values else -math.inf  # type: ignore[return-value]

    return sorted(order, key=end, reverse=True)[:_NAMED_OF_MANY]


def _extent(columns: Columns) -> tuple[float, float] | None:
    found = [
        v
        for role in ("y", "error_low", "error_high")
        if role in columns
        for v in columns[role].as_json()
        if v is not None
    ]
    return (min(found), max(found)) if found else None


def _zero_is_near(columns: Columns) -> bool:
    extent = _extent(columns)
    if extent is None:
        return False
    low, high = extent
    if low < 0 < high:
        return True
    near, far = sorted((abs(low), abs(high)))
    return near <= _ZERO_COSTS_LITTLE * far


def _fit_at_ends(
    columns: Columns,
    named: Sequence[Key],
    order: Mapping[Key, list[int]],
    ys: Sequence[float | None],
    height: int,
    log_y: bool,
) -> bool:
    """Whether each line can be named at its right end without two names touching."""
    extent = _extent(columns)
    if named == [(None, None)] or _is_split_twice(columns) or extent is None:
        return False
    if columns["x"].kind == "text" or len(named) > _COLOURS:
        return False
    xs = columns["x"].as_json()
    ends = []
    for key in named:
        rows = [row for row in order[key] if ys[row] is not None]
        if not rows or text.width(_name(key), _LABEL_SIZE, 600) > _LABEL_WIDTH:
            return False
        ends.append((xs[rows[-1]], ys[rows[-1]]))
    last = max(x for x, _ in ends)
    if any(x < last for x, _ in ends):
        return False  # a name in the middle of the plot would lie on other lines
    low, high = extent
    if not log_y and _zero_is_near(columns):
        low, high = min(low, 0.0), max(high, 0.0)
    if log_y:
        if low <= 0:
            return False
        near = decades_are_near(extent)
        ends = [(x, math.log10(y)) for x, y in ends]  # type: ignore[arg-type]
        low, high = math.log10(low), math.log10(high)
        if near:
            low, high = math.floor(low), math.ceil(high)
    px = (height - _AROUND_PLOT) / ((high - low) or 1.0)
    levels = sorted(y * px for _, y in ends)  # type: ignore[operator]
    return all(b - a >= _LABEL_HEIGHT for a, b in pairwise(levels))


class _Rows:
    """Output rows, gathered series by series."""

    def __init__(self, columns: Columns, named: Sequence[Key], direct: bool, many: bool) -> None:
        self._inputs = {
            role: columns[role].as_json()
            for role in ("x", "y", "error_low", "error_high")
            if role in columns
        }
        self._split = "color" in columns or "stroke" in columns
        self._named = set(named)
        self._direct, self._many = direct, many
        self._made: dict[str, list[Any]] = {role: [] for role in self._inputs}
        extra = ("color", "stroke", "context", "lone", "end_label")
        self._made.update({name: [] for name in extra})

    def add(self, key: Key, rows: Sequence[int]) -> None:
        """One series, its rows in drawing order."""
        made, ys = self._made, self._inputs["y"]
        for role, values in self._inputs.items():
            made[role] += [values[row] for row in rows]
        count, in_colour = len(rows), key in self._named
        made["color"] += [key[0] if in_colour else None] * count
        made["stroke"] += [key[1] if in_colour else None] * count
        made["context"] += [None if in_colour else _name(key)] * count
        drawn = [ys[row] is not None for row in rows]
        alone = zip([False, *drawn[:-1]], drawn, [*drawn[1:], False], strict=True)
        made["lone"] += [here and not before and not after for before, here, after in alone]
        labels: list[str | None] = [None] * count
        if self._direct and in_colour and True in drawn:
            labels[count - 1 - drawn[::-1].index(True)] = _name(key)
        made["end_label"] += labels

    def add_in_table_order(self, order: Mapping[Key, Sequence[int]]) -> None:
        """All series, but rows as in the table: categories keep their order along the axis."""
        for key, rows in order.items():
            self.add(key, rows)
        rank = sorted(
            range(len(self._made["x"])),
            key=[r for rows in order.values() for r in rows].__getitem__,
        )
        self._made = {name: [values[i] for i in rank] for name, values in self._made.items()}

    def columns(self) -> dict[str, list[Any]]:
        """The columns that hold anything."""
        optional = {
            "color": self._split,
            "stroke": self._split,
            "context": self._many,
            "lone": any(self._made["lone"]),
            "end_label": self._direct,
        }
        return {name: v for name, v in self._made.items() if optional.get(name, True)}


def _reduced(columns: Columns, width: int, log_x: bool, said: list[str]) -> Columns:
    """First, last, lowest and highest point of each pixel column, by series."""
    import numpy as np  # only long lines pay for it

    from plotkit.stats._pixels import extremes

    x, y = columns["x"].as_array(), columns["y"].as_array()
    if log_x:
        with np.errstate(divide="ignore", invalid="ignore"):
            x = np.log(x)
    kept = []
    for found in _series(columns).values():
        rows = np.asarray(found)
        kept.append(rows[extremes(x[rows], y[rows], 2 * width)])
    chosen = np.sort(np.concatenate(kept))
    if len(chosen) == len(x):
        return columns
    said.append(notes.reduced(columns["y"].name, len(x), len(chosen)))
    return {role: column.take(chosen) for role, column in columns.items()}
