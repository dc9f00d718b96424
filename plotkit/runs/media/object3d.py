"""3D objects: meshes from files, and point clouds."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np

from plotkit import errors
from plotkit.runs.media import clouds, meshes, reading, scenes
from plotkit.runs.media.base import File, InFile, caption_of, given

_CLOUD = ".pts.json"  # as W&B calls them


class Object3D(InFile):
    """A 3D object that reports show: turn it with the mouse, move it with Ctrl held.

    Args:
        data_or_path: one of
            - the path of an OBJ, glTF, GLB, STL or PLY file, or such a file opened (as text too);
              it needs trimesh, of the extra `media`. Files that a .gltf needs and that lie beside
              it are taken into it;
            - an array of points: (n, 3) for x y z, (n, 4) with a class from 1 to 14, (n, 6) with
              red green blue from 0 to 255;
            - W&B's dict {"type": "lidar/beta", "points": array, "boxes": [{"corners": eight of
              [x, y, z], "label", "color": [r, g, b], "score"}], "vectors": [{"start", "end"}]}.
        caption: a text below it.
        file_type: "obj", "gltf", "glb", "stl" or "ply", where no name says so.

    The file is kept as it is; beside it lies what a page draws (see `scenes`). There, no more
    than 200,000 triangles and 300,000 points are drawn, and `note` says from how many.

    Raises:
        MediaError: no such format, a damaged file, an array of another shape, no geometry.
        MissingExtraError: trimesh is needed and not installed.

    >>> import numpy as np
    >>> Object3D(np.zeros((5, 3)))
    Object3D(npy, 5 points)
    """

    kind = "object3d"

    caption: str | None
    note: str | None
    """What was done for the picture, in sentences; None where nothing was."""

    def __init__(
        self, data_or_path: Any, caption: object = None, file_type: str | None = None
    ) -> None:
        self.caption = caption_of(caption)
        source = reading.source(data_or_path, "Object3D")
        if source is not None:
            self._file, scene, said = _of_file(source, file_type)
        elif isinstance(data_or_path, Mapping):
            scene, stored, said = clouds.of_dict(data_or_path)
            self._file = File(json.dumps(stored).encode(), _CLOUD)
        else:
            scene, array, said = clouds.of_array(data_or_path)
            held = io.BytesIO()
            np.save(held, np.ascontiguousarray(array), allow_pickle=False)
            self._file = File(held.getvalue(), ".npy")
        packed, more = scenes.packed(scene)
        self._scene = File(packed, ".scene")
        self.note = " ".join([*said, *more]) or None

    @classmethod
    def from_file(cls, data_or_path: Any, file_type: str | None = None) -> Object3D:
        """From a path or an open file; `file_type` where no name says it."""
        return cls(data_or_path, file_type=file_type)

    @classmethod
    def from_numpy(cls, data: Any) -> Object3D:
        """From an array of points."""
        return cls(data)

    @classmethod
    def from_point_cloud(
        cls,
        points: Any,
        boxes: Sequence[Mapping[str, Any]] = (),
        vectors: Sequence[Mapping[str, Any]] | None = None,
        point_cloud_type: str = "lidar/beta",
    ) -> Object3D:
        """From points with boxes and arrows."""
        return cls({"type": point_cloud_type, "points": points, "boxes": boxes, "vectors": vectors})

    def scene(self) -> bytes:
        """What a page draws, in the layout of `plotkit.runs.media.scenes`."""
        return self._scene.read()

    def __repr__(self) -> str:
        header = scenes.header(self.scene())[0]
        counts = {
            "triangle": sum(mesh["indices"]["count"] for mesh in header["meshes"]) // 3,
            "point": header.get("points", {}).get("positions", {}).get("count", 0),
            "line": header.get("lines", {}).get("positions", {}).get("count", 0) // 2,
        }
        words = [f"{n:,} {what}{'' if n == 1 else 's'}" for what, n in counts.items() if n]
        return f"Object3D({', '.join([self.format, *words])})"

    def store(self, keep: Callable[[bytes, str], str]) -> dict[str, Any]:
        return {
            "_type": self.kind,
            "file": self._file.keep(keep),
            "scene": self._scene.keep(keep),
            **given(caption=self.caption, note=self.note),
        }

    @classmethod
    def load(cls, stored: Mapping[str, Any], folder: Path) -> Self:
        made = cls.__new__(cls)
        made._file = File.of_run(stored.get("file"), folder)
        made._scene = File.of_run(stored.get("scene"), folder)
        made.caption, made.note = stored.get("caption"), stored.get("note")
        return made


def _of_file(source: reading.Source, file_type: str | None) -> tuple[File, scenes.Scene, list[str]]:
    name = str(source.path or "these bytes")
    format = (file_type or source.suffix).lower().removeprefix(".")
    if name.lower().endswith(_CLOUD) or format == _CLOUD[1:]:
        return _of_cloud(source, name)
    if format == "npy":
        try:
            array = np.load(io.BytesIO(source.content), allow_pickle=False)
        except (ValueError, EOFError, OSError):
            raise errors.MediaError.from_content("Object3D", name, "NPY") from None
        scene, _, said = clouds.of_array(array)
        return File(source.content, ".npy"), scene, said
    if format not in meshes.FORMATS:
        hint = "" if format else "Say which it is: file_type='glb'."
        known = [*meshes.FORMATS, "pts.json", "npy"]
        raise errors.MediaError.from_format("Object3D", name, known, hint)
    said = []
    if format == "gltf":
        source, said = meshes.whole_gltf(source)
    scene, more = meshes.scene(source, format)
    return File(source.content, f".{format}"), scene, said + more


def _of_cloud(source: reading.Source, name: str) -> tuple[File, scenes.Scene, list[str]]:
    """W&B's own files of points: a list of them, or a dict."""
    try:
        held = json.loads(source.content)
    except (ValueError, RecursionError) as reason:
        raise errors.MediaError.from_file("Object3D", name, f"it is no JSON ({reason})") from reason
    if isinstance(held, dict):
        scene, _, said = clouds.of_dict(held)
    else:
        scene, _, said = clouds.of_array(held)
    return File(source.content, _CLOUD), scene, said
