"""Lines of many points, as the few of them that a picture can show.

The x axis is cut into buckets, finer than the pixels, and of each line's points in a bucket the
first, last, lowest and highest are kept: the line through them covers the same pixels (M4, Jugel
et al. 2014). Buckets of a coarser grid are pairs of the finer one's, and ties are decided by value
and then by row, so that points kept of the points kept are those kept of all: rows may come in
pieces, in any order of pieces, and coarser levels are made of finer ones.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]

FINER = 3  # how often the finest grid halves to the picture's own
PIECE = 1 << 20  # rows that are looked at at once: what is made of them stays small
_BLOCK = 1 << 15  # numbers that the processor's cache holds
_BEHIND = 50_000  # points that lines in the background have together, at most
_FEW = 20_000  # points: of so many each is looked at
_WAITING = 1_000_000  # kept points of pieces that are held until they are reduced together
# Where the grid starts, in buckets before the first point. No fraction of small numbers: points at
# regular distances stay clear of the edges, where the last digit of a logarithm would decide.
_OFFSET = 0.3819660112501051


class Points(NamedTuple):
    """Points of lines.

    For each the line that it is of (None: all of one), where it is, its y and what else has
    heights (the edges of a band), NaN where missing, and its row.
    """

    series: Array | None
    x: Array
    values: tuple[Array, ...]
    rows: Array

    def take(self, chosen: Any) -> Points:
        """Some of the points, by position, mask or slice."""
        series = None if self.series is None else self.series[chosen]
        return Points(
            series, self.x[chosen], tuple(v[chosen] for v in self.values), self.rows[chosen]
        )


class Grid(NamedTuple):
    """Equal buckets along an axis: bucket of x = floor((position(x) - start) * rate)."""

    start: float
    rate: float
    buckets: int
    log: bool
    scale: float  # positions are that much of x, so that their differences stay finite

    def number(self, x: Array, halved: int = 0) -> Array:
        """Each point's bucket, as whole float64, after so many halvings of the grid."""
        made = np.empty(len(x))
        for at in range(0, len(x), _BLOCK):
            block = made[at : at + _BLOCK]
            part = x[at : at + _BLOCK]
            if self.log:
                part = np.log(part)
            elif self.scale != 1.0:
                part = part * self.scale
            np.subtract(part, self.start, out=block)
            np.multiply(block, self.rate, out=block)
            np.floor(block, out=block)
            if halved:
                np.multiply(block, 0.5**halved, out=block)
                np.floor(block, out=block)
        return made

    def count(self, halved: int = 0) -> int:
        """How many buckets there are."""
        return (self.buckets - 1 >> halved) + 1


def grid(low: float, high: float, buckets: int, log: bool) -> Grid:
    """A grid over an axis from `low` to `high`, in its own space; `log` needs both above 0.

    >>> grid(0.0, 10.0, 5, False).number(np.array([0.0, 2.0, 9.0, 10.0]))
    array([0., 1., 4., 5.])
    """
    if log:
        low, high = math.log(low), math.log(high)
    scale = 1.0 if math.isfinite(high - low) else 0.25
    low, high = low * scale, high * scale
    rate = min(buckets / (high - low), 1.7e308) if high > low else 0.0
    start = low - _OFFSET / rate if rate else low
    return Grid(start, rate, buckets + 1, log, scale)


# --- what is kept of sorted points ---------------------------------------------------------------


def kept(key: Array, values: Sequence[Array]) -> Array:
    """A mask of the points to keep; `key` tells buckets apart, equal ones stand together.

    Points are in drawing order: by line, x, row. Where rows are missing between two points that
    are kept, so is the first of them: the line breaks there.
    """
    mask = np.zeros(len(key), dtype=bool)
    parts = list(_known_and_missing(values))
    for heights, (known, _) in zip(values, parts, strict=True):
        _keep_extremes(key, heights, known, mask)
    for known, missing in reversed(parts):  # the rows that end a band are points of its line
        _keep_gaps(key, known, missing, mask)
    return mask


def _known_and_missing(values: Sequence[Array]) -> Iterator[tuple[Array, Array]]:
    """For each height where it is known, and where it is missing; edges only where y is known."""
    there = ~np.isnan(values[0])
    yield there, ~there
    for edge in values[1:]:
        known = ~np.isnan(edge)
        yield there & known, there & ~known


def _keep_extremes(key: Array, heights: Array, known: Array, mask: Array) -> None:
    """Mark first, last, lowest and highest of each bucket."""
    at = np.flatnonzero(known)
    if not len(at):
        return
    starts, ends = _runs(key[at])
    held, sizes = heights[at], ends - starts + 1
    lows = held == np.repeat(np.minimum.reduceat(held, starts), sizes)
    highs = held == np.repeat(np.maximum.reduceat(held, starts), sizes)
    for extreme in (lows, highs):
        found = np.flatnonzero(extreme)
        mask[at[found[_runs(key[at[found]])[0]]]] = True
    mask[at[starts]] = mask[at[ends]] = True


def _keep_gaps(key: Array, known: Array, missing: Array, mask: Array) -> None:
    """Mark the first missing row after each marked one, in each bucket, and the line's last."""
    gaps = np.flatnonzero(missing)
    if not len(gaps):
        return
    marked = np.flatnonzero(mask & known)
    before = np.searchsorted(marked, gaps)
    buckets = key[gaps]
    changes = buckets[1:] != buckets[:-1]
    mask[gaps[np.r_[True, changes | (before[1:] != before[:-1])]]] = True
    last = np.flatnonzero(np.r_[changes, True])  # without points behind it, it ends the axis
    following = before[last]
    inside = following < len(marked)
    inside[inside] = key[marked[following[inside]]] == buckets[last[inside]]
    mask[gaps[last[~inside]]] = True


def _runs(key: Array) -> tuple[Array, Array]:
    """Where each run of equal keys starts and ends."""
    if not len(key):
        return np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.intp)
    changes = np.flatnonzero(key[1:] != key[:-1])
    return np.r_[0, changes + 1], np.r_[changes, len(key) - 1]


def _candidates(key: Array, values: Sequence[Array]) -> Array:
    """Positions of points among which all that are kept are, and hardly any other.

    tsdownsample finds a bin's extremes ten times faster than NumPy does. Its bins are equal ones
    over what it is given as x, so it is given the buckets' numbers.
    """
    chosen = np.zeros(len(key), dtype=bool)
    parts = list(_known_and_missing(values))
    for heights, (known, _) in zip(values, parts, strict=True):
        at = np.flatnonzero(known)
        if len(at) == len(key):
            chosen[_extremes(key, heights)] = True
        elif len(at):
            chosen[at[_extremes(key[at], heights[at])]] = True
    for known, missing in reversed(parts):
        _keep_gaps(key, known, missing, chosen)
    return np.flatnonzero(chosen)


def _extremes(key: Array, heights: Array) -> Array:
    bins = int(key[-1] - key[0]) + 1
    if len(key) <= _FEW or bins < 2 or 8 * bins > len(key):
        return np.flatnonzero(kept(key, [heights]))
    from tsdownsample import M4Downsampler

    # A bin holds what is above its lower edge, up to its upper one: numbers in their middles, and
    # the outermost on the edges so that these are whole numbers.
    along = key - (key[0] - 0.5)
    along[0], along[-1] = 0.0, bins
    heights = np.ascontiguousarray(heights)  # a column of a matrix is not
    found: Array = M4Downsampler().downsample(along, heights, n_out=4 * bins)  # type: ignore[no-untyped-call]
    return found.astype(np.intp)


# --- points that come in pieces ------------------------------------------------------------------


class Reducer:
    """Keeps of all points that are added what the finest grid shows that is coarse enough.

    The grid is halved as long as more than `most` of its buckets hold points of a line, counted
    over all lines; that depends on the points alone, not on how they come.

    Attributes:
        known: how many points have a y.
        is_mixed: whether the points of a piece stand between those of others.
        has_gaps: whether a height is missing anywhere.
    """

    def __init__(self, grid: Grid, most: int, halved: int = 0) -> None:
        self.grid = grid
        self.halved = halved
        self._most = most
        self._held: list[Points] = []
        self._waiting = 0
        self._end = (-math.inf, -math.inf)
        self.known = 0
        self.is_mixed = self.has_gaps = False

    def add(self, points: Points) -> None:
        """Points in the order of their rows; they come after those added before."""
        for start in range(0, len(points.x), PIECE):
            piece = in_order(points.take(slice(start, start + PIECE)))
            self._look_at(piece)
            key = self._fitting(piece)
            found = piece.take(_candidates(key, piece.values))
            self._held.append(found)
            self._waiting += len(found.x)
            if self._waiting > _WAITING and len(self._held) > 1:
                self._merge()

    def _look_at(self, piece: Points) -> None:
        missing = np.isnan(piece.values[0])
        self.known += len(missing) - int(np.count_nonzero(missing))
        self.has_gaps = self.has_gaps or any(np.isnan(v).any() for v in piece.values)
        first, last = (
            (0.0 if piece.series is None else float(piece.series[at]), float(piece.x[at]))
            for at in (0, -1)
        )
        self.is_mixed = self.is_mixed or first < self._end
        self._end = max(self._end, last)

    def with_gaps(self, pieces: Iterable[Points]) -> Points:
        """The points that are kept, with the gaps between them: rows of pieces that mix.

        A piece knows only its own points: what it drops between two of them may stand
        between a point of its own and another's.
        """
        found, gaps, waiting = self.result(), [], []
        for points in pieces:
            missing = np.logical_or.reduce([np.isnan(held) for held in points.values])
            waiting.append(points.take(missing & ~np.isin(points.rows, found.rows)))
            if sum(len(part.x) for part in waiting) > PIECE:
                gaps.append(self._gaps(found, waiting))
                waiting = []
        return self._all_kept([found, *gaps, *waiting])

    def _gaps(self, found: Points, parts: Sequence[Points]) -> Points:
        """Of the missing rows those that matter beside the points found."""
        held = self._all_kept([found, *parts])
        return held.take(~np.isin(held.rows, found.rows))

    def _all_kept(self, parts: Sequence[Points]) -> Points:
        points = joined(parts)
        points = in_order(points.take(np.argsort(points.rows, kind="stable")))
        return points.take(kept(keys(points, self.grid, self.halved), points.values))

    def result(self) -> Points:
        """The points that are kept, in drawing order."""
        self._merge()
        return self._held[0]

    def _merge(self) -> None:
        found = in_order(joined(self._held))
        key = self._fitting(found)
        self._held = [found.take(kept(key, found.values))]
        self._waiting = len(self._held[0].x)

    def _fitting(self, points: Points) -> Array:
        """Each point's line and bucket as one number, on a grid that is coarse enough."""
        while True:
            key = keys(points, self.grid, self.halved)
            occupied = 1 + np.count_nonzero(key[1:] != key[:-1])
            if occupied <= self._most or self.grid.count(self.halved) == 1:
                return key
            self.halved += 1


def keys(points: Points, grid: Grid, halved: int | Array) -> Array:
    """Each point's line and bucket as one number; `halved` may differ from point to point."""
    if isinstance(halved, int):
        number = grid.number(points.x, halved)
    else:
        number = np.floor(grid.number(points.x) * 0.5**halved)
    if points.series is not None:
        number += points.series * float(grid.buckets)
    return number


def joined(parts: Sequence[Points]) -> Points:
    """The points of all parts, one after another."""
    if len(parts) == 1:
        return parts[0]
    series = None
    if parts[0].series is not None:
        series = np.concatenate([part.series for part in parts])
    return Points(
        series,
        np.concatenate([part.x for part in parts]),
        tuple(np.concatenate(held) for held in zip(*(p.values for p in parts), strict=True)),
        np.concatenate([part.rows for part in parts]),
    )


def in_order(points: Points) -> Points:
    """The points in drawing order: by line, then x; those of one x stay as they came."""
    series, x = points.series, points.x
    rises = x[1:] >= x[:-1]
    if series is None:
        if rises.all():
            return points
        return points.take(np.argsort(x, kind="stable"))
    steps = np.diff(series)
    if ((steps > 0) | (steps == 0) & rises).all():
        return points
    if rises.all():  # step by step, the lines side by side
        return points.take(_by_series(series))
    return points.take(np.lexsort((x, series)))


def _are_distinct(series: Array, x: Array) -> bool:
    """Whether no line has two equal x, where that is quickly told: for whole numbers."""
    low, high = float(x.min()), float(x.max())
    span = high - low + 1
    if not (abs(low) < 2**52 and span * (float(series.max()) + 1) < 2**53 and (x % 1 == 0).all()):
        return False
    found = np.sort((series * span + (x - low)).astype(np.int64))
    return not (found[1:] == found[:-1]).any()


def _by_series(series: Array) -> Array:
    low = series.min()
    if series.max() - low < 32_000:
        series = (series - low).astype(np.int16)  # sorted by radix
    return np.argsort(series, kind="stable")


def repeated(series: Array | None, x: Array) -> tuple[int, int]:
    """How many rows repeat an x of their line, and the first row that does (-1: none)."""
    equal, rises = x[1:] == x[:-1], bool((x[1:] >= x[:-1]).all())
    if rises and not equal.any():
        return 0, -1
    order = None
    if series is not None:
        steps = np.diff(series)
        if rises and not (equal & (steps <= 0)).any():  # step by step, the lines side by side
            return 0, -1
        if not ((steps > 0) | (steps == 0) & (x[1:] >= x[:-1])).all():
            if _are_distinct(series, x):
                return 0, -1
            order = _by_series(series) if rises else np.lexsort((x, series))
            series = series[order]
    elif not rises:
        order = np.argsort(x, kind="stable")
    if order is not None:
        x = x[order]
        equal = x[1:] == x[:-1]
    if series is not None:
        equal = equal & (series[1:] == series[:-1])
    found = np.flatnonzero(equal) + 1
    if not len(found):
        return 0, -1
    return len(found), int((found if order is None else order[found]).min())


# --- how much of it is drawn ---------------------------------------------------------------------


class Chosen(NamedTuple):
    """Points to draw: from which level on each is drawn, and how fine the levels are.

    `parts` says into how many parts the coarsest lines' axis is cut in the picture itself.
    """

    points: Points
    first: Array
    levels: int
    parts: int


class Share(NamedTuple):
    """Lines that share room: their points on a grid halved so often.

    Of all points that they were before, `known` had a y.
    """

    points: Points
    halved: int
    known: int = 0


def choose(shares: Sequence[Share], grid: Grid, start: int, room: int, detail: int) -> Chosen:
    """Points so that the picture has at most `room` of them, and the finest level `detail`.

    The picture's own grid is halved `start` times, or more often where there is no room.
    The first share has its full resolution first, the second is the background; never fewer than
    one bucket a line.
    """
    least = [len(_at(share, grid, _coarsest(grid)).x) for share in shares]
    base = []
    for nth, share in enumerate(shares):
        left = room - sum(least[nth + 1 :])
        if nth:
            left = min(left, _BEHIND)
        halved = max(start, share.halved)
        found = _at(share, grid, halved)
        while len(found.x) > left and grid.count(halved) > 1:
            halved += 1
            found = _at(Share(found, halved), grid, halved)
        base.append(halved)
        room -= len(found.x)
    levels = 1
    while levels <= FINER and _fits(shares, base, levels, grid, detail):
        levels += 1
    found, first = _levelled(shares, base, levels - 1, grid)
    while levels > 1 and not (first == levels - 1).any():
        levels -= 1  # it would show nothing more
    return Chosen(found, first, levels, grid.count(max(base)))


def _coarsest(grid: Grid) -> int:
    return (grid.buckets - 1).bit_length()


def _at(share: Share, grid: Grid, halved: int) -> Points:
    """The share's points on a grid halved so often, or as often as it is already."""
    points, halved = share.points, max(halved, share.halved)
    return points.take(kept(keys(points, grid, halved), points.values))


def _fits(shares: Sequence[Share], base: Sequence[int], level: int, grid: Grid, most: int) -> bool:
    """Whether the level is finer than those before it and has no more rows than that."""
    finer = [max(halved - level, s.halved) for halved, s in zip(base, shares, strict=True)]
    if finer == [max(h - level + 1, s.halved) for h, s in zip(base, shares, strict=True)]:
        return False
    counts = (len(_at(s, grid, h).x) for s, h in zip(shares, finer, strict=True))
    return sum(counts) <= most


def _levelled(
    shares: Sequence[Share], base: Sequence[int], finest: int, grid: Grid
) -> tuple[Points, Array]:
    """The points of the finest level, and the level from which on each is drawn."""
    parts, firsts = [], []
    for share, halved in zip(shares, base, strict=True):
        found = _at(share, grid, max(halved - finest, share.halved))
        first = np.full(len(found.x), finest)
        here = np.arange(len(found.x))
        for level in range(finest - 1, -1, -1):
            points = found.take(here)
            here = here[kept(keys(points, grid, max(halved - level, share.halved)), points.values)]
            first[here] = level
        parts.append(found)
        firsts.append(first)
    return joined(parts), np.concatenate(firsts)


def reduced(pieces: Iterable[Points], grid: Grid, most: int, halved: int = 0) -> Share:
    """All points of some lines, as `Reducer` keeps them; `halved` is where it starts.

    The pieces may be asked for twice.
    """
    reducer = Reducer(grid, most, halved)
    for points in pieces:
        reducer.add(points)
    mixed = reducer.is_mixed and reducer.has_gaps
    found = reducer.with_gaps(pieces) if mixed else reducer.result()
    return Share(found, reducer.halved, reducer.known)
