"""Point clouds of arrays and W&B's dicts as scenes: colours, classes, boxes, arrows."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from plotkit import errors, notes
from plotkit.errors import shown
from plotkit.runs.media import reading, shapes
from plotkit.runs.media.scenes import Cloud, Scene

Array = np.ndarray[Any, Any]

_SHAPES = (
    "(points, 3): x y z; (points, 4): and a class, 1 to 14; or (points, 6): and red green blue"
)
TYPES = ("lidar/beta",)

# Told apart on light and on dark ground, also by people who see fewer colours; classes 1 to 14.
CLASS_COLORS = (
    "#3b82c4", "#e0823d", "#4aa564", "#c94f5b", "#8c6bb8", "#a0714f", "#d877b0",
    "#8a8f98", "#b5a832", "#3aa9b5", "#6f7fd6", "#d9a441", "#7fb069", "#b0528c",
)  # fmt: skip
_BOX_COLOR = (224, 130, 61, 255)


def of_array(value: Any) -> tuple[Scene, Array, list[str]]:
    """The scene of an array of points, the array, and what is to be said."""
    array = reading.numbers(value, "Object3D")
    points, said = _cloud(array)
    return Scene(points=points, up="z"), array, said


def of_dict(given: Mapping[str, Any]) -> tuple[Scene, dict[str, Any], list[str]]:
    """The scene of W&B's {"type": "lidar/beta", ...}, the same for JSON, and what is to be said."""
    if given.get("type") not in TYPES:
        raise errors.MediaError.from_object(
            "Object3D", f"a dict of type {shown(given.get('type'))}", "the type 'lidar/beta'"
        )
    points, array = None, np.zeros((0, 3))
    said: list[str] = []
    if given.get("points") is not None and len(given["points"]):
        array = reading.numbers(given["points"], "Object3D")
        points, said = _cloud(array)
    boxes = [_Box(box, at) for at, box in enumerate(_list(given.get("boxes")))]
    arrows = [_arrow(one, at) for at, one in enumerate(_list(given.get("vectors")))]
    lines = [box.lines() for box in boxes] + arrows
    scene = Scene(
        points=points,
        lines=None
        if not lines
        else Cloud(
            np.concatenate([line.positions for line in lines]),
            np.concatenate([line.colors for line in lines if line.colors is not None]),
        ),
        labels=[(box.top(), box.text) for box in boxes if box.text],
        up="z",
    )
    if scene.points is None and scene.lines is None:
        raise errors.MediaError.from_object("Object3D", "a dict without points or boxes", "some")
    stored = {"type": given["type"], "points": array.tolist()}
    stored |= {"boxes": [box.stored() for box in boxes]}
    ends = [{"start": a.positions[0].tolist(), "end": a.positions[1].tolist()} for a in arrows]
    return scene, stored | {"vectors": ends}, said


def _list(given: Any) -> list[Any]:
    return [] if given is None else list(given)


def _cloud(array: Array) -> tuple[Cloud, list[str]]:
    if array.ndim != 2 or array.shape[1] not in (3, 4, 6) or array.dtype.kind == "c":
        raise errors.MediaError.from_object("Object3D", f"an array of shape {array.shape}", _SHAPES)
    positions = array[:, :3].astype(np.float64)
    known = shapes.have_place(positions)
    left = len(known) - int(known.sum())
    said = [notes.points_without_place(left, len(known))] if left else []
    if not known.any():
        raise errors.MediaError.from_object("Object3D", "no point with a finite place", _SHAPES)
    colors = None
    if array.shape[1] == 4:
        colors = _class_colors(array[known, 3])
    if array.shape[1] == 6:
        colors = _opaque(array[known, 3:])
    return Cloud(positions[known], colors), said


def _class_colors(classes: Array) -> Array:
    odd = classes[np.isin(classes, np.arange(1, len(CLASS_COLORS) + 1), invert=True)]
    if len(odd):
        raise errors.MediaError.from_object(
            "Object3D", f"the class {odd[0]:g} of a point", f"classes 1 to {len(CLASS_COLORS)}"
        )
    table = np.array([[*bytes.fromhex(color[1:]), 255] for color in CLASS_COLORS], dtype=np.uint8)
    found: Array = table[classes.astype(np.int64) - 1]
    return found


def _opaque(colors: Array) -> Array:
    """Red, green, blue, 0 to 255 or all of them fractions of 1, as colours."""
    values = np.nan_to_num(colors.astype(np.float64))
    if colors.dtype.kind == "f" and len(values) and values.max() <= 1 and values.max() > 0:
        values = values * 255
    made = np.full((len(values), 4), 255, dtype=np.uint8)
    made[:, :3] = np.round(values.clip(0, 255))
    return made


# --- boxes and arrows ----------------------------------------------------------------------------


class _Box:
    """Eight corners, with a colour and a text."""

    def __init__(self, given: Any, at: int) -> None:
        where = f"box {at}"
        if not isinstance(given, Mapping) or "corners" not in given:
            raise errors.MediaError.from_object("Object3D", f"{where}: {shown(given)}", _BOX)
        self.corners = reading.numbers(given["corners"], "Object3D").astype(np.float64)
        if self.corners.shape != (8, 3) or not shapes.have_place(self.corners).all():
            found = f"{where} with corners of shape {self.corners.shape}"
            raise errors.MediaError.from_object("Object3D", found, _BOX)
        self._color = np.array([_BOX_COLOR], dtype=np.uint8)
        if given.get("color") is not None:
            color = reading.numbers(given["color"], "Object3D")
            if color.shape != (3,):
                found = f"{where} with the colour {shown(given['color'])}"
                raise errors.MediaError.from_object("Object3D", found, "red, green and blue")
            self._color = _opaque(color[None, :].astype(np.float64))
        self._label, self._score = given.get("label"), given.get("score")
        if self._score is not None:
            score = reading.array(np.asarray(self._score))
            if score is None or score.shape != () or score.dtype.kind not in "biuf":
                found = f"{where} with the score {shown(self._score)}"
                raise errors.MediaError.from_object("Object3D", found, "a number")
            self._score = float(score)
        words = [str(self._label)] if self._label else []
        self.text = " ".join([*words, *([f"{self._score:.3g}"] if self._score is not None else [])])

    def lines(self) -> Cloud:
        """Its twelve edges."""
        ends = self.corners[np.array(_edges(self.corners)).ravel()]
        return Cloud(ends, np.repeat(self._color, len(ends), axis=0))

    def top(self) -> Sequence[float]:
        """Where its text stands: above its middle."""
        middle, top = self.corners.mean(axis=0), self.corners[:, 2].max()
        return [*middle[:2].tolist(), float(top)]

    def stored(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "corners": self.corners.tolist(),
            "color": self._color[0, :3].tolist(),
            "label": None if self._label is None else str(self._label),
            "score": self._score,
        }


_BOX = "boxes as {'corners': eight of [x, y, z], 'label', 'color': [r, g, b], 'score'}"


def _edges(corners: Array) -> list[tuple[int, int]]:
    """Pairs of corners that are an edge, in whatever order people give the corners.

    Three corners are the neighbours of the first when sums of the ways to them lead to all eight.
    """
    ways = corners - corners[0]
    room = 1e-6 * float(np.abs(ways).max() or 1.0)
    steps = np.array(list(itertools.product((0, 1), repeat=3)))
    for three in itertools.combinations(range(1, 8), 3):
        sums = steps @ ways[list(three)]
        gaps = np.abs(sums[:, None, :] - ways[None, :, :]).max(axis=2)
        if (gaps.min(axis=1) <= room).all() and (gaps.min(axis=0) <= room).all():
            at = gaps.argmin(axis=1)
            return [(int(at[a]), int(at[b])) for a, b in _CUBE]
    return list(_CUBE)  # no box: taken in the order of W&B's box3d


# Of corners counted in binary, those that differ in one place.
_CUBE = [(a, a | bit) for a in range(8) for bit in (1, 2, 4) if not a & bit]


def _arrow(given: Any, at: int) -> Cloud:
    if not isinstance(given, Mapping) or not {"start", "end"} <= given.keys():
        raise errors.MediaError.from_object(
            "Object3D", f"vector {at}: {shown(given)}", "vectors as {'start': [x, y, z], 'end': …}"
        )
    ends = reading.numbers([list(given["start"]), list(given["end"])], "Object3D")
    if ends.shape != (2, 3):
        raise errors.MediaError.from_object(
            "Object3D", f"vector {at}: {shown(given)}", "three numbers at each end"
        )
    return Cloud(ends.astype(np.float64), np.array([_BOX_COLOR] * 2, dtype=np.uint8))
