"""Points by the thousand: how many are where, and which of them stand for the others.

`Held` answers for columns in memory, `Remote` for a lazy frame, in its engine: only cells and the
few rows that are drawn come back. Both give the same answers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from plotkit.column import Column
from plotkit.stats import _groups
from plotkit.stats._cells import Array, Grid, counted, each_part, extent, is_whole, numbered
from plotkit.stats._points import STYLES, kept

if TYPE_CHECKING:
    import narwhals as nw

    from plotkit.table import Columns, LazyColumns

Extent = tuple[float, float]
Spot = tuple[float, float]  # x and y

_FEW_CELLS = 1 << 23  # that are counted at once
BUCKETS = 32  # of a size or of a number that gives a shade: points of one are drawn alike
_MIXED = "plotkit "  # begins the names of the columns that a query adds
_CELL, _SPECIAL, _COUNT = f"{_MIXED}cell", f"{_MIXED}special", f"{_MIXED}count"
_VALUE = f"{_MIXED}value"


class Piles(NamedTuple):
    """Marks that stand for all points of one cell and one look.

    Attributes:
        columns: for each the row that is drawn, in drawing order.
        cells: the cell that each is in.
        codes: the category of each.
        counts: how many points each stands for.
        firsts: the row of the first point of each, or another number that rises as these do.
        coarse: whether the cells are larger than a pixel.
    """

    columns: Columns
    cells: Array
    codes: Array
    counts: Array
    firsts: Array
    coarse: bool = False


class Crowd(NamedTuple):
    """What both kinds of source know at the start.

    `names` are the categories in drawing order, and `extents` those of all numbers by role.
    """

    rows: int
    extents: dict[str, Extent]
    whole: dict[str, bool]
    names: list[str]


def _is_at(values: Any, value: float) -> Any:
    """Whether values, an array or an expression, are this one: what engines read of it, at least.

    Some write a number into their query in a way that loses its last bits.
    """
    within = 4 * math.ulp(value)
    return (values >= value - within) & (values <= value + within)


def bucket(extent: Extent) -> tuple[float, float]:
    """What is taken off a number, and the buckets for one of what is left."""
    low, high = extent
    span = high - low
    return low, BUCKETS / span if span > 0 else 0.0


class Held:
    """Points in memory."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._x, self._y = columns["x"].as_array(), columns["y"].as_array()
        color = columns.get("color")
        names: list[str] = []
        self._codes: Array | None = None
        if color is not None and color.kind != "number":
            names, self._codes = _groups.factorize(color)
        self._numbers = {role: columns[role].as_array() for role in _shades(columns)}
        arrays = {"x": self._x, "y": self._y, **self._numbers}
        self.known = Crowd(
            len(self._x),
            {role: extent(values) for role, values in arrays.items()},
            {
                role: columns[role].kind == "number" and is_whole(arrays[role])
                for role in ("x", "y")
            },
            names,
        )
        self._cells: tuple[Grid, Array] | None = None
        self._counts: tuple[Grid, int, Array] | None = None

    def merged(self, said: list[str]) -> tuple[str, ...] | None:
        """Merge the categories that are too many into one; the names that are left, or None."""
        names = self.known.names
        if self._codes is None or len(names) <= STYLES:
            return None
        column = self._columns["color"]
        few = kept(column.name, names, np.bincount(self._codes).tolist(), said)
        assert few is not None
        into = np.full(len(names), len(few.places), np.int32)
        into[few.places] = np.arange(len(few.places))
        self._codes = into[self._codes].astype(np.intp)
        order = few.order(names)
        made = Column.from_codes(column.name, list(order), self._codes, order)
        self._columns = {**self._columns, "color": made}
        self.known = self.known._replace(names=list(order))
        return order

    def cells(self, grid: Grid) -> Array:
        """The cell of each row; those of the last grid are kept."""
        if self._cells is None or self._cells[0] != grid:
            self._cells = grid, grid.of(self._x, self._y)
        return self._cells[1]

    def extremes(self) -> list[Spot]:
        """The points that an axis ends at: of several the one that comes first by x and y."""
        found = []
        for here, there, role in ((self._x, self._y, "x"), (self._y, self._x, "y")):
            for end in self.known.extents[role]:
                other = float(there[_is_at(here, end)].min())
                found.append((end, other) if role == "x" else (other, end))
        return list(dict.fromkeys(found))

    def occupied(self, grid: Grid) -> tuple[Array, Array]:
        """The cells that hold points, and the category of each; one for each category there."""
        kinds = max(len(self.known.names), 1)
        if grid.size * kinds <= _FEW_CELLS:
            made = self.counts(grid, kinds).reshape(kinds, -1)
            kind, cells = np.nonzero(made)
        else:
            codes = 0 if self._codes is None else self._codes
            cells, kind = np.divmod(np.unique(self.cells(grid) * np.int64(kinds) + codes), kinds)
        return cells, kind

    def piles(self, grid: Grid, spots: list[Spot]) -> Piles:
        """The points piled by cell and look; those at `spots` are never put to others."""
        at = self.cells(grid).astype(np.int64)
        kinds = max(len(self.known.names), 1)
        keys = at * kinds + (0 if self._codes is None else self._codes)
        for values, role in ((values, role) for role, values in self._numbers.items()):
            low, scale = bucket(self.known.extents[role])
            look = np.minimum((values - low) * scale + 1e-9, BUCKETS - 1).astype(np.int64)
            keys = keys * BUCKETS + look
        special = np.zeros(len(keys), np.int64)
        for number, (x, y) in enumerate(spots, start=1):
            special[_is_at(self._x, x) & _is_at(self._y, y)] = number
        keys = keys * (len(spots) + 1) + special
        _, slots = numbered(keys)
        counts = np.bincount(slots)
        # Of each pile the first by x, y, shade and size; then the first row.
        rows = np.arange(len(keys))
        for values in (self._x, self._y, *self._numbers.values()):
            lowest = np.full(len(counts), np.inf)
            np.minimum.at(lowest, slots[rows], values[rows])
            rows = rows[values[rows] == lowest[slots[rows]]]
        chosen, first = np.empty(len(counts), np.intp), np.empty(len(counts), np.intp)
        chosen[slots[rows[::-1]]] = rows[::-1]
        first[slots[::-1]] = np.arange(len(slots))[::-1]
        order = np.argsort(first, kind="stable")
        chosen = chosen[order]
        codes = np.zeros(len(chosen), np.intp) if self._codes is None else self._codes[chosen]
        held = {role: column.take(chosen) for role, column in self._columns.items()}
        return Piles(held, at[chosen], codes, counts[order], first[order])

    def counts(self, grid: Grid, slots: int) -> Array:
        """How many points are in each cell, for each of so many colours of categories."""
        if self._counts is None or self._counts[:2] != (grid, slots):
            cells = self.cells(grid)
            if self._codes is not None and slots > 1:
                cells = cells + (self._codes % slots).astype(np.int32) * np.int32(grid.size)
            made = counted(cells, slots * grid.size).reshape(slots, *grid.shape)
            self._counts = grid, slots, made
        return self._counts[2]

    def sums(self, grid: Grid) -> Array:
        """The sum of the numbers that give a shade, for each cell."""
        return counted(self.cells(grid), grid.size, self._numbers["color"]).reshape(grid.shape)

    def inside(self, grid: Grid, chosen: Array) -> Held:
        """The points of some cells only."""
        kept = self._cells
        if kept is not None and kept[0] == grid.finer(2):  # what is known need not be worked out
            grid, chosen = kept[0], np.repeat(np.repeat(chosen, 2, axis=0), 2, axis=1)
        cells, flags = self.cells(grid), chosen.ravel()
        found = each_part(len(cells), lambda part: part.start + np.flatnonzero(flags[cells[part]]))
        rows = np.concatenate(found)
        return Held({role: column.take(rows) for role, column in self._columns.items()})

    def everything(self) -> Columns:
        return self._columns


def _shades(roles: Mapping[str, Any]) -> list[str]:
    """The roles whose numbers change how a point looks."""
    return [
        role
        for role in ("color", "size")
        if role in roles and getattr(roles[role], "kind", roles[role]) == "number"
    ]


class Remote:
    """Points of a lazy frame."""

    def __init__(self, data: LazyColumns, said: list[str]) -> None:
        import narwhals as nw  # heavy: only lazy frames come here

        self._data = data
        self._schema = data.frame.collect_schema()
        self._shades = _shades(data.kinds)
        roles = ["x", "y", *self._shades]
        self._categories = "color" in data.kinds and "color" not in self._shades
        self._counts: tuple[Grid, int, Array] | None = None
        rows, extents = data.rows, dict(data.extents)
        if rows is None or not extents.keys() >= set(roles):
            asked = [nw.len().alias(_COUNT)]
            for role in roles:
                value = self._number(role)
                asked += [value.min().alias(f"low {role}"), value.max().alias(f"high {role}")]
            found = {k: c.as_list()[0] for k, c in data.collect(data.frame.select(*asked)).items()}
            rows = int(found[_COUNT])
            extents = {r: (float(found[f"low {r}"]), float(found[f"high {r}"])) for r in roles}
        names = _groups.lazy_order(data, "color", said)[0] if self._categories else []
        self.known = Crowd(
            rows,
            {role: extents[role] for role in roles},
            self._whole(),
            names,
        )

    def _whole(self) -> dict[str, bool]:
        """Whether x and y are whole numbers; all rows are looked at if the first ones are."""
        import narwhals as nw

        made = {role: self._data.kinds[role] == "number" for role in ("x", "y")}
        for frame in (self._data.frame.head(1000), self._data.frame):
            asked = [r for r, on in made.items() if on and not self._schema[r].is_integer()]
            # Not by floor(), which is a 64-bit integer to some engines.
            broken = [(nw.col(r) % 1 != 0).cast(nw.Int64).sum().alias(r) for r in asked]
            if broken:
                found = self._data.collect(frame.select(*broken))
                made |= {role: not column.as_list()[0] for role, column in found.items()}
        return made

    def _number(self, role: str) -> nw.Expr:
        """The column as numbers: times as milliseconds since 1970."""
        import narwhals as nw

        value = nw.col(role)
        if self._data.kinds[role] != "time":
            return value if self._schema[role].is_float() else value.cast(nw.Float64)
        return epoch_ms(value, self._data.zones[role] == "date")

    def _celled(self, grid: Grid, frame: nw.LazyFrame[Any] | None = None) -> nw.LazyFrame[Any]:
        across = grid.x.expression(self._number("x"))
        down = grid.y.expression(self._number("y"))
        held = self._data.frame if frame is None else frame
        return held.with_columns((down * grid.x.cells + across).alias(_CELL))

    def extremes(self) -> list[Spot]:
        """The points that an axis ends at: of several the one that comes first by x and y."""
        import narwhals as nw

        asked: list[nw.Expr] = []
        ends: list[tuple[str, float]] = []
        for role, other in (("x", "y"), ("y", "x")):
            for end in self.known.extents[role]:
                on_end = nw.when(_is_at(self._number(role), end)).then(self._number(other))
                asked.append(on_end.min().alias(f"end {len(asked)}"))
                ends.append((role, end))
        found = self._data.collect(self._data.frame.select(*asked))
        spots = []
        for (role, end), column in zip(ends, found.values(), strict=True):
            there = float(column.as_list()[0])
            spots.append((end, there) if role == "x" else (there, end))
        return list(dict.fromkeys(spots))

    def merged(self, said: list[str]) -> tuple[str, ...] | None:
        """Merge the categories that are too many into one; the names that are left, or None."""
        import narwhals as nw

        names = self.known.names
        if len(names) <= STYLES:
            return None
        value = nw.col("color")
        asked = self._data.frame.group_by("color").agg(nw.len().alias(_COUNT))
        # The values as the engine has them, beside the names that they get.
        asked = asked.with_columns(value.alias(_VALUE))
        found = self._data.collect(asked)
        counts = np.zeros(len(names), np.int64)
        np.add.at(counts, self._codes(found), found[_COUNT].as_array().astype(np.int64))
        few = kept(self._data.names["color"], names, counts.tolist(), said)
        assert few is not None
        stays = {names[at] for at in few.places}
        name_of = dict(zip(found[_VALUE].as_list(), found["color"].as_text(), strict=True))
        made = nw.lit(few.rest)
        for held, name in name_of.items():
            if name in stays:
                made = nw.when(value == held).then(nw.lit(name)).otherwise(made)
        order = few.order(names)
        frame = self._data.frame.with_columns(made.alias("color"))
        self._data = self._data._replace(frame=frame)
        self.known = self.known._replace(names=list(order))
        return order

    def _by(self) -> list[str]:
        return ["color"] if self._categories else []

    def _codes(self, found: Columns) -> Array:
        if not self._categories:
            return np.zeros(len(next(iter(found.values()))), np.intp)
        return codes_of(found["color"], self.known.names)

    def occupied(self, grid: Grid) -> tuple[Array, Array]:
        """The cells that hold points, and the category of each; one for each category there."""
        kinds = max(len(self.known.names), 1)
        if grid.size * kinds <= _FEW_CELLS:
            kind, cells = np.nonzero(self.counts(grid, kinds).reshape(kinds, -1))
            return cells, kind
        found = self._data.collect(self._celled(grid).select(_CELL, *self._by()).unique())
        return found[_CELL].as_array().astype(np.int64), self._codes(found)

    def piles(self, grid: Grid, spots: list[Spot]) -> Piles:
        """The points piled by cell and look; those at `spots` are never put to others."""
        import narwhals as nw

        with_rows = _groups.numbered(self._data.frame)
        frame = self._celled(grid, with_rows)
        special = nw.lit(0)
        for number, (x, y) in enumerate(spots, start=1):
            here = _is_at(self._number("x"), x) & _is_at(self._number("y"), y)
            special = nw.when(here).then(nw.lit(number)).otherwise(special)
        keys, named = [_CELL, _SPECIAL, *self._by()], {}
        narrowed = {role: self._number(role) for role in ("x", "y", *self._shades)}
        for role in self._shades:
            low, scale = bucket(self.known.extents[role])
            made = ((self._number(role) - low) * scale + 1e-9).floor()
            last = float(BUCKETS - 1)
            named[f"{_MIXED}bucket {role}"] = nw.when(made > last).then(last).otherwise(made)
        keys += named
        numbers = {f"{_MIXED}{role}": value for role, value in narrowed.items()}
        frame = frame.with_columns(
            special.alias(_SPECIAL),
            *(value.alias(name) for name, value in {**named, **numbers}.items()),
        )
        asked = [nw.len().alias(_COUNT)]
        if with_rows is not None:
            asked.append(nw.col(_groups.ROW).min().alias(f"{_MIXED}first"))
        piles = frame.group_by(*keys).agg(*asked)
        # Of each pile the first by x, y, shade and size.
        for name in numbers:
            lowest = frame.group_by(*keys).agg(nw.col(name).min().alias(f"{_MIXED}lowest"))
            frame = frame.join(lowest, on=keys, how="inner")
            frame = frame.filter(nw.col(name) == nw.col(f"{_MIXED}lowest"))
            frame = frame.drop(f"{_MIXED}lowest")
        roles = [role for role in self._data.kinds if role not in self._by()]
        rows = frame.group_by(*keys).agg(*(nw.col(role).min().alias(role) for role in roles))
        found = self._data.collect(piles.join(rows, on=keys, how="inner"))
        codes = self._codes(found)
        first = found.get(f"{_MIXED}first")
        by = [first] if first is not None else [found["y"], found["x"]]
        order = np.lexsort([codes, *(column.as_array() for column in by)])
        return Piles(
            {role: found[role].take(order) for role in self._data.kinds},
            found[_CELL].as_array().astype(np.int64)[order],
            codes[order],
            found[_COUNT].as_array().astype(np.int64)[order],
            np.arange(len(order)),
        )

    def counts(self, grid: Grid, slots: int) -> Array:
        """How many points are in each cell, for each of so many colours of categories."""
        import narwhals as nw

        if self._counts is None or self._counts[:2] != (grid, slots):
            asked = self._celled(grid).group_by(_CELL, *self._by()).agg(nw.len().alias(_COUNT))
            found = self._data.collect(asked)
            keys = found[_CELL].as_array().astype(np.int64) + self._codes(found) % slots * grid.size
            made = np.bincount(keys, found[_COUNT].as_array(), minlength=slots * grid.size)
            self._counts = grid, slots, made.astype(np.int64).reshape(slots, *grid.shape)
        return self._counts[2]

    def sums(self, grid: Grid) -> Array:
        """The sum of the numbers that give a shade, for each cell."""
        import narwhals as nw

        asked = self._celled(grid).group_by(_CELL).agg(nw.col("color").sum().alias(_COUNT))
        found = self._data.collect(asked)
        keys = found[_CELL].as_array().astype(np.int64)
        return np.bincount(keys, found[_COUNT].as_array(), minlength=grid.size).reshape(grid.shape)

    def inside(self, grid: Grid, chosen: Array) -> Held:
        """The points of some cells only, fetched."""
        import narwhals as nw

        wanted = np.flatnonzero(chosen.ravel()).tolist()
        frame = self._celled(grid).filter(nw.col(_CELL).is_in(wanted)).drop(_CELL)
        return Held(self._data.collect(frame))

    def everything(self) -> Columns:
        return self._data.collect()


def codes_of(column: Column, names: list[str]) -> Array:
    """The place of each value among the names."""
    found, codes = _groups.factorize(column)
    place = {name: at for at, name in enumerate(names)}
    made: Array = np.array([place[name] for name in found] or [0], np.intp)[codes]
    return made


def epoch_ms(value: nw.Expr, is_date: bool) -> nw.Expr:
    """Milliseconds since 1970 of a column of times without a zone; not every engine has a word."""
    import narwhals as nw

    part: Callable[[nw.Expr], nw.Expr] = lambda found: found.cast(nw.Int64)  # noqa: E731
    year = part(value.dt.year()) - 1
    days = year * 365 + year // 4 - year // 100 + year // 400 + part(value.dt.ordinal_day())
    made = (days - 719_163).cast(nw.Float64) * 86_400_000.0
    if is_date:
        return made
    seconds = (part(value.dt.hour()) * 60 + part(value.dt.minute())) * 60 + part(value.dt.second())
    return (
        made
        + seconds.cast(nw.Float64) * 1000.0
        + part(value.dt.microsecond()).cast(nw.Float64) / 1000.0
    )


Source = Held | Remote
