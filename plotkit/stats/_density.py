"""The picture of so many points that no mark could stand for each: counts of cells as an image.

The image is a PNG with a pixel for each cell. It is made once for each theme, in the theme's
colours: a ramp for plain counts, the colours of the categories mixed by their shares, or a ramp
for the mean of a third number. With the last two, fainter means fewer points.
"""

from __future__ import annotations

import base64
import math
import struct
import zlib
from collections.abc import Sequence

import numpy as np

from plotkit import theme
from plotkit.stats._cells import Array, numbered

THEMES = theme.NAMES
COLOURS = 8  # of categories
_LEAST = 0.3  # points, where the scale begins; as the preset says
_LEVELS = 48  # shades of a count
_FADES, _FAINTEST = 15, 0.3  # degrees of opacity beside a colour that means something else
_SHARES = 6  # a category's share of a cell is drawn in so many steps
_SHADES = 16  # of a mean
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_REACH, _FEW = 4, 3  # a point is alone with less than so many others within so many cells


def of_counts(counts: Array) -> tuple[str, ...]:
    """For each theme the image of these counts, rows from the bottom up: more is further along.

    >>> [image[:22] for image in of_counts(np.array([[0, 1], [2, 900]]))]
    ['data:image/png;base64,', 'data:image/png;base64,']
    """
    index = np.where(counts > 0, 1 + np.rint(_tone(counts) * (_LEVELS - 1)), 0).astype(np.intp)
    at = np.linspace(0.0, 1.0, _LEVELS)
    return _images(index, [np.vstack([[0, 0, 0, 0], _opaque(_ramp(name, at))]) for name in THEMES])


def of_shares(counts: Array) -> tuple[str, ...]:
    """For each theme the image of the counts of several categories, along the first axis."""
    total = counts.sum(axis=0)
    fade = _fade(total)
    shares = np.rint(counts * (_SHARES / np.maximum(total, 1))).astype(np.int64)
    largest = counts.argmax(axis=0)  # it is always seen, however many there are
    key = fade
    for slot in range(len(counts)):
        share = np.where((largest == slot) & (total > 0), np.maximum(shares[slot], 1), shares[slot])
        key = key * (_SHARES + 1) + share
    found, index = numbered(key.ravel())
    mixture = np.empty((len(counts), len(found)))
    for slot in reversed(range(len(counts))):
        found, mixture[slot] = np.divmod(found, _SHARES + 1)
    weight = (mixture / np.maximum(mixture.sum(axis=0), 1)).T
    tables = []
    for name in THEMES:
        colours = _linear(_colours(theme.config(name)["range"]["category"])[: len(counts)])
        table = np.column_stack([_encoded(weight @ colours), found * (255 / _FADES)])
        tables.append(np.rint(table))
    return _images(index.reshape(total.shape), tables)


def of_means(counts: Array, means: Array, low: float, high: float) -> tuple[str, ...]:
    """For each theme the image of a number's mean in each cell, between its extremes."""
    span = high - low
    at = (means - low) * ((_SHADES - 1) / span) if span > 0 else np.zeros_like(means)
    shade = np.clip(np.floor(at + 0.5 + 1e-9), 0, _SHADES - 1).astype(np.intp)
    fade = _fade(counts)
    index = np.where(counts > 0, 1 + (fade - 1) * _SHADES + shade, 0)
    tables = []
    for name in THEMES:
        ramp = _ramp(name, np.linspace(0.0, 1.0, _SHADES))
        table = [[0, 0, 0, 0]]
        for step in range(1, _FADES + 1):
            table += [[*colour, round(step * 255 / _FADES)] for colour in ramp.tolist()]
        tables.append(np.array(table))
    return _images(index, tables)


def _tone(counts: Array) -> Array:
    """Up to 1 for the most points, by the logarithm: the scale of the legend.

    It begins below one point, so that a cell of one is seen on any background.
    """
    most = int(counts.max(initial=1))
    return np.log(np.maximum(counts, 1) / _LEAST) / math.log(most / _LEAST)


def _fade(counts: Array) -> Array:
    """Steps of opacity, 0 for a cell without points."""
    toned = _FAINTEST + (1 - _FAINTEST) * _tone(counts)
    return np.where(counts > 0, np.maximum(np.rint(toned * _FADES), 1), 0).astype(np.int64)


def alone(counts: Array, limit: int) -> Array:
    """Which cells hold points with hardly any other around: at most `limit` cells.

    These would be lost as single pixels, and are drawn as marks.
    """
    for reach in range(_REACH, 0, -1):
        around = sums_around(counts, reach)
        found: Array = (counts > 0) & (around <= _FEW)
        if np.count_nonzero(found) <= limit:
            return found
    return np.zeros(counts.shape, bool)


def sums_around(counts: Array, reach: int) -> Array:
    """For each cell the sum of those up to `reach` away from it, along each axis."""
    made = np.pad(counts, reach)
    for axis in (0, 1):
        sums = np.cumsum(made, axis=axis)
        zero = np.zeros_like(np.take(sums, [0], axis=axis))
        sums = np.concatenate([zero, sums], axis=axis)
        length, width = sums.shape[axis], 2 * reach + 1
        upper = np.take(sums, range(width, length), axis=axis)
        made = upper - np.take(sums, range(length - width), axis=axis)
    return made


# --- colours ---------------------------------------------------------------------------------


def _colours(names: Sequence[str]) -> Array:
    return np.array([[int(name[at : at + 2], 16) for at in (1, 3, 5)] for name in names], float)


def _ramp(name: str, at: Array) -> Array:
    """Colours of a theme's ramp, at 0 to 1 along it."""
    stops = _colours(theme.config(name)["range"]["ramp"])
    place = np.linspace(0.0, 1.0, len(stops))
    return np.rint(np.column_stack([np.interp(at, place, stops[:, part]) for part in range(3)]))


def _opaque(colours: Array) -> Array:
    return np.column_stack([colours, np.full(len(colours), 255)])


def _linear(colours: Array) -> Array:
    """Colours as amounts of light, which add up as small dots beside each other do."""
    return (colours / 255) ** 2.2


def _encoded(light: Array) -> Array:
    return 255 * light ** (1 / 2.2)


# --- the file --------------------------------------------------------------------------------


def _images(index: Array, tables: Sequence[Array]) -> tuple[str, ...]:
    """For each table of RGBA colours a PNG, as an address that holds it."""
    rows = index[::-1]  # a PNG's first row is the top one
    colours = [table.astype(np.uint8) for table in tables]
    if len(colours[0]) > 256:
        return tuple(_file(index.shape, 6, [], _packed(table[rows])) for table in colours)
    pixels = _packed(rows.astype(np.uint8))
    made = []
    for table in colours:
        # The file lists the opacity of the first colours only, up to the last that has any.
        clear = int(np.max(np.flatnonzero(table[:, 3] < 255), initial=-1)) + 1
        parts = [(b"PLTE", table[:, :3].tobytes()), (b"tRNS", table[:clear, 3].tobytes())]
        made.append(_file(index.shape, 3, parts, pixels))
    return tuple(made)


def _packed(pixels: Array) -> bytes:
    """The compressed lines; each begins with a 0, which says that it is plain."""
    lines = np.zeros((len(pixels), pixels[0].size + 1), np.uint8)
    lines[:, 1:] = pixels.reshape(len(pixels), -1)
    return zlib.compress(lines.tobytes(), 6)


def _file(shape: tuple[int, ...], kind: int, parts: list[tuple[bytes, bytes]], held: bytes) -> str:
    height, width = shape
    head = struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)
    chunks = [(b"IHDR", head), *parts, (b"IDAT", held), (b"IEND", b"")]
    made = b"".join(
        struct.pack(">I", len(inner)) + name + inner + struct.pack(">I", zlib.crc32(name + inner))
        for name, inner in chunks
    )
    return "data:image/png;base64," + base64.b64encode(_SIGNATURE + made).decode("ascii")
