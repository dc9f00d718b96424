"""The cells of a picture: a grid over the data's extent, in which large data is counted.

A grid lies in the space of the axes (linear, logarithmic, or time), so that all its cells are of
one size in the picture. Grids of twice the cells are nested in each other. Which cell a value is
in comes from the same arithmetic in memory and in an engine's expressions.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from plotkit import settings

if TYPE_CHECKING:
    import narwhals as nw

Array = np.ndarray[Any, Any]

_TABLE = 1 << 26  # keys, up to which a table of all of them is worth its memory
_CHUNK = 1 << 20  # rows that are worked on at a time: what they need stays in the cache
# Of a cell: values on a border are all on its upper side, whatever the last bit of a division.
_NUDGE = 1e-9


class Axis(NamedTuple):
    """The cells along one axis: from `low` to `high`, both values of the data."""

    low: float
    high: float
    cells: int
    log: bool

    @property
    def is_flat(self) -> bool:
        """Whether all values are the same."""
        return not self.high > self.low

    def _terms(self) -> tuple[float, float, float]:
        """What values are multiplied with, what is taken off then, and the cells for one of it."""
        low, high = (math.log(self.low), math.log(self.high)) if self.log else self[:2]
        # The whole range of doubles is too wide to be one.
        unit = 1.0 if math.isfinite(high - low) else 0.5
        span = high * unit - low * unit
        return unit, low * unit, self.cells / span if span > 0 else 0.0

    def of(self, values: Array, into: Array) -> None:
        """Write the number of each value's cell; `into` is of integers."""
        unit, low, scale = self._terms()
        made = np.log(values) if self.log else values * unit if unit != 1.0 else values
        made = made - low
        made *= scale
        made += _NUDGE
        np.copyto(into, made, casting="unsafe")
        np.minimum(into, self.cells - 1, out=into)

    def expression(self, value: nw.Expr) -> nw.Expr:
        """The same of a column of numbers, in its engine."""
        import narwhals as nw

        unit, low, scale = self._terms()
        made = value.log() if self.log else value * unit if unit != 1.0 else value
        made = ((made - low) * scale + _NUDGE).floor()
        last = float(self.cells - 1)
        return nw.when(made > last).then(nw.lit(last)).otherwise(made).cast(nw.Int64)


class Grid(NamedTuple):
    """Cells over both axes, numbered along x and then along y, both rising."""

    x: Axis
    y: Axis

    @property
    def size(self) -> int:
        return self.x.cells * self.y.cells

    @property
    def shape(self) -> tuple[int, int]:
        return self.y.cells, self.x.cells

    def finer(self, times: int) -> Grid:
        """The grid with so many times the cells along each axis."""
        return Grid(*(axis._replace(cells=axis.cells * times) for axis in self))

    def coarser(self, cells: Array, times: int) -> tuple[Grid, Array]:
        """The grid with so many times fewer cells (rounded up), and its numbers of `cells`."""
        made = Grid(*(axis._replace(cells=-(-axis.cells // times)) for axis in self))
        at_y, at_x = np.divmod(cells, self.x.cells)
        return made, at_y // times * made.x.cells + at_x // times

    def of(self, x: Array, y: Array) -> Array:
        """The cell of each point, as 32-bit integers."""
        made = np.empty(len(x), np.int32)

        def number(part: slice) -> None:
            down = np.empty(part.stop - part.start, np.int32)
            self.x.of(x[part], made[part])
            self.y.of(y[part], down)
            down *= self.x.cells
            made[part] += down

        each_part(len(x), number)
        return made


def each_part(rows: int, work: Callable[[slice], Any]) -> list[Any]:
    """Do the work for all rows, in parts that fit the cache; NumPy lets several run at a time."""
    parts = [slice(start, min(start + _CHUNK, rows)) for start in range(0, rows, _CHUNK)]
    if len(parts) <= 1:
        return [work(part) for part in parts]
    with ThreadPoolExecutor(min(settings.workers, len(parts))) as pool:
        return list(pool.map(work, parts))


def counted(cells: Array, size: int, weights: Array | None = None) -> Array:
    """How many rows are in each of `size` cells, or the sum of their weights."""

    def count(part: slice) -> Array:
        return np.bincount(cells[part], None if weights is None else weights[part], minlength=size)

    total = np.zeros(size, np.int64 if weights is None else np.float64)
    # In rounds, so that no more of these long arrays are there at a time than threads.
    for start in range(0, len(cells), _CHUNK * settings.workers):
        stop = min(start + _CHUNK * settings.workers, len(cells))
        for made in each_part(stop - start, _shifted(count, start)):
            total += made
    return total


def _shifted(work: Callable[[slice], Array], start: int) -> Callable[[slice], Array]:
    return lambda part: work(slice(part.start + start, part.stop + start))


def numbered(keys: Array) -> tuple[Array, Array]:
    """The different keys, rising, and for each of the given ones its place among them."""
    size = int(keys.max()) + 1
    if size > _TABLE:
        return np.unique(keys, return_inverse=True)
    held = np.zeros(size, bool)
    held[keys] = True
    found = np.flatnonzero(held)
    place = np.empty(size, np.int32)
    place[found] = np.arange(len(found), dtype=np.int32)
    return found, place[keys]


def extent(values: Array) -> tuple[float, float]:
    """The lowest and the highest value."""
    ends = each_part(len(values), lambda part: (values[part].min(), values[part].max()))
    return float(min(low for low, _ in ends)), float(max(high for _, high in ends))


def is_whole(values: Array) -> bool:
    """Whether there are only whole numbers."""
    parts: Iterator[Array] = (
        values[start : start + _CHUNK] for start in range(0, len(values), _CHUNK)
    )
    head = values[:1000]
    return bool((head == np.floor(head)).all()) and all(
        bool((part == np.floor(part)).all()) for part in parts
    )
