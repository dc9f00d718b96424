"""Geometry for pictures of it: normals with sharp edges, fewer triangles, fewer points."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]

_CREASE = np.cos(np.radians(40.0))  # of faces that turn further from each other, the edge is sharp
_AROUND = 64  # faces at one place that are looked at
_PIECE = 100_000  # corners at once
_FAR = 1e18
_FINEST = 1024  # cells along the longest side


def have_place(positions: Array) -> Array:
    """Which positions (n, 3) can be drawn: those that float32 holds, with their squares."""
    return np.asarray((np.abs(positions) < _FAR).all(axis=1))


class Shaded(NamedTuple):
    """Vertices as they are drawn: each with its own normal, and where given its colour."""

    positions: Array
    normals: Array
    indices: Array
    colors: Array | None


def shaded(positions: Array, indices: Array, colors: Array | None) -> Shaded:
    """Triangles with normals: round where faces meet at a small angle, sharp elsewhere.

    Vertices at the same place count as one, whatever the file says: an STL has three of its own
    for each face.
    """
    corners = indices.ravel()
    placed = positions[corners]
    _, first, place = np.unique(
        placed.astype(np.float32).view(np.dtype((np.void, 12))).ravel(),
        return_index=True,
        return_inverse=True,
    )
    place = place.ravel()
    edges = placed.reshape(-1, 3, 3)
    faces = np.cross(edges[:, 1] - edges[:, 0], edges[:, 2] - edges[:, 0])
    normals = _round(_unit(faces), _angles(edges).ravel(), place, len(first))
    # Corners that agree in all that is drawn are one vertex.
    turned = (np.round(normals * 127) + 128).astype(np.int64)
    looks = (turned[:, 0] << 16) | (turned[:, 1] << 8) | turned[:, 2]
    if colors is not None:
        tint = np.ascontiguousarray(colors[corners]).view("<u4").ravel().astype(np.int64)
        looks = (looks << 32) | tint
    order = np.lexsort((looks, place))
    starts = np.ones(len(order), dtype=bool)
    starts[1:] = (np.diff(place[order]) != 0) | (np.diff(looks[order]) != 0)
    vertex = np.empty(len(order), dtype=np.int64)
    vertex[order] = np.cumsum(starts) - 1
    kept = order[starts]
    return Shaded(
        placed[kept],
        normals[kept],
        vertex.reshape(-1, 3),
        None if colors is None else colors[corners[kept]],
    )


def _angles(edges: Array) -> Array:
    """The angle at each corner of each triangle."""
    ways = _unit((np.roll(edges, -1, axis=1) - edges).reshape(-1, 3)).reshape(-1, 3, 3)
    cosines = -(ways * np.roll(ways, 1, axis=1)).sum(axis=2)
    return np.asarray(np.arccos(cosines.clip(-1, 1)))


def _round(flat: Array, angles: Array, place: Array, places: int) -> Array:
    """The normal at each corner: the mean of those faces there that turn little from its own.

    Faces count by their angle at the corner, so that it does not matter how a flat side is cut
    into triangles.
    """
    order = np.argsort(place, kind="stable")
    sizes = np.bincount(place, minlength=places)
    starts = np.cumsum(sizes) - sizes
    made = np.empty((len(place), 3))
    for begin in range(0, len(order), _PIECE):
        corners = order[begin : begin + _PIECE]
        around = np.minimum(sizes[place[corners]], _AROUND)  # of a fan, these say enough
        own = np.repeat(np.arange(len(corners)), around)
        step = np.arange(len(own)) - np.repeat(np.cumsum(around) - around, around)
        other = order[starts[place[corners[own]]] + step]
        near = (flat[corners[own] // 3] * flat[other // 3]).sum(axis=1) >= _CREASE
        weight = np.where(near, angles[other], 0.0)
        for axis in range(3):
            made[corners, axis] = np.bincount(own, weight * flat[other // 3, axis], len(corners))
    lengths = np.linalg.norm(made, axis=1, keepdims=True)
    return np.where(lengths > 1e-9, made / np.maximum(lengths, 1e-9), np.repeat(flat, 3, axis=0))


def _unit(vectors: Array) -> Array:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    up = np.array([0.0, 0.0, 1.0])  # of faces without an area
    return np.where(lengths > 0, vectors / np.where(lengths > 0, lengths, 1.0), up)


# --- fewer ---------------------------------------------------------------------------------------


def fewer_triangles(
    positions: Array, indices: Array, colors: Array | None, limit: int
) -> tuple[Array, Array, Array | None]:
    """At most `limit` triangles: vertices in one cell of a grid become one, at their mean.

    The grid is the finest that reaches the limit.
    """
    if len(indices) <= limit:
        return positions, indices, colors
    low, high = 1, _FINEST
    while low < high:
        middle = (low + high + 1) // 2
        if len(_clustered(positions, indices, middle)[0]) <= limit:
            low = middle
        else:
            high = middle - 1
    faces, vertex, count = _clustered(positions, indices, low)
    faces = faces[:limit]
    held = np.bincount(vertex, minlength=count)
    return (
        _means(positions, vertex, held),
        faces,
        None if colors is None else np.round(_means(colors, vertex, held)).astype(np.uint8),
    )


def _means(values: Array, group: Array, held: Array) -> Array:
    columns = [np.bincount(group, column, len(held)) / held for column in values.T]
    return np.stack(columns, axis=1)


def _clustered(positions: Array, indices: Array, cells: int) -> tuple[Array, Array, int]:
    """Triangles between the cells of a grid, the cell of each vertex, and how many cells."""
    at = _places(positions, cells)
    keys = (at[:, 0] * cells + at[:, 1]) * cells + at[:, 2]
    found, vertex = np.unique(keys, return_inverse=True)
    vertex = vertex.ravel()
    faces = vertex[indices]
    a, b, c = faces.T
    faces = faces[(a != b) & (b != c) & (a != c)]
    _, kept = np.unique(np.sort(faces, axis=1), axis=0, return_index=True)
    return faces[np.sort(kept)], vertex, len(found)


def _places(positions: Array, cells: int) -> Array:
    """The cell of each position, along each axis, of cubes `cells` of which fill the longest."""
    low = positions.min(axis=0)
    side = float((positions.max(axis=0) - low).max()) or 1.0
    at = np.minimum((positions - low) * (cells / side), cells - 1)
    return np.asarray(at, dtype=np.int64)


def spread(positions: Array, limit: int) -> Array:
    """Rows of at most `limit` points, evenly taken along a curve that fills space (Z-order).

    Dense places stay denser than others, and the outermost points along each axis are kept.
    """
    at = _places(positions, 1 << 21).astype(np.uint64)
    keys = (
        _spaced(at[:, 0])
        | (_spaced(at[:, 1]) << np.uint64(1))
        | (_spaced(at[:, 2]) << np.uint64(2))
    )
    order = np.argsort(keys, kind="stable")
    outermost = np.concatenate([positions.argmin(axis=0), positions.argmax(axis=0)])
    taken = np.linspace(0, len(order) - 1, limit - len(outermost)).round().astype(np.int64)
    rows: Array = np.unique(np.concatenate([order[taken], outermost]))
    return rows


def _spaced(values: Array) -> Array:
    """21 bits with two empty ones between each."""
    for shift, mask in (
        (32, 0x1F00000000FFFF),
        (16, 0x1F0000FF0000FF),
        (8, 0x100F00F00F00F00F),
        (4, 0x10C30C30C30C30C3),
        (2, 0x1249249249249249),
    ):
        values = (values | (values << np.uint64(shift))) & np.uint64(mask)
    return values
