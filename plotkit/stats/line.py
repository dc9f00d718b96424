"""Lines: one for each series, sorted along x, with gaps, names at their ends, grey where too many.

This runs on plain lists: a training curve of a thousand points needs no NumPy, whose import would
be a tenth of the time from a fresh process to a picture. Long lines are first reduced to what the
picture shows of them (see `_m4`), and then are short ones.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from plotkit import errors, notes, settings, text
from plotkit.column import Column
from plotkit.stats import Detail, Picture, Result
from plotkit.stats._axes import decades_are_near, is_log
from plotkit.table import Columns, LazyColumns

_COLOURS = 8
_NAMED_OF_MANY = 7  # beyond eight series: so many in colour, the others grey
_ENDS = ("highest", "lowest")  # which of them these are
_MOST_LABELS = 20_000  # along x: the engine takes half a minute for more
_MANY_POINTS = 10_000  # above this, what one pixel column cannot show is left out
_LABEL_HEIGHT, _LABEL_WIDTH, _LABEL_SIZE = 15.0, 150.0, 11.5
_LEGEND_LABEL = 170.0  # px: longer names stand beside the plot, not above it
_AROUND_PLOT = 120.0  # px of the figure's height that titles and the x axis take
_ZERO_COSTS_LITTLE = 0.3  # of the axis, at most, is empty for the sake of zero
_DASHES = 7  # patterns of the presets; the first is a solid line
_TANGLED = 12.0  # lengths of the x axis, of a line so rough that dashes cannot be seen in it
# The engine takes long for one long path; it draws the same in pieces, in half the time.
_LONG, _PIECE = 2000, 192
_BUNDLES = 24  # paths of which many grey lines are drawn

Key = tuple[str | None, str | None]  # a series: its color and its stroke


def compute(data: Columns | LazyColumns, options: Mapping[str, Any], picture: Picture) -> Result:
    """Rows of lines.

    Inputs are x, y, and optionally color, stroke (series), error_low, error_high. Options are
    x_scale and y_scale, "linear" or "log", and named, the end ("highest" or "lowest") of the series
    that are in colour where there are more than colours. Output rows are grouped by series, each
    sorted by x; series after the eighth are told apart by grey tones and dashes, in `context`.
    """
    log_x, log_y = (is_log(options, f"{role}_scale", _typed(data, role)) for role in ("x", "y"))
    lowest = _names_lowest(options)
    said: list[str] = []
    if not isinstance(data, LazyColumns):
        _check_band(data, log_y)
    held = gathered(data, picture, log_x, said, lowest=lowest)
    columns = held.columns
    if isinstance(data, LazyColumns):
        _check_band(columns, log_y)
        _check_above_zero(columns, log_x, log_y)
    series = _series(columns)
    order = series if held.is_sorted else _sorted(columns["x"], series, said)
    ys = columns["y"].as_json()
    many = len(series) > _COLOURS and not _is_split_twice(columns)
    named = _named_of_many(order, ys, lowest) if many else list(series)
    if many:
        column = columns["color" if "color" in columns else "stroke"].name
        names = [_name(key) for key in named]
        said.append(notes.many_series(column, len(series), names, _ENDS[lowest]))
    direct = _fit_at_ends(columns, named, order, ys, picture.height, log_y)
    rough = _rough(held, named, order, picture, log_x, log_y)
    solid = _solid(columns, named, rough)
    rows = _Rows(held, named, direct, many, _in_pieces(columns, named, rough, solid))
    rest = set(series) - set(named)
    rows.add_all([*named, *(key for key in series if key in rest)], order)
    switches = {
        "log_x": log_x,
        "log_y": log_y,
        "decades_y": log_y and decades_are_near(_extent(columns)),
        "zero_y": not log_y and _zero_is_near(columns),
        "direct_labels": direct,
        "legend_right": not direct and _longest(named) > _LEGEND_LABEL,
        "whole_x": _is_whole(data, columns, "x"),
        "whole_y": _is_whole(data, columns, "y"),
        "stroke": _is_split_twice(columns),
        **{f"solid_{dash + 1}": dash in solid for dash in range(_DASHES)},
    }
    titles = {}
    if "stroke" in columns and "color" not in columns:
        titles = {"color": columns["stroke"].name}
    drawn, detail = rows.columns(), None
    if held.levels > 1:
        detail = Detail(drawn, rows.first, None, held.levels, held.whole)
        drawn = detail.at(0)
    return Result(drawn, said, switches=switches, titles=titles, detail=detail)


class Held(NamedTuple):
    """The rows that are drawn at any level of detail, and from which level on each is.

    `shown` are those of the picture itself, where long lines are drawn whole.
    """

    columns: Columns
    first: Sequence[int] | None = None
    levels: int = 1
    whole: bool = True
    is_sorted: bool = False
    shown: Columns | None = None


def gathered(
    data: Columns | LazyColumns,
    picture: Picture,
    log_x: bool,
    said: list[str],
    colours: int = _COLOURS,
    lowest: bool = False,
) -> Held:
    """All rows of short lines, those that the picture shows of long ones.

    Of more lines than colours those that end highest (or lowest) keep most.
    """
    most = _MANY_POINTS
    if not isinstance(picture.reduce, bool):
        most = min(most, picture.reduce)
    if _typed(data, "x").kind == "text":
        return Held(_along_labels(data))
    if not _is_long(data, most):
        return Held(data.collect() if isinstance(data, LazyColumns) else data)
    if picture.reduce is False:
        return _whole(data, picture, log_x, lowest)
    found = _reduced(data, picture, log_x, said, colours, lowest)
    y = found.columns["y"]
    heights = zip(found.first, y.as_json(), strict=True)
    kept = sum(1 for level, height in heights if level == 0 and height is not None)
    if kept < found.known:
        fits = found.total <= settings.max_rows
        said.append(
            notes.reduced_further(y.name, found.known, kept, found.parts, fits)
            if found.parts < found.full
            else notes.reduced(y.name, found.known, kept, fits)
        )
    if found.repeated[0]:
        said.append(notes.duplicate_x(found.columns["x"].name, *found.repeated))
    return Held(found.columns, found.first, found.levels, found.whole, is_sorted=True)


def _along_labels(data: Columns | LazyColumns) -> Columns:
    """All rows of lines along text, which no reduction makes fewer."""
    count, name = _rows_of(data), _typed(data, "x").name
    advice = "Give x as numbers or times, or filter or aggregate first."
    if count > settings.max_rows:
        raise errors.DataError.from_sentence(
            "x",
            name,
            f"{count:,} rows along a text axis; such rows are all drawn, one by one, and the "
            f"drawing engine gets at most {settings.max_rows:,} (plotkit.settings.max_rows). "
            + advice,
        )
    columns = data.collect() if isinstance(data, LazyColumns) else data
    if count > _MOST_LABELS:
        labels = len(set(columns["x"].as_list()))
        if labels > _MOST_LABELS:
            raise errors.DataError.from_sentence(
                "x",
                name,
                f"{labels:,} different labels along a text axis; it takes at most "
                f"{_MOST_LABELS:,}. {advice}",
            )
    return columns


def _whole(data: Columns | LazyColumns, picture: Picture, log_x: bool, lowest: bool) -> Held:
    """All rows of long lines; how they look is decided as if they were reduced."""
    if not isinstance(data, dict) and not _is_long(data, settings.max_rows):
        data = data.collect()
    if not isinstance(data, dict) or _is_long(data, settings.max_rows):
        count = _rows_of(data)
        raise errors.DataError.from_all_rows(count, settings.max_rows)
    found = _reduced(data, picture._replace(reduce=True), log_x, [], _COLOURS, lowest)
    shown = [row for row, level in enumerate(found.first) if level == 0]
    return Held(data, shown={role: c.take(shown) for role, c in found.columns.items()})


def _reduced(
    data: Columns | LazyColumns,
    picture: Picture,
    log_x: bool,
    said: list[str],
    colours: int,
    lowest: bool,
) -> Any:
    from plotkit.stats._m4_lines import reduce_lines  # only long lines need NumPy

    if log_x and isinstance(data, dict):
        _check_positive("x", data["x"])
    return reduce_lines(data, picture, log_x, colours, _NAMED_OF_MANY, said, lowest)


def _check_positive(role: str, column: Column) -> None:
    low = column.facts().low
    if low is not None and low <= 0:
        row = column.first_index(lambda v: v is not None and v <= 0) or 0
        raise errors.DataError.from_log_scale(role, column.name, row, column.value(row))


def _typed(data: Columns | LazyColumns, role: str) -> Column:
    """A role's column, of a lazy frame without its values."""
    if isinstance(data, LazyColumns):
        return Column(data.names[role], data.kinds[role], values=[])
    return data[role]


def _rows_of(data: Columns | LazyColumns) -> int:
    if not isinstance(data, LazyColumns):
        return len(data["x"])
    if data.rows is not None:
        return data.rows
    from plotkit.stats._m4_sources import counted  # binding has counted the rows, as a rule

    return counted(data)


def _is_long(data: Columns | LazyColumns, most: int) -> bool:
    return _rows_of(data) > most


def _is_whole(data: Columns | LazyColumns, columns: Columns, role: str) -> bool:
    """Whether a column is of whole numbers; of a lazy frame's the drawn ones are asked."""
    return (columns if isinstance(data, LazyColumns) else data)[role].is_whole()


def _check_above_zero(columns: Columns, log_x: bool, log_y: bool) -> None:
    """A log axis shows only numbers above 0; a lazy frame's rows have no numbers to name."""
    for role, log in (("x", log_x), ("y", log_y)):
        low = min((v for v in columns[role].as_json() if v is not None), default=None)
        if log and low is not None and low <= 0:
            raise errors.DataError.from_log_scale(role, columns[role].name, None, low)


def _longest(named: Sequence[Key]) -> float:
    """The px of the longest name."""
    return max((text.width(_name(key), _LABEL_SIZE) for key in named), default=0.0)


def _check_band(columns: Columns, log_y: bool) -> None:
    """A band has two edges, above 0 where the axis has no 0."""
    for role in ("error_low", "error_high") if log_y else ():
        if role in columns:
            _check_positive(role, columns[role])
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


def _names_lowest(options: Mapping[str, Any]) -> bool:
    """Whether of many series those that end lowest are in colour."""
    named = options.get("named") or _ENDS[0]
    if named not in _ENDS:
        raise errors.OptionError.from_option("named", named, " or ".join(map(repr, _ENDS)))
    return bool(named == "lowest")


def _named_of_many(
    order: Mapping[Key, list[int]], ys: Sequence[float | None], lowest: bool
) -> list[Key]:
    sign = 1.0 if lowest else -1.0

    def end(key: Key) -> float:
        values = [y for row in order[key] if (y := ys[row]) is not None]
        return sign * values[-1] if values else math.inf

    return sorted(order, key=end)[:_NAMED_OF_MANY]


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


def _rough(
    held: Held,
    named: Sequence[Key],
    order: Mapping[Key, list[int]],
    picture: Picture,
    log_x: bool,
    log_y: bool,
) -> set[Key]:
    """The lines that turn back on themselves within a dash, many times along the plot.

    The rows of the picture itself decide, also where all are drawn.
    """
    columns, first = held.columns, held.first
    if held.shown is not None:
        columns = held.shown
        order = _series(columns)
    if len(named) == 1 and len(columns["x"]) <= _LONG:
        return set()  # a single line is solid
    place = _Place(columns, picture, log_x, log_y)
    found = set()
    for key in named:
        rows = order[key] if first is None else [row for row in order[key] if first[row] == 0]
        if place.is_tangled(rows):
            found.add(key)
    return found


def _solid(columns: Columns, named: Sequence[Key], rough: set[Key]) -> set[int]:
    """The dash patterns that are drawn as solid lines, as no dash could be seen in their lines.

    The first is solid anyway, but by dashes without gaps, which take the engine long.
    """
    if "color" not in columns and "stroke" not in columns:
        return set()
    dashes = _dashes(named)
    return {dashes[key] for key in named} - {dashes[key] for key in named if key not in rough}


def _in_pieces(
    columns: Columns, named: Sequence[Key], rough: set[Key], solid: set[int]
) -> set[Key]:
    """The rough lines without dashes, which the engine draws faster piece by piece."""
    if "color" not in columns and "stroke" not in columns:
        return rough
    dashes = _dashes(named)
    return {key for key in rough if dashes[key] in solid}


def _dashes(named: Sequence[Key]) -> dict[Key, int]:
    """The dash pattern of each series, as the presets' scale gives them out."""
    strokes = {stroke: at for at, stroke in enumerate(dict.fromkeys(key[1] for key in named))}
    return {key: strokes[key[1]] % _DASHES for key in named}


class _Place:
    """Where points stand in the plot, in px."""

    def __init__(self, columns: Columns, picture: Picture, log_x: bool, log_y: bool) -> None:
        self._width = float(picture.width)
        self._x = _Scale(columns["x"], self._width, log_x)
        self._y = _Scale(columns["y"], picture.height - _AROUND_PLOT, log_y)

    def is_tangled(self, rows: Sequence[int]) -> bool:
        """Whether a line is many times as long as the plot is wide."""
        left, before = _TANGLED * self._width, None
        for row in rows:
            x, y = self._x.at(row), self._y.at(row)
            if x is None or y is None:
                continue
            if before is not None:
                left -= math.dist(before, (x, y))
                if left < 0:
                    return True
            before = (x, y)
        return False


class _Scale:
    """Values as px along an axis that they fill; text by the order of its values."""

    def __init__(self, column: Column, size: float, log: bool) -> None:
        values = column.as_json()
        if column.kind == "text":
            place = {value: at for at, value in enumerate(dict.fromkeys(values))}
            values = [place[value] for value in values]
        known = [v for v in values if v is not None and (v > 0 or not log)]
        ends = (min(known, default=1.0), max(known, default=1.0))
        self._values, self._log = values, log
        low, high = (math.log(ends[0]), math.log(ends[1])) if log else ends
        self._low: float = low
        self._factor = size / (high - low) if high > low else 0.0

    def at(self, row: int) -> float | None:
        """The place of a row's value; None where no axis shows it."""
        value = self._values[row]
        if value is None or (self._log and value <= 0):
            return None
        return ((math.log(value) if self._log else value) - self._low) * self._factor


class _Rows:
    """Output rows, gathered series by series."""

    def __init__(
        self, held: Held, named: Sequence[Key], direct: bool, many: bool, cut: set[Key]
    ) -> None:
        columns = held.columns
        self._inputs = {
            role: columns[role].as_json()
            for role in ("x", "y", "error_low", "error_high")
            if role in columns
        }
        self._is_text = columns["x"].kind == "text"
        self._split = "color" in columns or "stroke" in columns
        self._named = set(named)
        self._direct, self._many = direct, many
        self._levels = held.first if held.first is not None else [0] * len(columns["x"])
        self._in_pieces = cut
        # Rows that no one gave come on top only where the engine gets so many.
        self._spare = settings.max_rows - sum(1 for level in self._levels if level == 0)
        self._pieces = 0
        self._made: dict[str, list[Any]] = {role: [] for role in self._inputs}
        extra = ("color", "stroke", "context", "lone", "end_label", "piece", "bundle")
        self._made.update({name: [] for name in extra})
        self.first: list[int] = []

    def add_all(self, keys: Sequence[Key], order: Mapping[Key, Sequence[int]]) -> None:
        """All series, one after another; those of categories along x in the table's order."""
        if self._is_text:
            for key, rows in order.items():
                self._add(key, rows)
            self._sort_as_in_table([row for rows in order.values() for row in rows])
            return
        grey = [key for key in keys if key not in self._named]
        size = -(-len(grey) // _BUNDLES) if len(grey) <= self._spare else 1
        behind = {key: at // size for at, key in enumerate(grey)}
        last = None
        for key in keys:
            bundle = behind.get(key)
            if bundle is not None and bundle == last:
                self._add_break()
            self._add(key, order[key], bundle)
            last = bundle

    def _add(self, key: Key, rows: Sequence[int], bundle: int | None = None) -> None:
        """One series, its rows in drawing order."""
        made, ys = self._made, self._inputs["y"]
        for role, values in self._inputs.items():
            made[role] += [values[row] for row in rows]
        count, in_colour = len(rows), key in self._named
        made["color"] += [key[0] if in_colour else None] * count
        made["stroke"] += [key[1] if in_colour else None] * count
        made["context"] += [None if in_colour else _name(key)] * count
        made["bundle"] += [bundle] * count
        drawn = [ys[row] is not None for row in rows]
        alone = zip([False, *drawn[:-1]], drawn, [*drawn[1:], False], strict=True)
        made["lone"] += [here and not before and not after for before, here, after in alone]
        labels: list[str | None] = [None] * count
        if self._direct and in_colour and True in drawn:
            labels[count - 1 - drawn[::-1].index(True)] = _name(key)
        made["end_label"] += labels
        made["piece"] += [None] * count
        levels = [self._levels[row] for row in rows]
        self.first += levels
        if key in self._in_pieces and not self._is_text and levels.count(0) > _LONG:
            self._cut(count)

    def _cut(self, count: int) -> None:
        """Cut the line of the last rows into pieces; each starts where the one before ended.

        They meet at rows that are drawn at every level.
        """
        start = len(self.first) - count
        ends = [at for at in range(start, len(self.first)) if self.first[at] == 0][_PIECE::_PIECE]
        if len(ends) > self._spare:
            return
        self._spare -= len(ends)
        cuts = [start, *(at + 1 for at in ends), len(self.first)]
        for name, values in [*self._made.items(), ("", self.first)]:
            tail = values[start:]
            del values[start:]
            for nth, (low, high) in enumerate(pairwise(cuts)):
                if low == high:
                    continue
                part = tail[low - start : high - start]
                if nth:
                    again = {"lone": False, "end_label": None}
                    values.append(again.get(name, tail[low - start - 1]))
                values += part if name != "piece" else [None] * len(part)
                if name == "piece":
                    count = len(part) + (1 if nth else 0)
                    values[-count:] = [self._pieces + nth] * count
        self._pieces += len(cuts)

    def _add_break(self) -> None:
        """A gap between two lines of one path."""
        for values in self._made.values():
            values.append(values[-1])
        for name in ("y", "lone", "error_low", "error_high"):
            if name in self._made:
                self._made[name][-1] = False if name == "lone" else None
        self.first.append(0)
        self._spare -= 1

    def _sort_as_in_table(self, rows: Sequence[int]) -> None:
        rank = sorted(range(len(rows)), key=rows.__getitem__)
        self._made = {name: [values[i] for i in rank] for name, values in self._made.items()}

    def columns(self) -> dict[str, list[Any]]:
        """The columns that hold anything."""
        optional = {
            "color": self._split,
            "stroke": self._split,
            "context": self._many,
            "bundle": self._many,
            "lone": any(self._made["lone"]),
            "end_label": self._direct,
            "piece": self._pieces > 0,
        }
        return {name: v for name, v in self._made.items() if optional.get(name, True)}
