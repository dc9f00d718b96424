"""A still picture of a 3D scene, seen as the page's viewer first shows it.

Triangles, points and lines become pixels; of those that fall together the nearest is drawn. That
needs no library and gives the same bytes every time.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from plotkit.runs.media import scenes

if TYPE_CHECKING:
    from PIL import Image

Array = np.ndarray[Any, Any]
Layer = tuple[Array, Array, Array]
"""Pixels, how far away each is, and its colour."""

_WIDTH, _HEIGHT, _FINER = 640, 480, 2  # px; each is made of 2 x 2
_ANGLE = math.radians(30)
_YAW, _PITCH = -0.62, 0.42
_GREY, _INK = (189, 196, 207, 255), (46, 130, 214, 255)
_GROUND = (245, 247, 248)
_LIGHTS = (((-0.45, 0.7, 0.75), 0.56), ((0.8, 0.1, 0.4), 0.16))


def drawn(content: bytes) -> Image.Image:
    """The picture of a scene.

    Args:
        content: a scene as `plotkit.runs.media.scenes` writes it.

    Raises:
        ValueError: it is none.
    """
    from PIL import Image

    try:
        header, body = scenes.header(content)
        with np.errstate(all="ignore"):
            layers = list(_layers(header, body, _Camera(header)))
    except (KeyError, TypeError, IndexError, struct.error) as error:
        raise ValueError("not a scene") from error
    size = (_HEIGHT * _FINER, _WIDTH * _FINER)
    depth = np.full(size[0] * size[1], np.inf)
    ground = np.asarray(_GROUND, np.uint8)
    shown = np.tile(ground, (size[0] * size[1], 1))
    for at, far, colours in layers:
        first = _nearest(at, far)
        first = first[far[first] <= depth[at[first]] * 1.0005]
        at, far, colours = at[first], far[first], colours[first]
        depth[at] = far
        alpha = colours[:, 3:] / 255.0
        shown[at] = np.rint(colours[:, :3] * alpha + ground * (1 - alpha)).astype(np.uint8)
    image = Image.fromarray(shown.reshape(*size, 3))
    return image.resize((_WIDTH, _HEIGHT), Image.Resampling.BOX)


def _part(body: memoryview, ref: Mapping[str, int], kind: str, each: int) -> Array:
    return np.frombuffer(body, kind, ref["count"] * each, ref["at"]).reshape(-1, each)


class _Camera:
    """Where every point of a scene falls in the picture."""

    def __init__(self, header: Mapping[str, Any]) -> None:
        low, high = np.asarray(header["bounds"], float)
        self._middle = (low + high) / 2
        half = (high - low) / 2
        self.radius = float(np.hypot.reduce(half)) or 1.0
        upright = [[1, 0, 0], [0, 0, 1], [0, -1, 0]] if header["up"] == "z" else np.eye(3)
        c, s, d, t = math.cos(_YAW), math.sin(_YAW), math.cos(_PITCH), math.sin(_PITCH)
        turn = np.asarray([[c, 0, s], [s * t, d, -c * t], [-s * d, t, c * d]])
        self.turn = turn @ np.asarray(upright, float)
        corners = np.asarray([[i, j, k] for i in (-1, 1) for j in (-1, 1) for k in (-1, 1)]) * half
        x, y, z = self.turn @ corners.T / self.radius
        tan = math.tan(_ANGLE / 2)
        reach = np.concatenate([z + abs(y) / tan, z + abs(x) / tan * _HEIGHT / _WIDTH])
        self._distance = max(float(reach.max()), 0.2) * 1.06
        self.scale = _HEIGHT * _FINER / 2 / tan

    def place(self, positions: Array) -> tuple[Array, Array, Array]:
        """How far right and down in px, and how far away."""
        x, y, z = self.turn @ (positions - self._middle).T / self.radius
        far = self._distance - z
        return (
            x / far * self.scale + _WIDTH * _FINER / 2,
            _HEIGHT * _FINER / 2 - y / far * self.scale,
            far,
        )


def _layers(header: Mapping[str, Any], body: memoryview, camera: _Camera) -> Iterator[Layer]:
    yield from _covered(header["meshes"], body, camera)
    if points := header.get("points"):
        positions = _part(body, points["positions"], "<f4", 3)
        x, y, far = camera.place(positions)
        wide = min(max(2.2 / math.sqrt(len(positions)), 0.006), 0.05) * camera.scale
        px = int(min(max(np.median(wide / far), 2), 14)) if len(far) else 2
        yield _pixels(x, y, far, _colours(points, body, len(positions), _INK), px)
    if lines := header.get("lines"):
        positions = _part(body, lines["positions"], "<f4", 3)
        colours = _colours(lines, body, len(positions), _INK)
        steps = np.linspace(0, 1, 1200)[:, None, None]
        ends = positions[::2], positions[1::2]
        along = (ends[0] * (1 - steps) + ends[1] * steps).reshape(-1, 3)
        x, y, far = camera.place(along)
        yield _pixels(x, y, far, np.tile(colours[::2], (len(steps), 1)), 3)


def _covered(meshes: list[Mapping[str, Any]], body: memoryview, camera: _Camera) -> Iterator[Layer]:
    """The pixels of triangles, the nearest of those that fall together."""
    for mesh in meshes:
        positions = _part(body, mesh["positions"], "<f4", 3)
        normals = _part(body, mesh["normals"], "<f4", 3) @ camera.turn.T
        colours = _colours(mesh, body, len(positions), _GREY)
        corners = _part(body, mesh["indices"], "<u4", 1).reshape(-1, 3)
        if not len(corners):
            continue
        x, y, far = camera.place(positions)
        corners = corners[(far[corners] > 0).all(axis=1)]
        which, at, shares = _filled(x[corners], y[corners])
        chosen = corners[which]
        depth = 1 / (shares / far[chosen]).sum(axis=1)
        first = _nearest(at, depth)
        chosen, shares = chosen[first], shares[first, :, None]
        facing, plain = ((part[chosen] * shares).sum(axis=1) for part in (normals, colours))
        # A side that is seen from behind is lit as if it were the front, as in the page.
        facing *= np.where(_is_turned(x[chosen], y[chosen]), -1, 1)[:, None]
        shades = _lit(facing, plain)
        yield at[first], depth[first], shades


def _is_turned(x: Array, y: Array) -> Array:
    """Whether the corners of triangles go round clockwise in the picture."""
    (x0, x1, x2), (y0, y1, y2) = x.T, y.T
    turned: Array = (x1 - x0) * (y2 - y0) > (x2 - x0) * (y1 - y0)
    return turned


def _filled(x: Array, y: Array) -> tuple[Array, Array, Array]:
    """The pixels whose middles lie in triangles, line by line.

    Args:
        x: of the three corners of each triangle, in px.
        y: likewise.

    Returns:
        Positions of triangles, the pixels, and the shares that the corners have in them.
    """
    width, height = _WIDTH * _FINER, _HEIGHT * _FINER
    low, high = _middles(y.min(axis=1), y.max(axis=1), height)
    which, line = _expanded(low, high)
    middle = line + 0.5
    ends = []
    for a, b in ((0, 1), (1, 2), (2, 0)):
        ya, yb = y[which, a], y[which, b]
        crossed = (ya <= middle) != (yb <= middle)
        along = x[which, a] + (middle - ya) / (yb - ya) * (x[which, b] - x[which, a])
        ends.append(np.where(crossed, along, np.nan))
    left, right = np.fmin.reduce(ends), np.fmax.reduce(ends)
    span, column = _expanded(*_middles(left, right, width))
    which, line = which[span], line[span]
    (x0, x1, x2), (y0, y1, y2) = x[which].T, y[which].T
    dx, dy = column + 0.5 - x2, line + 0.5 - y2
    whole = (y1 - y2) * (x0 - x2) + (x2 - x1) * (y0 - y2)
    first = ((y1 - y2) * dx + (x2 - x1) * dy) / whole
    second = ((y2 - y0) * dx + (x0 - x2) * dy) / whole
    return which, line * width + column, np.stack([first, second, 1 - first - second], axis=1)


def _middles(low: Array, high: Array, most: int) -> tuple[Array, Array]:
    """The pixels whose middles lie between two places: the first, and the one after the last."""
    first = np.nan_to_num(np.ceil(np.clip(low, 0, most) - 0.5)).astype(int)
    last = np.nan_to_num(np.ceil(np.clip(high, 0, most) - 0.5)).astype(int)
    return first, last


def _expanded(first: Array, last: Array) -> tuple[Array, Array]:
    """All whole numbers of many ranges, and which range each is of."""
    counts = np.maximum(last - first, 0)
    which = np.repeat(np.arange(len(counts)), counts)
    start = np.repeat(np.cumsum(counts) - counts, counts)
    return which, first[which] + np.arange(len(which)) - start


def _nearest(at: Array, far: Array) -> Array:
    """Of all that fall on the same pixel, the position of the nearest."""
    order = np.argsort(-far, kind="stable")
    winner = np.full(_WIDTH * _FINER * _HEIGHT * _FINER, -1)
    winner[at[order]] = order  # the last one written wins
    return winner[winner >= 0]


def _colours(part: Mapping[str, Any], body: memoryview, count: int, own: tuple[int, ...]) -> Array:
    if "colors" in part:
        return _part(body, part["colors"], "u1", 4).astype(float)
    return np.tile(np.asarray(own, float), (count, 1))


def _lit(normals: Array, colours: Array) -> Array:
    """Colours in the light of the page's viewer."""
    facing = normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
    light = 0.34 + 0.1 * facing[:, 1]
    for way, share in _LIGHTS:
        light += share * np.maximum(facing @ (np.asarray(way) / math.hypot(*way)), 0)
    return np.concatenate([np.minimum(colours[:, :3] * light[:, None], 255), colours[:, 3:]], 1)


def _pixels(x: Array, y: Array, far: Array, colours: Array, wide: int) -> Layer:
    """Squares of `wide` px around points, those outside of the picture left out."""
    width, height = _WIDTH * _FINER, _HEIGHT * _FINER
    columns, rows = np.floor(x).astype(int), np.floor(y).astype(int)
    made = []
    for i in range(-(wide // 2), wide - wide // 2):
        for j in range(-(wide // 2), wide - wide // 2):
            if wide > 3 and (i + 0.5) ** 2 + (j + 0.5) ** 2 > (wide / 2) ** 2:
                continue  # round
            at_x, at_y = columns + i, rows + j
            inside = (at_x >= 0) & (at_x < width) & (at_y >= 0) & (at_y < height) & (far > 0)
            made.append(((at_y * width + at_x)[inside], far[inside], colours[inside]))
    at, depth, shades = zip(*made, strict=True)
    return np.concatenate(at), np.concatenate(depth), np.concatenate(shades)
