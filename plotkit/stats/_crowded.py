"""Scatter of more points than marks can be drawn for: piles of them, or their density."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from plotkit import errors, notes, settings
from plotkit.column import Column
from plotkit.stats import DENSITY, Detail, Picture, Result, _density
from plotkit.stats._axes import is_log
from plotkit.stats._cells import Array, Axis, Grid
from plotkit.stats._crowd import BUCKETS, Held, Piles, Remote, Source, bucket
from plotkit.stats._points import in_declared_order, of_axes, rest_of, said_of_categories
from plotkit.table import Columns, LazyColumns

Fields = dict[str, list[Any]]
Row = dict[str, Any]

_ACROSS, _DOWN = 0.8, 0.64  # of a picture's sides, what axes and legends leave to the data
# Columns of detail while it is made: where a row stands, and from which level to which.
_FIRST, _LEVEL, _LAST = "first", "level", "last"
_MULTIPLE = 8  # of cells, so that they halve evenly
_OPACITY = 0.35  # of a point where there are thousands; as the preset says
_OF_PILES = ("size", "weight", "rest")  # that marks on an image do not show
_MOST_OPAQUE = 1 - 1e-9
_LIGHTEST, _DARKEST = 0.2, 0.95  # opacities of marks of coarse cells
_PILED_ROWS = 200_000  # up to which points come with their piles, for a closer look
_WHOLE_ROWS = 50_000  # up to which a closer look ends in all of the points
_LEVELS = 3  # of detail
_DENSE_ENOUGH = 1.6  # points in a cell that has any
_LARGEST = 4  # px of a cell's side
_SPARSE = 100_000  # cells in use, up to which an image of four times as many stays small
_NAMED = 8  # categories whose names stand in the picture
_OWN = 0.6  # of the points about a category's densest place, from which on its name stands there
_NEAR_X, _NEAR_Y = 90, 18  # cells that a name keeps from another one


class _Chart(NamedTuple):
    """What every step needs to know."""

    source: Source
    columns: Columns  # without rows where they live in an engine; names and kinds count
    grid: Grid  # a cell for each pixel of the picture
    limit: int  # marks
    merged: bool  # whether one of the categories stands for those that are too many


def compute(
    data: Columns | LazyColumns, options: Mapping[str, Any], picture: Picture, limit: int
) -> Result:
    """Piles of points, or the density of all and the points that lie alone; see `scatter`."""
    said: list[str] = []
    chart = _chart(data, options, picture, said)
    image = picture.reduce is True and bool(options.get("density"))
    if picture.reduce is not True:
        chart = chart._replace(limit=limit)
    known = chart.source.known
    _check_sizes(chart)
    image = image and not (chart.grid.x.is_flat or chart.grid.y.is_flat)
    color = chart.columns.get("color")
    categories = color is not None and color.kind != "number"
    titles = {}
    if color is not None and categories:
        titles["category"] = color.name
    switches = {
        **of_axes(options, chart.columns, known.extents),
        **{f"whole_{role}": known.whole[role] for role in ("x", "y")},
        "continuous": color is not None and not categories,
        "dense": False,
        "crowded": True,
    }
    piles = _piles(chart, fit=not image)
    if categories and color is not None and not chart.merged:
        said += said_of_categories(color.name, len(known.names), image=piles is None)
    if piles is not None:
        made, detail = _piled(chart, piles)
        count = len(piles.counts)
        if count < known.rows:
            say = notes.piled_coarsely if piles.coarse else notes.piled
            said.append(say(known.rows, count))
        on = {"piled": True, "rest": chart.merged}
    else:
        made, detail, density = _dense(chart)
        if "size" in chart.columns:
            said.append(notes.not_in_density(chart.columns["size"].name))
        said.append(notes.density(known.rows, *density))
        on = {"density": True, "density_faded": color is not None}
    return Result(made, said, switches={**switches, **on}, titles=titles, detail=detail)


def _chart(
    data: Columns | LazyColumns, options: Mapping[str, Any], picture: Picture, said: list[str]
) -> _Chart:
    source: Source
    columns = data if isinstance(data, dict) else _bare(data)
    if isinstance(data, LazyColumns) and not _is_zoned(data):
        source = Remote(data, said)
    elif isinstance(data, LazyColumns):
        source = Held(data.collect())
    else:
        source = Held(data)
    if source.known.rows <= _PILED_ROWS and isinstance(source, Remote):
        columns = source.everything()
        source = Held(columns)
    names = source.merged(said)
    if names is not None:
        old = columns["color"]
        columns = source.everything() if isinstance(source, Held) else columns
        if isinstance(source, Remote):
            columns = {**columns, "color": Column(old.name, "text", values=[], categories=names)}
    axes = (
        Axis(
            *source.known.extents[role],
            _MULTIPLE * max(round(DENSITY * side * share / _MULTIPLE), 1),
            is_log(options, f"{role}_scale", columns[role]),
        )
        for role, side, share in (("x", picture.width, _ACROSS), ("y", picture.height, _DOWN))
    )
    grid = Grid(*axes)
    for role, axis in (("x", grid.x), ("y", grid.y)):
        if axis.log and axis.low <= 0:
            raise errors.DataError.from_sentence(
                role, columns[role].name, f"a log scale takes no {axis.low:g}."
            )
    return _Chart(source, columns, grid, settings.scatter_marks, names is not None)


def _bare(data: LazyColumns) -> Columns:
    """The columns without their rows."""
    return {
        role: Column(data.names[role], kind, values=[], zone=data.zones.get(role))
        for role, kind in data.kinds.items()
    }


def _is_zoned(data: LazyColumns) -> bool:
    """Whether times have a zone, which engines count in their own ways."""
    held = [data.zones.get(role) for role in ("x", "y") if data.kinds[role] == "time"]
    return any(zone not in ("date", "naive") for zone in held)


def _check_sizes(chart: _Chart) -> None:
    """A point has no negative area."""
    low, _ = chart.source.known.extents.get("size", (0.0, 0.0))
    if low < 0:
        column = chart.columns["size"]
        if len(column):
            row = int(np.flatnonzero(column.as_array() < 0)[0])
            value = column.take([row]).as_list()[0]
            raise errors.DataError.from_fact("size", column.name, row, value, "a number from 0 up")
        raise errors.DataError.from_sentence(
            "size", column.name, f"{low:g} is no size; expected numbers from 0 up."
        )


# --- piles -----------------------------------------------------------------------------------


def _piles(chart: _Chart, *, fit: bool) -> Piles | None:
    """The piles of each pixel; `fit` on coarser cells if they are too many, else None then."""
    source, grid = chart.source, chart.grid
    # Of many categories the coarser grid first: it is enough to see that there are too many.
    single = len(source.known.names) > _density.COLOURS
    first = _twice(grid) if single else grid
    cells, codes = source.occupied(first)
    if len(cells) <= chart.limit:
        spots = source.extremes()
        found = source.piles(grid, spots)
        if len(found.counts) <= chart.limit:
            return found
    if not fit:
        return None
    times = 1 if single else 2
    while True:
        made, at = first.coarser(cells, times)
        kinds = max(len(source.known.names), 1)
        many = len(np.unique(at * kinds + codes))
        if many + 4 <= chart.limit or made.size == 1:
            found = source.piles(made, source.extremes())
            if len(found.counts) > chart.limit and made.size == 1:
                found = source.piles(made, [])
            if len(found.counts) <= chart.limit or made.size == 1:
                return found._replace(coarse=made != grid)
        times *= 2


def _piled(chart: _Chart, piles: Piles) -> tuple[Fields, Detail | None]:
    """The fields of the piles, and of those that they fall into at a closer look."""
    made = _fields(chart, piles)
    source = chart.source
    detail = None
    if source.known.rows <= _PILED_ROWS and len(piles.counts) < source.known.rows:
        levels = [piles]
        spots = source.extremes()
        for level in range(1, _LEVELS):
            levels.append(source.piles(chart.grid.finer(2**level), spots))
        whole = source.known.rows <= _WHOLE_ROWS
        if whole:
            levels.append(_single(source))
        detail = _layered(chart, levels, whole)
    x, y = (piles.columns[role].as_array() for role in ("x", "y"))
    relation = _relation(x, y, piles.counts)
    _say_once(made, relation)
    if detail is not None:
        _say_once(detail.columns, relation)
    return made, detail


def _single(source: Source) -> Piles:
    """Every point as a pile of its own."""
    count = source.known.rows
    codes = np.zeros(count, np.intp)
    rows = np.arange(count)
    return Piles(source.everything(), rows, codes, np.ones(count, np.int64), rows)


def _say_once(fields: Fields, relation: float | None) -> None:
    """What is true of all points stands in the first row."""
    fields["relation"] = [relation, *[None] * (len(fields["x"]) - 1)]


def _layered(chart: _Chart, levels: list[Piles], whole: bool) -> Detail:
    """Rows of all levels; one that is the same at several in a row stands there once."""
    held: dict[tuple[Any, ...], int] = {}  # the rows of the level before
    rows: list[tuple[Any, ...]] = []
    first: list[int] = []
    last: list[int] = []
    for level, piles in enumerate(levels):
        now = {}
        fields = {**_plain_fields(piles), _FIRST: piles.firsts.tolist()}
        for row in zip(*fields.values(), strict=True):
            # At the last level there may be several that are the same: each point is a row.
            at = held.pop(row, None)
            if at is None:
                at = len(rows)
                rows.append(row)
                first.append(level)
                last.append(level)
            last[at] = level
            now[row] = at
        held = now
    made = {name: [row[at] for row in rows] for at, name in enumerate(fields)}
    made |= {_LEVEL: first, _LAST: last}
    order = sorted(range(len(rows)), key=lambda at: (made[_FIRST][at], first[at]))
    made = {name: [values[at] for at in order] for name, values in made.items()}
    made = _declared(chart, made)
    del made[_FIRST]
    return Detail(made, made.pop(_LEVEL), made.pop(_LAST), len(levels), whole)


def _fields(chart: _Chart, piles: Piles) -> Fields:
    """What is drawn, by the declared order of the categories."""
    return _declared(chart, _plain_fields(piles))


def _declared(chart: _Chart, fields: Fields) -> Fields:
    held = chart.columns.get("color")
    names = held.categories if held is not None and "category" in fields else None
    if chart.merged and names:
        fields = {**fields, "rest": rest_of(fields["category"], names)}
    return in_declared_order(fields, names)


def _plain_fields(piles: Piles) -> Fields:
    """What is drawn: places, looks, counts, and the count whose opacity a mark has."""
    columns = piles.columns
    made: Fields = {role: columns[role].as_json() for role in ("x", "y", "size") if role in columns}
    color = columns.get("color")
    if color is not None and color.kind == "number":
        made["color"] = color.as_json()
    elif color is not None:
        made["category"] = color.as_text()
    made["points"] = piles.counts.tolist()
    made["weight"] = (_relative(piles.counts) if piles.coarse else _weights(piles)).tolist()
    return made


def _relative(counts: Array) -> Array:
    """The same for marks of coarse cells, which as dark as all of their points are all dark.

    They are darker the closer they come to the largest, by the logarithm.
    """
    tone = np.log(counts) / max(math.log(int(counts.max())), 1.0)
    opacity = _LIGHTEST + (_DARKEST - _LIGHTEST) * tone
    return np.round(np.log1p(-opacity) / math.log(1 - _OPACITY), 4)


def _weights(piles: Piles) -> Array:
    """For each mark the number of points whose opacity it has.

    Marks of one cell and size lie on each other. Where they are of different colours, their
    opacities are such that together they are as opaque as all of their points, and each colour
    is seen by its share of them, whichever lies on top.
    """
    counts = piles.counts.astype(float)
    size = piles.columns.get("size")
    looks = piles.cells if size is None else piles.cells * BUCKETS + _buckets(size)
    _, cell = np.unique(looks, return_inverse=True)
    total = np.bincount(cell, counts)[cell]
    shared = np.flatnonzero(total > counts)
    made = counts.copy()
    if len(shared):
        order = shared[np.argsort(cell[shared], kind="stable")]
        own, ends = counts[order], np.cumsum(counts[order])
        starts = np.flatnonzero(np.r_[True, np.diff(cell[order]) != 0])
        sizes = np.diff(np.r_[starts, len(order)])
        before = np.repeat(ends[starts] - own[starts], sizes)
        above = total[order] - (ends - before)  # points of marks that are drawn later
        opaque = 1 - (1 - _OPACITY) ** total[order]
        seen = opaque * own / total[order]
        opacity = np.minimum(seen / (1 - opaque * above / total[order]), _MOST_OPAQUE)
        made[order] = np.round(np.log1p(-opacity) / math.log(1 - _OPACITY), 4)
    return made


def _buckets(size: Column) -> Array:
    values = size.as_array()
    low, scale = bucket((float(values.min()), float(values.max())))
    return np.minimum((values - low) * scale + 1e-9, BUCKETS - 1).astype(np.int64)


# --- density ---------------------------------------------------------------------------------


def _dense(chart: _Chart) -> tuple[Fields, Detail | None, Density]:
    """An image of all points and marks of those that lie alone."""
    source = chart.source
    levels = _images(chart)
    total = levels[0].counts.sum(axis=0)
    where = _density.alone(total, settings.scatter_marks // 4)
    lone = None
    if where.any():
        near = source.inside(levels[0].grid, where)
        lone = near.piles(levels[0].grid.finer(2), [])
    rows = [_image_row(chart, level) for level in levels]
    down, across = np.nonzero(total)
    rows[0]["relation"] = _relation(across, down, total[down, across])
    shared = [*_legend_rows(chart), *_name_rows(chart, levels[0].counts)]
    marks = [] if lone is None else _records(_without_size(_fields(chart, lone)))
    made = _columns([rows[0], *shared, *marks])
    whole = source.known.rows <= _WHOLE_ROWS
    detail = None
    if len(levels) > 1 or whole:
        detail = _dense_detail(chart, rows, [*shared, *marks], whole)
    return made, detail, Density(total.shape[1], total.shape[0], len(marks))


def _images(chart: _Chart) -> list[_Level]:
    """Counts of cells that suit the picture, and of two and four times as many for a closer look.

    A cell is about a pixel; larger where hardly any would hold more than one point, so that the
    image is one of density still.
    """
    source = chart.source
    slots = min(max(len(source.known.names), 1), _density.COLOURS)
    # With many categories, cells of half a pixel would be too many to be counted one by one.
    single = len(source.known.names) > _density.COLOURS
    fine = _level(chart, _twice(chart.grid) if single else chart.grid, slots)
    levels = [fine] if single else [_halved(fine), fine]
    while levels[0].mean() < _DENSE_ENOUGH and _cell_px(levels[0].grid, chart.grid) < _LARGEST:
        levels.insert(0, _halved(levels[0]))
    if source.known.rows <= _WHOLE_ROWS:
        return levels[:2]  # the points themselves come next
    occupied = np.count_nonzero(fine.counts.any(axis=0))
    if "color" not in chart.columns and len(levels) < _LEVELS and occupied <= _SPARSE:
        levels.append(_level(chart, fine.grid.finer(2), slots))
    return levels[:_LEVELS]


class Density(NamedTuple):
    """The cells of an image along each axis, and how many marks lie on it."""

    across: int
    down: int
    marks: int


class _Level(NamedTuple):
    """What an image shows: counts of cells for each colour, and sums of a shade's numbers."""

    grid: Grid
    counts: Array
    sums: Array | None

    def mean(self) -> float:
        """How many points a cell has that has any."""
        total = self.counts.sum(axis=0)
        return float(total.sum() / np.count_nonzero(total))


def _level(chart: _Chart, grid: Grid, slots: int) -> _Level:
    shaded = "color" in chart.source.known.extents
    sums = chart.source.sums(grid) if shaded else None
    return _Level(grid, chart.source.counts(grid, slots), sums)


def _twice(grid: Grid) -> Grid:
    """The grid of cells twice as large."""
    return Grid(*(axis._replace(cells=axis.cells // 2) for axis in grid))


def _cell_px(grid: Grid, pixels: Grid) -> float:
    return pixels.x.cells / grid.x.cells / DENSITY


def _halved(level: _Level) -> _Level:
    """The same in cells twice as large."""
    sums = None if level.sums is None else _by_fours(level.sums)
    return _Level(_twice(level.grid), _by_fours(level.counts), sums)


def _by_fours(values: Array) -> Array:
    """Sums of two by two cells."""
    down, across = values.shape[-2] // 2, values.shape[-1] // 2
    made: Array = values.reshape(*values.shape[:-2], down, 2, across, 2).sum(axis=(-3, -1))
    return made


def _dense_detail(chart: _Chart, rows: list[Row], always: list[Row], whole: bool) -> Detail:
    """The images of each level, what is on all of them, and at last every point."""
    every: list[Row] = []
    if whole:  # without an image, but what its colours mean stays in the legend
        rows = [*rows, {**rows[-1], "density_light": None, "density_dark": None}]
    first, last = list(range(len(rows))), list(range(len(rows)))
    deepest = len(rows) - 1
    if whole:
        every = _records(_without_size(_fields(chart, _single(chart.source))))
    ends = [deepest if "part" in row else deepest - 1 if whole else deepest for row in always]
    first += [0] * len(always) + [deepest] * len(every)
    last += ends + [deepest] * len(every)
    return Detail(_columns([*rows, *always, *every]), first, last, deepest + 1, whole)


def _image_row(chart: _Chart, level: _Level) -> Row:
    """The row of the image: where it lies, both of its forms, and what it counts."""
    total = level.counts.sum(axis=0)
    if level.sums is not None:
        low, high = chart.source.known.extents["color"]
        images = _density.of_means(total, level.sums / np.maximum(total, 1), low, high)
    elif "color" in chart.columns:
        images = _density.of_shares(level.counts)
    else:
        images = _density.of_counts(total)
    x, y = chart.grid
    return {
        "part": "density",
        "x": x.low,
        "x2": x.high,
        "y": y.low,
        "y2": y.high,
        "density_light": images[0],
        "density_dark": images[1],
        "points": chart.source.known.rows,
        "most": int(total.max()),
    }


def _legend_rows(chart: _Chart) -> list[Row]:
    """Rows that are not seen, but give the scale of a shade its ends."""
    ends = chart.source.known.extents.get("color", ())
    x, y = chart.grid
    return [{"part": "legend", "x": x.low, "y": y.low, "color": end} for end in ends]


def _name_rows(chart: _Chart, counts: Array) -> list[Row]:
    """The name of each category; where there are few, at the place that is most its own."""
    names = chart.source.known.names
    places: list[tuple[int, int] | None] = [None] * len(names)
    if 1 < len(names) <= _NAMED:
        places = _places(counts)
    made = []
    for name, place in zip(names, places, strict=True):
        row: Row = {"part": "name", "category": name}
        if place is not None:
            shape = counts.shape[1:]
            row["x"] = _value(chart.grid.x, (place[1] + 0.5) / shape[1])
            row["y"] = _value(chart.grid.y, (place[0] + 0.5) / shape[0])
            row["name"] = name
        else:
            row["x"], row["y"] = chart.grid.x.low, chart.grid.y.low
        made.append(row)
    held = chart.columns.get("color")
    if held is not None and held.categories:
        place_of = {name: at for at, name in enumerate(held.categories)}
        made.sort(key=lambda row: place_of.get(row["category"], len(place_of)))
    return made


def _places(counts: Array) -> list[tuple[int, int] | None]:
    """For each category the cell where it is dense and others are not, away from other names."""
    around = np.array([_density.sums_around(one, 6) for one in counts], float)
    all_of_them = np.maximum(around.sum(axis=0), 1)
    free = np.zeros(counts.shape[1:])
    edge_y, edge_x = min(_NEAR_Y, len(free) // 4), min(_NEAR_X // 2, free.shape[1] // 4)
    free[edge_y : len(free) - edge_y, edge_x : free.shape[1] - edge_x] = 1
    made: list[tuple[int, int] | None] = []
    for one in around:
        densest = int(one.argmax())
        is_own = one.flat[densest] > _OWN * all_of_them.flat[densest]
        score = one * one / all_of_them * free
        if not is_own or not score.any():
            made.append(None)
            continue
        down, across = np.unravel_index(int(score.argmax()), score.shape)
        made.append((int(down), int(across)))
        free[
            max(down - _NEAR_Y, 0) : down + _NEAR_Y, max(across - _NEAR_X, 0) : across + _NEAR_X
        ] = 0
    return made


def _value(axis: Axis, share: float) -> float:
    """The value at a share of the way along the axis."""
    if axis.log:
        low, high = math.log(axis.low), math.log(axis.high)
        return math.exp(low + (high - low) * share)
    return axis.low * (1 - share) + axis.high * share


def _relation(x: Array, y: Array, counts: Array) -> float | None:
    """Spearman's rank correlation of so many points at each place."""
    total = float(counts.sum())
    parts = []
    for values in (x, y):
        _, place = np.unique(values, return_inverse=True)
        sums = np.bincount(place, counts)
        parts.append((np.cumsum(sums) - (sums + total) / 2)[place])
    across, down = parts
    spread = math.sqrt(float((counts * across**2).sum()) * float((counts * down**2).sum()))
    return round(float((counts * across * down).sum()) / spread, 4) if spread > 0 else None


def _without_size(fields: Fields) -> Fields:
    return {name: values for name, values in fields.items() if name not in _OF_PILES}


def _records(fields: Fields) -> list[Row]:
    return [dict(zip(fields, values, strict=True)) for values in zip(*fields.values(), strict=True)]


def _columns(rows: list[Row]) -> Fields:
    """Rows as equally long columns, None where a row has no such field."""
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: [row.get(name) for row in rows] for name in names}
