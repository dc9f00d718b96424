"""Scenes: what a page draws of a 3D object, as one flat binary that needs no parsing.

The layout, all numbers little-endian:

    bytes 0 to 3      uint32: n, how long the header is; 4 + n is a multiple of 4
    bytes 4 to 4 + n  the header: JSON in UTF-8, filled up with blanks
    the rest          the buffers

The header:

    {
      "version": 1,
      "up": "y" or "z",                      the axis that points up
      "bounds": [[x, y, z], [x, y, z]],      the lowest and the highest corner of all there is
      "origin": [x, y, z],                   what was taken off all positions (and bounds), so that
                                             float32 holds them well; add it to name a place
      "meshes": [{"positions": R, "normals": R, "indices": R, "colors"?: R}, ...],
      "points": {"positions": R, "colors"?: R},
      "lines": {"positions": R, "colors"?: R},
      "labels": [{"at": [x, y, z], "text": "car 0.91"}, ...]
    }

"meshes" and "labels" are lists that may be empty, "points" and "lines" stand only where there are
some. `R` is {"at": byte, "count": n}: where the numbers begin, counted from the first byte after
the header (a multiple of 4), and how many vertices (of "indices": how many indices) there are.

    positions   float32 x 3 a vertex
    normals     float32 x 3 a vertex, of length 1
    colors      uint8 x 4 a vertex: red, green, blue, alpha (255 is opaque)
    indices     uint32: three a triangle, counter-clockwise seen from outside

Vertices of "lines" go in pairs: each two are one straight line. Where "colors" is missing, the
page takes a colour of its own. So in JavaScript:

    const n = new DataView(buffer).getUint32(0, true);
    const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, n)));
    const p = header.points.positions;
    const positions = new Float32Array(buffer, 4 + n + p.at, 3 * p.count);

A scene has at most `TRIANGLES` triangles and `POINTS` points, about 8 MB: more are reduced, the
same way every time, and the object's note says from how many. The same scene is the same bytes.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from plotkit import notes
from plotkit.runs.media import shapes

Array = np.ndarray[Any, Any]

VERSION = 1
TRIANGLES = 200_000
POINTS = 300_000
LABELS = 200


class Mesh(NamedTuple):
    """Triangles: positions (n, 3), indices (m, 3), colours of vertices (n, 4) uint8 or None."""

    positions: Array
    indices: Array
    colors: Array | None = None


class Cloud(NamedTuple):
    """Points, or the ends of lines in pairs: positions (n, 3), colours (n, 4) uint8 or None."""

    positions: Array
    colors: Array | None = None


class Scene(NamedTuple):
    """What is to be drawn, in float64 and as large as it is."""

    meshes: Sequence[Mesh] = ()
    points: Cloud | None = None
    lines: Cloud | None = None
    labels: Sequence[tuple[Sequence[float], str]] = ()
    up: str = "y"


def packed(scene: Scene) -> tuple[bytes, list[str]]:
    """The binary of a scene, and notes on what was reduced."""
    said: list[str] = []
    meshes = []
    for mesh in _merged(scene.meshes):
        share = sum(len(other.indices) for other in scene.meshes)
        limit = max(1, TRIANGLES * len(mesh.indices) // share)
        small = shapes.fewer_triangles(mesh.positions, mesh.indices, mesh.colors, limit)
        if len(small[1]) < len(mesh.indices):
            said.append(notes.reduced_scene("triangles", len(mesh.indices), len(small[1])))
        meshes.append(shapes.shaded(*small))
    points = scene.points
    if points is not None and len(points.positions) > POINTS:
        kept = shapes.spread(points.positions, POINTS)
        said.append(notes.reduced_scene("points", len(points.positions), len(kept)))
        points = Cloud(
            points.positions[kept], None if points.colors is None else points.colors[kept]
        )
    return _Packing(scene, meshes, points).bytes(), said


def _merged(meshes: Sequence[Mesh]) -> list[Mesh]:
    """The same triangles in at most two meshes: one with colours and one without."""
    made = []
    for coloured in (True, False):
        group = [m for m in meshes if (m.colors is not None) == coloured and len(m.indices)]
        starts = np.cumsum([0, *(len(m.positions) for m in group)])
        if group:
            made.append(
                Mesh(
                    np.concatenate([m.positions for m in group]),
                    np.concatenate([m.indices + at for m, at in zip(group, starts, strict=False)]),
                    np.concatenate([m.colors for m in group if m.colors is not None])
                    if coloured
                    else None,
                )
            )
    return made


class _Packing:
    """A header and its buffers, while they are put together."""

    def __init__(self, scene: Scene, meshes: Sequence[shapes.Shaded], points: Cloud | None) -> None:
        self._buffers: list[bytes] = []
        self._at = 0
        parts = [mesh.positions for mesh in meshes]
        parts += [cloud.positions for cloud in (points, scene.lines) if cloud is not None]
        every = [part for part in parts if len(part)]
        low = np.min([part.min(axis=0) for part in every], axis=0) if every else np.zeros(3)
        high = np.max([part.max(axis=0) for part in every], axis=0) if every else np.zeros(3)
        self._origin = (low + high) / 2
        self._header: dict[str, Any] = {
            "version": VERSION,
            "up": scene.up,
            "bounds": [(low - self._origin).tolist(), (high - self._origin).tolist()],
            "origin": self._origin.tolist(),
            "meshes": [self._mesh(mesh) for mesh in meshes],
        }
        for name, cloud in (("points", points), ("lines", scene.lines)):
            if cloud is not None and len(cloud.positions):
                self._header[name] = self._cloud(cloud)
        self._header["labels"] = [
            {"at": (np.asarray(place, float) - self._origin).tolist(), "text": text}
            for place, text in scene.labels[:LABELS]
        ]

    def _put(self, values: Array, kind: str, count: int) -> dict[str, int]:
        content = np.ascontiguousarray(values, dtype=kind).tobytes()
        self._buffers.append(content)
        self._at += len(content)
        return {"at": self._at - len(content), "count": count}

    def _cloud(self, cloud: Cloud) -> dict[str, Any]:
        count = len(cloud.positions)
        made = {"positions": self._put(cloud.positions - self._origin, "<f4", count)}
        if cloud.colors is not None:
            made["colors"] = self._put(cloud.colors, "|u1", count)
        return made

    def _mesh(self, mesh: shapes.Shaded) -> dict[str, Any]:
        made = self._cloud(Cloud(mesh.positions, mesh.colors))
        made["normals"] = self._put(mesh.normals, "<f4", len(mesh.normals))
        made["indices"] = self._put(mesh.indices, "<u4", mesh.indices.size)
        return made

    def bytes(self) -> bytes:
        """All of it."""
        header = json.dumps(self._header, ensure_ascii=False).encode()
        header += b" " * (-len(header) % 4)
        return b"".join([struct.pack("<I", len(header)), header, *self._buffers])


def header(content: bytes) -> tuple[dict[str, Any], memoryview]:
    """The header of a packed scene, and the buffers behind it."""
    length = struct.unpack_from("<I", content)[0]
    return json.loads(content[4 : 4 + length]), memoryview(content)[4 + length :]
