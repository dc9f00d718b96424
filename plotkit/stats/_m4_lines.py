"""Long lines, as the rows that their picture shows."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from plotkit import errors, settings
from plotkit.stats import DENSITY, Picture, _m4, _m4_sources
from plotkit.stats._m4 import Array, Chosen, Grid, Share
from plotkit.stats._m4_sources import Source
from plotkit.table import Columns, LazyColumns

_FINE = 2  # buckets for each device pixel
_SPARSE = 16  # points of a line in each bucket, and fewer, are not many
_DETAIL = 60_000  # rows of all levels of detail


class Reduced(NamedTuple):
    """Rows of lines, line after line, each along x.

    Attributes:
        columns: the rows.
        first: for each the level of detail from which on it is drawn.
        levels: how many levels there are.
        total: how many rows there were.
        known: how many of them had a y.
        whole: whether the last level shows all of them.
        parts: into how many parts the lines' x axis is cut; of the background's where
            it has less room than the others.
        full: how many parts show all that a picture of the asked width can.
        repeated: how many rows repeat an x of their line, and the first that does (-1 unknown).
    """

    columns: Columns
    first: list[int]
    levels: int
    total: int
    known: int
    whole: bool
    parts: int
    full: int
    repeated: tuple[int, int]


def reduce_lines(
    data: Columns | LazyColumns,
    picture: Picture,
    log_x: bool,
    many: int,
    named: int,
    said: list[str],
    lowest: bool = False,
) -> Reduced:
    """The rows of lines that a picture shows.

    Of more than `many` lines split by one column, the `named` ones that end highest (or lowest)
    have the room first. The levels are those of `Detail`.
    """
    source = _source(data, said)
    if log_x and source.extent[0] <= 0:  # of columns in memory the row is known, and said before
        name = data.names["x"] if isinstance(data, LazyColumns) else data["x"].name
        raise errors.DataError.from_log_scale("x", name, None, source.extent[0])
    full = picture.width * DENSITY * _FINE
    grid = _m4.grid(*source.extent, full << _m4.FINER, log_x)
    room, detail = _room(picture.reduce)
    shares = _shares(source, grid, room, many, named, lowest)
    lines = 1 + max(_last_line(share) for share in shares)
    # Few points in each pixel show their edges, which twice as many buckets keep.
    start = _m4.FINER - (source.total <= _SPARSE * full * lines)
    found = _m4.choose(shares, grid, start, room, detail)
    return Reduced(
        *_rows(source, found),
        levels=found.levels,
        total=source.total,
        known=sum(share.known for share in shares),
        whole=len(found.first) == source.total,
        parts=found.parts,
        full=full,
        repeated=source.repeated(),
    )


def _source(data: Columns | LazyColumns, said: list[str]) -> Source:
    """The source of that data's points; `said` gets a note where an engine's rows have no order."""
    if not isinstance(data, LazyColumns):
        return _m4_sources.Memory(data)
    library = type(data.frame.to_native()).__module__.partition(".")[0].lstrip("_")
    # Labels of times depend on all of them.
    timed = any(data.kinds.get(role) == "time" for role in _m4_sources.SPLITS)
    if not timed and library == "duckdb":
        return _m4_sources.DuckDB(data)
    if not timed and library == "polars" and hasattr(data.frame.to_native(), "collect_batches"):
        return _m4_sources.Polars(data)
    from plotkit.stats._m4_engine import Engine  # few frames come here

    return Engine(data, said)


def _room(asked: bool | int) -> tuple[int, int]:
    """Rows that the picture may have, and those of the finest level of detail."""
    if not isinstance(asked, bool):
        return asked, 0
    # Some room is left for rows that hold lines together and apart.
    return int(min(settings.line_points, 0.9 * settings.max_rows)), _DETAIL


def _shares(
    source: Source, grid: Grid, room: int, many: int, named: int, lowest: bool
) -> list[Share]:
    """The lines that are told apart, then those in the background."""
    everything = source.reduced(grid, room)
    series = everything.points.series
    if series is None or source.twice_split or int(series.max()) < many:
        return [everything]
    y = everything.points.values[0]
    coloured = _first_ends(series, y if lowest else -y, named)
    front = _m4_sources.among(series, coloured)
    behind = Share(everything.points.take(~front), everything.halved, everything.known)
    if everything.halved <= _m4.FINER:
        return [Share(everything.points.take(front), everything.halved), behind]
    return [source.reduced(grid, room, coloured)._replace(known=0), behind]


def _last_line(share: Share) -> int:
    series = share.points.series
    return 0 if series is None else int(series.max(initial=0))


def _first_ends(series: Array, y: Array, count: int) -> list[int]:
    """The lines that end lowest, of equal ones the first."""
    known = np.flatnonzero(~np.isnan(y))
    ends = np.full(int(series.max()) + 1, np.inf)
    ends[series[known]] = y[known]  # points stand along x: the last one stays
    return np.argsort(ends, kind="stable")[:count].tolist()  # type: ignore[no-any-return]


def _rows(source: Source, found: Chosen) -> tuple[Columns, list[int]]:
    """Rows and their levels, line after line in the lines' order."""
    points, first = found.points, found.first
    if points.series is not None:
        order = np.argsort(points.series, kind="stable")
        points, first = points.take(order), first[order]
    return source.columns(points), first.tolist()
