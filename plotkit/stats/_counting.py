"""Counting many values at once: into even bins as NumPy does, by class, and by rank.

Blocks of values are worked on while they are in the processor's cache, in as many threads as
there are cores. Counts are whole numbers, so their sum does not depend on how the work was split.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]

BLOCK = 1 << 16
_BYTES = 16  # blocks of codes that are counted at once
_ALONE = 1 << 20  # fewer values are not worth a second thread
_WORKERS = 4
_BYTE_BINS = 255  # a code of one byte, and one more for values on the last edge

# Added to a bin's number, it makes the low half of a double's bits the fraction of a bin, and the
# bits above it the bin: 2^20 leaves 32 bits for the fraction.
_MAGIC = 2.0**20
_BIN = 0xFFFF
_FURTHEST = 1 << 22  # fractions (of 2^32) by which rounding may move an edge, at most


def in_parts(count: int, work: Callable[[int, int], Any]) -> list[Any]:
    """What `work(start, end)` gives for parts of `count` rows, each in a thread of its own."""
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    parts = min(_WORKERS, cores, max(count // _ALONE, 1))
    ends = [count * part // parts for part in range(parts + 1)]
    if parts == 1:
        return [work(0, count)]
    from concurrent.futures import ThreadPoolExecutor  # only many rows need it

    with ThreadPoolExecutor(parts) as pool:
        return list(pool.map(work, ends[:-1], ends[1:]))


def blocks(start: int, end: int, size: int = BLOCK) -> list[slice]:
    """The rows from start to end, block by block."""
    return [slice(at, min(at + size, end)) for at in range(start, end, size)]


def extent(values: Array) -> tuple[Any, Any]:
    """The lowest and the highest value, as Python numbers.

    >>> extent(np.array([3, -1]))
    (-1, 3)
    """

    def ends(start: int, end: int) -> tuple[Any, Any]:
        found = [(values[part].min(), values[part].max()) for part in blocks(start, end)]
        return min(low for low, _ in found), max(top for _, top in found)

    found = in_parts(len(values), ends)
    return min(low for low, _ in found).item(), max(top for _, top in found).item()


# --- even bins -----------------------------------------------------------------------------------


def binned(
    values: Array,
    edges: Array,
    groups: Array | None = None,
    group_count: int = 1,
    *,
    inside: bool = False,
) -> Array:
    """How many values are in each bin, shape (group_count, bins); as `numpy.histogram` counts.

    A bin holds its lower edge, the last one its upper edge too; values outside are in none.
    `groups` are the groups of the values, from 0 up; `inside` says that no value is outside.

    >>> binned(np.array([0.0, 0.5, 1.0, 2.0]), np.array([0.0, 1.0, 2.0]))
    array([[2, 2]])
    """
    place = _even_places(edges)
    if place is not None and inside and groups is None and len(edges) - 1 <= _BYTE_BINS:
        return _bytes_counted(values, edges, place)
    return _codes_counted(values, edges, place, groups, group_count, inside)


class Places(NamedTuple):
    """How the bin of a value is reckoned."""

    low: float  # is subtracted
    factor: float
    near: int  # fractions this small (of 2^32) may lie on either side of an edge


def _even_places(edges: Array) -> Places | None:
    """How to tell a value's bin, where the edges are as even as doubles allow."""
    bins = len(edges) - 1
    low, width = float(edges[0]), float(edges[-1]) - float(edges[0])
    if bins >= 1 << 15 or not 1e-290 < width < 1e290:
        return None
    place = Places(low, bins / width, 0)
    found = _placed(edges, place, np.empty(len(edges))).view(np.int64)
    wanted = (np.arange(len(edges)) + _MAGIC).view(np.int64)
    # The same steps keep the order of values: between two edges no value is farther off.
    near = int(np.abs(found - wanted).max()) + 2
    return place._replace(near=near) if near < _FURTHEST else None


def _placed(values: Array, place: Places, out: Array) -> Array:
    """Bins and fractions of values, as the bits of doubles."""
    np.subtract(values, place.low, out=out, dtype=np.float64)
    np.multiply(out, place.factor, out=out)
    return np.add(out, _MAGIC, out=out)


def _bins_of(values: Array, edges: Array, place: Places, own: _Buffers) -> Array:
    """The bin of each value in the lowest 16 bits, the last edge a bin of its own; exactly.

    What lies so near an edge that rounding could decide is compared with the edge itself.
    """
    count = len(values)
    found = _placed(values, place, own.places[:count])
    bits = found.view(np.uint64)
    np.add(bits, place.near, out=bits)  # values near an edge are now just above it
    fractions, bins = own.fractions[:count], own.bins[:count]
    np.copyto(fractions, bits, casting="unsafe")  # the low half
    np.right_shift(bits, 32, out=bins.view(np.uint64))
    if fractions.min() < 2 * place.near:
        np.bitwise_and(bins, _BIN, out=bins)
        near = fractions < 2 * place.near
        if near.mean() > 0.1:
            below = values < np.take(edges, bins, out=found, mode="clip")
            np.subtract(bins, below & near, out=bins)
        else:
            rows = np.flatnonzero(near)
            bins[rows] -= values[rows] < edges[bins[rows]]
    return bins


class _Buffers:
    """Room for what is reckoned of one block."""

    __slots__ = ("bins", "fractions", "places")

    def __init__(self, size: int) -> None:
        self.places = np.empty(size)
        self.fractions = np.empty(size, dtype=np.uint32)
        self.bins = np.empty(size, dtype=np.int64)


def _bytes_counted(values: Array, edges: Array, place: Places) -> Array:
    """Counts of bins by codes of one byte each, which Pillow counts faster than NumPy does."""
    from PIL import Image

    bins = len(edges) - 1

    def work(start: int, end: int) -> Array:
        own = _Buffers(BLOCK)
        codes = np.empty((_BYTES, BLOCK), dtype=np.uint8)
        picture = Image.frombuffer("L", (BLOCK, _BYTES), codes, "raw", "L", 0, 1)
        counts = np.zeros(256, dtype=np.int64)
        row = 0
        for part in blocks(start, end):
            count = part.stop - part.start
            found = _bins_of(values[part], edges, place, own)
            if count < BLOCK:
                counts += np.bincount(found & _BIN, minlength=256)
                continue
            np.copyto(codes[row], found, casting="unsafe")
            row += 1
            if row == _BYTES:
                counts += np.array(picture.histogram())
                row = 0
        return counts + np.bincount(codes[:row].ravel(), minlength=256)

    counts = sum(in_parts(len(values), work))
    counts[bins - 1] += counts[bins]  # what stands on the last edge
    return np.asarray(counts[:bins]).reshape(1, bins)


def _codes_counted(
    values: Array,
    edges: Array,
    place: Places | None,
    groups: Array | None,
    group_count: int,
    inside: bool,
) -> Array:
    """Counts of bins, of each group, by codes of any size."""
    bins = len(edges) - 1
    wide = bins + 3  # values below, those on the last edge, those above
    size = max(BLOCK, 4 * wide * group_count)

    def work(start: int, end: int) -> Array:
        counts = np.zeros(wide * group_count, dtype=np.int64)
        own = _Buffers(min(size, end - start))
        for part in blocks(start, end, size):
            held = values[part]
            if place is None:
                codes = np.searchsorted(edges, held, side="right")
                codes += held > edges[-1]
            elif inside:
                codes = _bins_of(held, edges, place, own)
                codes &= _BIN
                codes += 1
            else:
                codes = _bins_of(np.clip(held, edges[0], edges[-1]), edges, place, own)
                codes &= _BIN
                codes += 1
                codes[held < edges[0]] = 0
                codes += held > edges[-1]
            if groups is not None:
                codes += groups[part] * np.int64(wide)
            counts += np.bincount(codes, minlength=len(counts))
        return counts

    counts = sum(in_parts(len(values), work)).reshape(group_count, wide)
    made = np.array(counts[:, 1 : bins + 1])
    made[:, -1] += counts[:, bins + 1]
    return made


# --- codes ---------------------------------------------------------------------------------------

_WIDE = 1 << 24  # codes that are counted in one table, whatever the number of rows


def tallied(codes: Array, size: int) -> tuple[Array, Array, Array]:
    """The codes that occur, rising; each row's place among them; and how often each occurs.

    Codes are from 0 up, below `size`.

    >>> tallied(np.array([7, 2, 7]), 10)
    (array([2, 7]), array([1, 0, 1]), array([1, 2]))
    """
    if size > max(_WIDE, 4 * len(codes)):
        kinds, places, counts = np.unique(codes, return_inverse=True, return_counts=True)
        return kinds, places, counts
    counts = counted(codes, size)
    kinds = np.flatnonzero(counts)
    if len(kinds) == size:
        return kinds, codes, counts
    into = np.zeros(size, dtype=np.intp)
    into[kinds] = np.arange(len(kinds))
    return kinds, into[codes], counts[kinds]


def counted(codes: Array, size: int) -> Array:
    """How often each code occurs, from 0 to below `size`."""
    counts = np.zeros(size, dtype=np.int64)
    for part in blocks(0, len(codes), max(BLOCK, 4 * size)):
        counts += np.bincount(codes[part], minlength=size)
    return counts


def summed(values: Array, codes: Array, size: int) -> Array:
    """The sum of each code's values, in blocks, so that rounding errors stay small."""
    sums = np.zeros(size)
    with np.errstate(over="ignore"):  # an infinite sum is the caller's to report
        for part in blocks(0, len(codes), max(BLOCK, 4 * size)):
            sums += np.bincount(codes[part], weights=values[part], minlength=size)
    return sums


def grouped(values: Array, codes: Array, size: int) -> Array:
    """The order of rows by code, and by value within each; codes are from 0 to below `size`.

    >>> grouped(np.array([2.0, 1.0, 0.5]), np.array([0, 0, 1]), 2).tolist()
    [1, 0, 2]
    """
    order = np.argsort(values)
    for shift in range(0, max(size - 1, 1).bit_length(), 16):  # 16 bits are sorted by counting
        digits = (codes[order] >> shift).astype(np.uint16)
        order = order[np.argsort(digits, kind="stable")]
    return order


# --- ranks ---------------------------------------------------------------------------------------

_FEW = 1 << 20  # values that are ranked by NumPy at once
_CELL_BITS, _LEVELS = 16, 4
_CELLS = 1 << _CELL_BITS


def quartiles(values: Array) -> tuple[float, float]:
    """The first and third quartile of float64 values, as `numpy.percentile` gives them.

    >>> quartiles(np.array([1.0, 2.0, 3.0, 4.0]))
    (1.75, 3.25)
    """
    places = [(len(values) - 1) * share for share in (0.25, 0.75)]
    below = [math.floor(place) for place in places]
    ranks = sorted({*below, *(min(rank + 1, len(values) - 1) for rank in below)})
    found = ranked(values, ranks)
    made = []
    for place, rank in zip(places, below, strict=True):
        low, high = found[rank], found[min(rank + 1, len(values) - 1)]
        part = place - rank
        # NumPy's own formula, from the nearer end: the last bit depends on it.
        near = low + (high - low) * part if part < 0.5 else high - (high - low) * (1 - part)
        made.append(near)
    return made[0], made[1]


def ranked(values: Array, ranks: list[int], level: int = 0) -> dict[int, float]:
    """The values at some ranks, from 0 up, of float64 values.

    Few values share the highest sixteen bits of their pattern: those cells are counted, and only
    the cells of the wanted ranks are looked into, by the next bits.

    >>> ranked(np.array([5.0, 1.0, 3.0]), [0, 2])
    {0: 1.0, 2: 5.0}
    """
    if len(values) <= _FEW or level == _LEVELS:
        parted = np.partition(values, ranks)
        return {rank: float(parted[rank]) for rank in ranks}
    shift = 64 - _CELL_BITS * (level + 1)
    bits = values.view(np.uint64)

    def count(start: int, end: int) -> Array:
        counts = np.zeros(_CELLS, dtype=np.int64)
        for part in blocks(start, end, 4 * BLOCK):
            counts += np.bincount(_cells(bits[part], shift), minlength=_CELLS)
        return counts

    counts = sum(in_parts(len(values), count))
    rising = np.arange(_CELLS)
    if level == 0:  # a sign, then the size
        order = np.concatenate([rising[: _CELLS // 2 - 1 : -1], rising[: _CELLS // 2]])
    else:  # of one sign
        order = rising[::-1] if np.signbit(values[0]) else rising
    ends = np.cumsum(counts[order])
    wanted: dict[int, list[int]] = {}
    for rank in ranks:
        wanted.setdefault(int(np.searchsorted(ends, rank, side="right")), []).append(rank)
    found = {}
    for at, own in wanted.items():
        cell, before = order[at], int(ends[at] - counts[order[at]])
        held = values if counts[cell] == len(values) else _in_cell(values, shift, cell)
        inner = ranked(held, [rank - before for rank in own], level + 1)
        found.update({rank + before: value for rank, value in inner.items()})
    return found


def _cells(bits: Array, shift: int) -> Array:
    made = np.right_shift(bits, np.uint64(shift)).view(np.int64)
    return made if shift == 64 - _CELL_BITS else made & (_CELLS - 1)


def _in_cell(values: Array, shift: int, cell: int) -> Array:
    def pick(start: int, end: int) -> list[Array]:
        parts = (values[part] for part in blocks(start, end))
        return [part[_cells(part.view(np.uint64), shift) == cell] for part in parts]

    return np.concatenate([part for found in in_parts(len(values), pick) for part in found])
