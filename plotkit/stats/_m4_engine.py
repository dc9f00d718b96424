"""The extremes of lines, found by the engine that holds the rows: PySpark, Ibis and their like.

Each step is an expression of narwhals (Jugel's M4: group by bucket, join the extremes back), and
nothing but the rows to draw comes here. Rows have no order there: of points of one x the lowest
and the highest are both kept, and drawn in that order.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import narwhals as nw
import numpy as np

from plotkit import notes
from plotkit.column import Column
from plotkit.stats import _groups, _m4
from plotkit.stats._m4 import Grid, Points, Share
from plotkit.stats._m4_sources import Lazy, Memory
from plotkit.table import Columns, LazyColumns

_PLACE, _BUCKET = "plotkit place", "plotkit bucket"

Frame = nw.LazyFrame[Any]
Lists = dict[str, list[Any]]  # rows by role


class Engine(Lazy):
    """A lazy frame whose engine groups its rows."""

    def __init__(self, data: LazyColumns, said: list[str]) -> None:
        super().__init__(data)
        self._raw: dict[str, dict[str, Any]] = {}
        self._names: dict[str, tuple[str, ...]] = {}
        for role in self._splits:
            self._name_lines(role, said)
        self._frame = _with_place(data)
        for role in self._splits:
            self._fill_missing(role)
        place = nw.col(_PLACE)
        found = data.collect(self._frame.select(place.min().alias("a"), place.max().alias("b")))
        self.extent = (float(found["a"].as_list()[0]), float(found["b"].as_list()[0]))
        self._found: Lists = {}

    def _name_lines(self, role: str, said: list[str]) -> None:
        """The labels of a split in drawing order, and the value that each stands for."""
        data = self._data
        plain = data._replace(as_text=(), clean=None)
        raw = plain.collect(data.frame.select(role).unique())[role]
        shown = _labels(data, role, raw)
        declared = _groups.declared_order(data, role)
        if not declared:
            said.append(notes.sorted_labels(data.names[role]))
        names = sorted(shown, key=_groups.natural_key)
        self._raw[role] = dict(zip(shown, raw.as_list(), strict=True))
        self._names[role] = tuple(_groups.in_order(names, declared))

    def _fill_missing(self, role: str) -> None:
        """Give the rows without a label a value that no other has: missing ones match nothing."""
        raw = self._raw[role]
        label = next((label for label, value in raw.items() if value is None), None)
        if label is None:
            return
        held = nw.col(role)
        if self._data.kinds[role] == "bool":
            held = held.cast(nw.Int64)
        raw[label] = _unused([value for value in raw.values() if value is not None])
        self._frame = self._frame.with_columns(held.fill_null(raw[label]).alias(role))

    def columns(self, points: Points) -> Columns:
        return {role: held.take(points.rows) for role, held in self._as_columns().items()}

    def reduced(self, grid: Grid, most: int, only: Sequence[int] | None = None) -> Share:
        frame = self._frame if only is None else self._lines(only)
        halved = self._fitting(frame, grid, most)
        before = len(self._found.get("x", ()))
        for rows in self._drawn(_in_buckets(frame, grid, halved)):
            for role, values in rows.items():
                self._found.setdefault(role, []).extend(values)
        points = Memory(self._as_columns()).whole()
        points = points.take(slice(before, None))
        found = _m4.reduced([_once(points)], grid, most, halved)
        return found._replace(known=self._known(frame))

    def _known(self, frame: Frame) -> int:
        """How many rows have a y."""
        counted = frame.filter(self._is_finite("y")).select(nw.len().alias("rows"))
        return int(self._data.collect(counted)["rows"].as_list()[0])

    def _as_columns(self) -> Columns:
        data = self._data
        made = {
            role: Column(data.names[role], data.kinds[role], values=values, zone=data.zones[role])
            for role, values in self._found.items()
            if role not in self._splits
        }
        for role in self._splits:
            shown = {value: label for label, value in self._raw[role].items()}
            labels = [shown[value] for value in self._found[role]]
            made[role] = Column(
                data.names[role], "text", values=labels, categories=self._names[role]
            )
        return made

    def _lines(self, only: Sequence[int]) -> Frame:
        """The rows of some lines; only charts split by one column ask for them."""
        role = self._splits[0]
        raw = [self._raw[role][self._names[role][code]] for code in only]
        return self._frame.filter(nw.col(role).is_in(raw))

    def _fitting(self, frame: Frame, grid: Grid, most: int) -> int:
        """How often the grid is halved so that not more of its buckets hold points than `most`."""
        lines = 1
        for names in self._names.values():
            lines *= len(names)
        halved = 0
        while lines * grid.count(halved) > most and grid.count(halved) > 1:
            halved += 1
        while halved:  # lines may lie side by side, each in a few of the buckets
            finer = _in_buckets(frame, grid, halved - 1).select(*self._splits, _BUCKET).unique()
            found = self._data.collect(finer.select(nw.len().alias("rows")))
            if found["rows"].as_list()[0] > most:
                break
            halved -= 1
        return halved

    # --- the rows of extremes --------------------------------------------------------------------

    def _drawn(self, frame: Frame) -> list[Lists]:
        """The rows to draw, some of them more than once."""
        known = frame.filter(self._is_finite("y"))
        made = [self._gaps(frame.filter(~self._is_finite("y")), known)]
        if self._heights == ["y"]:
            # Line, x and y are all there is of a row.
            found = self._collected(self._extremes(known, "y"))
            pairs = (
                *((f"{end} x", f"{end} {height}") for end in _ENDS for height in _HEIGHTS),
                *((f"{height} x", height) for height in _HEIGHTS),
            )
            splits = {role: found[role] for role in self._splits}
            made += [{**splits, "x": found[x], "y": found[y]} for x, y in pairs]
        else:
            made.append(self._collected(self._whole_rows(known)))
        return made

    def _extremes(self, frame: Frame, role: str) -> Frame:
        """For each line and bucket the ends along x and the extremes of a height."""
        keys = [*self._splits, _BUCKET]
        x, height = nw.col("x"), nw.col(role)
        known = frame.filter(self._is_finite(role))
        ends = known.group_by(*keys).agg(
            x.min().alias("first x"),
            x.max().alias("last x"),
            height.min().alias("low"),
            height.max().alias("high"),
        )
        marked = _joined(known, ends, keys).with_columns(
            **{f"at {end}": nw.when(x == nw.col(f"{end} x")).then(height) for end in _ENDS},
            **{f"at {name}": nw.when(height == nw.col(name)).then(x) for name in _HEIGHTS},
        )
        same = [*(f"{end} x" for end in _ENDS), *_HEIGHTS]
        return marked.group_by(*keys).agg(
            *(nw.col(name).min() for name in same),
            *(nw.col(f"at {end}").min().alias(f"{end} low") for end in _ENDS),
            *(nw.col(f"at {end}").max().alias(f"{end} high") for end in _ENDS),
            *(nw.col(f"at {name}").min().alias(f"{name} x") for name in _HEIGHTS),
        )

    def _whole_rows(self, known: Frame) -> Frame:
        """The rows where a height of theirs is extreme, or the band has a gap."""
        keys = [*self._splits, _BUCKET]
        x, chosen = nw.col("x"), None
        rows = known
        for role in self._heights:
            found = self._extremes(known, role)
            names = {f"{part} x": f"{role} {part}" for part in (*_ENDS, *_HEIGHTS)}
            found = found.select(*keys, *(nw.col(a).alias(b) for a, b in names.items()))
            gaps = known.filter(~self._is_finite(role)).group_by(*keys)
            around = {f"{role} gap {end}": end for end in _ENDS}
            held = gaps.agg(x.min().alias(f"{role} gap first"), x.max().alias(f"{role} gap last"))
            rows = _joined(_joined(rows, found, keys), held, keys)
            for name in (*names.values(), *around):
                here = (x == nw.col(name)).fill_null(False)
                chosen = here if chosen is None else chosen | here
        assert chosen is not None
        edges = self._heights[1:]
        return (
            rows.filter(chosen)
            .group_by(*self._splits, "x", "y")
            .agg(*(getattr(nw.col(role), of)() for role, of in zip(edges, _EDGES, strict=True)))
        )

    def _gaps(self, frame: Frame, known: Frame) -> Lists:
        """The rows without y that end a line's bucket or are the first after a point drawn."""
        keys = [*self._splits, _BUCKET]
        x = nw.col("x")
        ends = frame.group_by(*keys).agg(x.min().alias("first gap"), x.max().alias("last gap"))
        found = [self._collected(ends)]
        if not found[0]["first gap"]:
            return {role: [] for role in (*self._splits, "x", *self._heights)}
        for role in self._heights:
            points = self._extremes(known, role)
            names = [f"{part} x" for part in (*_ENDS, *_HEIGHTS)]
            beside = _joined(frame, points.select(*keys, *names), keys)
            after = {f"after {n}": nw.when(x >= nw.col(n)).then(x) for n in names}
            marked = beside.with_columns(**after).group_by(*keys)
            found.append(self._collected(marked.agg(*(nw.col(n).min() for n in after))))
        made: Lists = {role: [] for role in (*self._splits, "x")}
        for rows in found:
            for name in rows.keys() - set(keys):
                there = [at for at, value in enumerate(rows[name]) if value is not None]
                for role in made:
                    values = rows[name if role == "x" else role]
                    made[role] += [values[at] for at in there]
        return {**made, **{role: [None] * len(made["x"]) for role in self._heights}}

    def _collected(self, frame: Frame) -> Lists:
        """An engine's rows as lists, values as it has them."""
        held = self._data._replace(as_text=(), clean=None).collect(frame)
        return {name: column.as_list() for name, column in held.items()}

    def _is_finite(self, role: str) -> nw.Expr:
        found = nw.col(role)
        there = ~found.is_null()
        if self._schema[role].is_float():
            there = there & (found.abs() < float("inf")).fill_null(False)
        return there


_ENDS, _HEIGHTS, _EDGES = ("first", "last"), ("low", "high"), ("min", "max")


def _labels(data: LazyColumns, role: str, raw: Column) -> list[str]:
    """What the values of a split are called."""
    shown = raw.to_text()
    shown = shown if data.clean is None else data.clean(role, shown)
    return [_groups.MISSING if label is None else label for label in shown.as_list()]


def _once(points: Points) -> Points:
    """Each point once, those of one x by their heights: nothing else is known of their order."""
    series = np.zeros(len(points.x)) if points.series is None else points.series
    y = points.values[0]
    order = np.lexsort((y, points.x, series))
    x, y, series = points.x[order], y[order], series[order]
    same = (y[1:] == y[:-1]) | np.isnan(y[1:]) & np.isnan(y[:-1])
    same &= (x[1:] == x[:-1]) & (series[1:] == series[:-1])
    return points.take(order[np.r_[True, ~same]])


def _unused(values: Sequence[Any]) -> Any:
    """A value of the same type that is not among them."""
    if not values or isinstance(values[0], str):
        return max(values, default="") + _groups.MISSING
    if isinstance(values[0], dt.date):
        return max(values) + dt.timedelta(days=1)
    return max(values) + 1


def _joined(frame: Frame, found: Frame, keys: list[str]) -> Frame:
    """The frame with what was found of each line and bucket; missing labels match."""
    other = {key: f"its {key}" for key in keys}
    return frame.join(found.rename(other), left_on=keys, right_on=[*other.values()],
                      how="left")  # fmt: skip


def _with_place(data: LazyColumns) -> Frame:
    """The rows with the place of each along x: a number, of times the milliseconds since 1970."""
    frame = data.frame
    if data.kinds["x"] != "time":
        return frame.with_columns(nw.col("x").cast(nw.Float64).alias(_PLACE))
    native: Any = frame.to_native()
    library = type(native).__module__.partition(".")[0]
    if library == "pyspark":
        from pyspark.sql import functions

        made = functions.expr("unix_micros(cast(x as timestamp)) / 1000D")
        native = native.withColumn(_PLACE, made)
    elif library == "ibis":
        moment = native["x"].cast("timestamp")
        seconds = moment.epoch_seconds().cast("float64") * 1000.0 + moment.millisecond()
        native = native.mutate(**{_PLACE: seconds})
    else:
        whole = nw.col("x").cast(nw.Datetime("us")).dt.timestamp("us").cast(nw.Float64)
        return frame.with_columns((whole / 1000.0).alias(_PLACE))
    placed: Frame = nw.from_native(native)
    return placed


def _in_buckets(frame: Frame, grid: Grid, halved: int) -> Frame:
    """The rows with the bucket of each, by the same arithmetic as `Grid.number`."""
    place = nw.col(_PLACE)
    if grid.log:
        place = place.log()
    elif grid.scale != 1.0:
        place = place * grid.scale
    number = ((place - grid.start) * grid.rate).floor()
    if halved:
        number = (number * 0.5**halved).floor()
    return frame.with_columns(number.cast(nw.Int64).alias(_BUCKET))
