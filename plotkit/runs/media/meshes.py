"""Files of 3D objects as scenes, read by trimesh."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np

from plotkit import errors, notes
from plotkit.runs.media import shapes
from plotkit.runs.media.reading import Source
from plotkit.runs.media.scenes import Cloud, Mesh, Scene

Array = np.ndarray[Any, Any]

FORMATS = ("obj", "gltf", "glb", "stl", "ply")
_UP = {"stl": "z", "ply": "z"}  # the others say y, or nothing and mean it


def scene(source: Source, format: str) -> tuple[Scene, list[str]]:
    """What a file holds: its triangles and points, where its own scene puts them; and notes.

    Lines of a glTF are left out, as trimesh does not say which of their ends belong together.

    Raises:
        MediaError: it is damaged, or holds nothing to draw.
        MissingExtraError: trimesh is not installed.
    """
    try:
        import trimesh
    except ImportError:
        raise errors.MissingExtraError.from_extra(
            "trimesh", f"a 3D object from {format}", "media"
        ) from None
    name = str(source.path or f"these bytes of {format}")
    resolver = None
    if source.path is not None and source.path.parent.is_dir():
        resolver = trimesh.resolvers.FilePathResolver(str(source.path.absolute()))
    try:
        found = trimesh.load_scene(
            io.BytesIO(source.content), file_type=format, resolver=resolver, process=False
        )
        parts = found.dump()
    except Exception as reason:  # each reader fails in its own way on what it cannot read
        why = f"trimesh cannot read it ({type(reason).__name__}: {reason})"
        raise errors.MediaError.from_file("Object3D", name, why) from reason
    made = Scene(
        [mesh for part in parts for mesh in _meshes(part)],
        _joined([cloud for part in parts for cloud in _points(part)]),
        up=_UP.get(format, "y"),
    )
    if not made.meshes and made.points is None:
        raise errors.MediaError.from_object(
            "Object3D", f"{name} without a triangle or a point", "a file that holds some"
        )
    lines = any(hasattr(part, "entities") for part in parts)
    return made, [notes.lines_left_out()] if lines else []


def _meshes(part: Any) -> Iterator[Mesh]:
    if not len(getattr(part, "faces", ())):
        return
    positions = np.asarray(part.vertices, dtype=np.float64)
    faces = np.asarray(part.faces, dtype=np.int64)
    known = shapes.have_place(positions)
    whole = known[faces].all(axis=1)
    visual = part.visual
    if visual.kind == "face":  # vertices of their own for each face
        faces = faces[whole]
        colors = np.repeat(np.asarray(visual.face_colors, dtype=np.uint8)[whole], 3, axis=0)
        yield Mesh(positions[faces.ravel()], np.arange(faces.size).reshape(-1, 3), colors)
        return
    colored = visual.to_color() if visual.kind == "texture" else visual
    plain = visual.kind is None or len(colored.vertex_colors) != len(positions)
    shades = None if plain else np.asarray(colored.vertex_colors, dtype=np.uint8)
    yield Mesh(np.where(known[:, None], positions, 0.0), faces[whole], shades)


def _points(part: Any) -> Iterator[Cloud]:
    """Of a cloud, which has vertices and nothing between them."""
    if type(part).__name__ != "PointCloud" or not len(part.vertices):
        return
    positions = np.asarray(part.vertices, dtype=np.float64)
    known = shapes.have_place(positions)
    colors = np.asarray(part.colors, dtype=np.uint8) if part.colors is not None else None
    plain = colors is None or len(colors) != len(positions)
    yield Cloud(positions[known], None if plain or colors is None else colors[known])


def _joined(clouds: list[Cloud]) -> Cloud | None:
    """All of them as one: with colours, where all have some."""
    if not clouds:
        return None
    colors = [cloud.colors for cloud in clouds if cloud.colors is not None]
    return Cloud(
        np.concatenate([cloud.positions for cloud in clouds]),
        np.concatenate(colors) if len(colors) == len(clouds) else None,
    )


# --- glTF with files beside it -------------------------------------------------------------------

_DATA = "data:application/octet-stream;base64,"


def whole_gltf(source: Source) -> tuple[Source, list[str]]:
    """A .gltf with the files it names put into it, so that it is whole where it is kept.

    Raises:
        MediaError: it is no glTF, or names a file that is not below its folder.
    """
    name = str(source.path or "these bytes of gltf")
    try:
        held = json.loads(source.content)
    except (ValueError, RecursionError) as reason:
        raise errors.MediaError.from_file("Object3D", name, f"it is no JSON ({reason})") from reason
    if not isinstance(held, dict) or "asset" not in held:
        raise errors.MediaError.from_content("Object3D", name, "glTF")
    taken: list[str] = []
    for part in [*held.get("buffers", []), *held.get("images", [])]:
        address = part.get("uri")
        if isinstance(address, str) and not address.startswith("data:"):
            content = _beside(source.path, unquote(address), name)
            part["uri"] = _DATA + base64.b64encode(content).decode("ascii")
            taken.append(address)
    if not taken:
        return source, []
    content = json.dumps(held, ensure_ascii=False, separators=(",", ":")).encode()
    return Source(content, source.path), [notes.embedded_files(taken)]


def _beside(path: Path | None, address: str, name: str) -> bytes:
    if path is None:
        why = f"it needs {errors.shown(address)} beside it: give its path"
        raise errors.MediaError.from_file("Object3D", name, why)
    folder = path.parent.resolve()
    file = (folder / address).resolve()
    if not file.is_relative_to(folder):
        why = f"it names {errors.shown(address)}, which is not in its folder"
        raise errors.MediaError.from_file("Object3D", name, why)
    try:
        return file.read_bytes()
    except OSError as reason:
        why = f"it needs {errors.shown(address)} beside it ({reason.strerror or reason})"
        raise errors.MediaError.from_file("Object3D", name, why) from reason
