"""What lies over an image: masks (a class for each pixel) and boxes, with labels and scores."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from plotkit import errors, notes
from plotkit.errors import shown
from plotkit.runs.media import reading
from plotkit.runs.media.base import File, given

Array = np.ndarray[Any, Any]
Labels = dict[int, str]
Keep = Callable[[bytes, str], str]

_CORNERS = ("minX", "minY", "maxX", "maxY")
_POSITION = "{'minX', 'minY', 'maxX', 'maxY'} or {'middle': [x, y], 'width', 'height'}"
_FAR = 2.0  # fractions beyond this are pixels that were not said to be


class Mask(NamedTuple):
    """A class id for each pixel of an image, as a PNG of 8 or 16 bits, and the names of classes."""

    file: File
    classes: Labels

    def array(self) -> Array:
        """The ids, (height, width)."""
        from PIL import Image

        return np.asarray(Image.open(io.BytesIO(self.file.read())))

    def store(self, keep: Keep) -> dict[str, Any]:
        """Its part of an image's stored form."""
        return {"file": self.file.keep(keep), **given(classes=stored_labels(self.classes))}

    @classmethod
    def load(cls, stored: Mapping[str, Any], folder: Path) -> Mask:
        """From its part of an image's stored form."""
        return cls(
            File.of_run(stored.get("file"), folder), loaded_labels(stored.get("classes") or {})
        )


class Boxes(NamedTuple):
    """Boxes on an image, and the names of classes.

    A box is {"x0", "y0", "x1", "y1"}, fractions of the picture from its upper left corner, and
    where given "class_id", "label" (the name of its class), "caption", "score" and "scores".
    """

    boxes: list[dict[str, Any]]
    classes: Labels

    def store(self) -> dict[str, Any]:
        """Its part of an image's stored form."""
        return {"boxes": self.boxes, **given(classes=stored_labels(self.classes))}

    @classmethod
    def load(cls, stored: Mapping[str, Any]) -> Boxes:
        """From its part of an image's stored form."""
        return cls(list(stored["boxes"]), loaded_labels(stored.get("classes") or {}))


# --- names of classes ----------------------------------------------------------------------------


def labels(given: object, where: str) -> Labels:
    """Class ids and their names: {1: "car"}, or [{"id": 1, "name": "car"}]."""
    if given is None:
        return {}
    given = getattr(given, "_class_set", given)  # wandb.Classes
    pairs: Any = None
    if isinstance(given, Mapping):
        pairs = given.items()
    elif isinstance(given, Sequence) and all(
        isinstance(one, Mapping) and {"id", "name"} <= one.keys() for one in given
    ):
        pairs = [(one["id"], one["name"]) for one in given]
    if pairs is None:
        expected = 'names by class id, {1: "car"} or [{"id": 1, "name": "car"}]'
        raise errors.MediaError.from_overlay(where, shown(given), expected)
    return {_id(id, where): str(name) for id, name in pairs}


def stored_labels(known: Labels) -> dict[str, str]:
    """The same for JSON, whose keys are text."""
    return {str(id): name for id, name in known.items()}


def loaded_labels(stored: Mapping[str, str]) -> Labels:
    """Back from JSON."""
    return {int(id): name for id, name in stored.items()}


def _id(value: Any, where: str) -> int:
    number = value.item() if hasattr(value, "item") else value
    if isinstance(number, float) and number.is_integer():
        number = int(number)
    if not isinstance(number, int) or isinstance(number, bool):
        raise errors.MediaError.from_overlay(where, f"the class id {shown(value)}", "whole numbers")
    return number


# --- masks ---------------------------------------------------------------------------------------


def masks(
    given: object, size: tuple[int, int], classes: Labels
) -> tuple[dict[str, Mask], list[str]]:
    """The masks of an image of that (width, height), and what is to be said of them."""
    made: dict[str, Mask] = {}
    said: list[str] = []
    for name, one in _named(given, "masks"):
        where = f"masks[{name!r}]"
        ids = _mask_ids(one, where)
        if ids.shape != (size[1], size[0]):
            found = f"{ids.shape[1] if ids.ndim > 1 else ids.shape} x {ids.shape[0]} pixels"
            expected = f"the size of the picture, {size[0]} x {size[1]}"
            raise errors.MediaError.from_overlay(where, found, expected)
        named = labels(one.get("class_labels"), where) or classes
        unnamed = sorted(set(np.unique(ids).tolist()) - {0, *named}) if named else []
        if unnamed:
            said.append(notes.unlabelled_classes(where, unnamed))
        made[name] = Mask(File(_mask_png(ids), ".png"), named)
    return made, said


def _named(given: object, what: str) -> list[tuple[str, Mapping[str, Any]]]:
    if given is None:
        return []
    if not isinstance(given, Mapping):
        raise errors.MediaError.from_overlay(what, shown(given), 'a dict such as {"truth": {…}}')
    for name, one in given.items():
        if not isinstance(one, Mapping):
            raise errors.MediaError.from_overlay(f"{what}[{name!r}]", shown(one), "a dict")
    return [(str(name), one) for name, one in given.items()]


def _mask_ids(one: Mapping[str, Any], where: str) -> Array:
    """The class ids of a mask, (height, width)."""
    if ("mask_data" in one) == ("path" in one):
        found = f"the keys {errors.listed(one)}"
        raise errors.MediaError.from_overlay(where, found, "either 'mask_data' or 'path'")
    ids = _ids_of_file(one["path"], where) if "path" in one else None
    if ids is None:
        ids = reading.numbers(one["mask_data"], f"Image, {where}")
    while ids.ndim > 2 and 1 in (ids.shape[0], ids.shape[-1]):
        ids = ids[0] if ids.shape[0] == 1 else ids[..., 0]
    if ids.ndim != 2 or not ids.size:
        found = f"an array of shape {ids.shape}"
        raise errors.MediaError.from_overlay(where, found, "(height, width)")
    low, high = ids.min(), ids.max()
    whole = ids.dtype.kind in "biu" or (ids.dtype.kind == "f" and bool((ids == ids.round()).all()))
    if not whole or not (low >= 0 and high <= 65_535):
        found = f"values from {low} to {high}"
        raise errors.MediaError.from_overlay(where, found, "class ids: whole numbers, 0 to 65535")
    return ids


def _ids_of_file(path: Any, where: str) -> Array:
    """The grey levels, or the places in the palette, of a picture."""
    from PIL import Image, UnidentifiedImageError

    source = reading.source(path, f"Image, {where}")
    if source is None:
        raise errors.MediaError.from_overlay(where, f"path {shown(path)}", "the path of a PNG")
    try:
        found = np.asarray(Image.open(io.BytesIO(source.content)))
    except (UnidentifiedImageError, OSError) as reason:
        raise errors.MediaError.from_overlay(where, shown(path), "a picture") from reason
    if found.ndim == 3 and all((found[..., 0] == found[..., at]).all() for at in (1, 2)):
        return np.asarray(found[..., 0])  # grey, written as RGB
    return found


def _mask_png(ids: Array) -> bytes:
    from PIL import Image

    held = io.BytesIO()
    kind = np.uint8 if ids.max() <= 255 else np.uint16
    Image.fromarray(np.ascontiguousarray(ids.astype(kind))).save(held, "PNG")
    return held.getvalue()


# --- boxes ---------------------------------------------------------------------------------------


def boxes(
    given: object, size: tuple[int, int], classes: Labels
) -> tuple[dict[str, Boxes], list[str]]:
    """The boxes on an image of that (width, height), and what is to be said of them."""
    made: dict[str, Boxes] = {}
    said: list[str] = []
    for name, one in _named(given, "boxes"):
        where = f"boxes[{name!r}]"
        data = one.get("box_data")
        if isinstance(data, (str, bytes, Mapping)) or not isinstance(data, Sequence):
            raise errors.MediaError.from_overlay(
                where, f"'box_data' {shown(data)}", "a list of boxes, each a dict"
            )
        named = labels(one.get("class_labels"), where) or classes
        found = [
            _box(box, f"{where}['box_data'][{at}]", size, named) for at, box in enumerate(data)
        ]
        kept = [box for box, _ in found if box is not None]
        clipped, outside = sum(was for _, was in found), len(found) - len(kept)
        if clipped or outside:
            said.append(notes.boxes_clipped(where, clipped, outside, len(found)))
        made[name] = Boxes(kept, named)
    return made, said


def _box(
    box: Any, where: str, size: tuple[int, int], named: Labels
) -> tuple[dict[str, Any] | None, bool]:
    """A box as it is stored, None where it lies outside, and whether a part of it did."""
    if not isinstance(box, Mapping):
        raise errors.MediaError.from_overlay(
            where, shown(box), f"a dict with 'position': {_POSITION}"
        )
    x0, y0, x1, y1 = corners = _corners(box, where, size)
    cut = [min(max(value, 0.0), 1.0) for value in corners]
    inside = x1 >= 0 and y1 >= 0 and x0 <= 1 and y0 <= 1
    # An edge that rounding put beyond the picture is at its edge.
    moved = any(abs(a - b) > 1e-6 for a, b in zip(cut, corners, strict=True))
    made = dict(zip(("x0", "y0", "x1", "y1"), cut, strict=True)) | _said_of(box, where, named)
    return (made, moved) if inside else (None, False)


def _corners(box: Mapping[str, Any], where: str, size: tuple[int, int]) -> list[float]:
    """Left, top, right, bottom as fractions of the picture."""
    position = box.get("position")
    if isinstance(position, Mapping) and position.keys() >= set(_CORNERS):
        found = [_number(position[name], f"{where}, {name}") for name in _CORNERS]
    elif isinstance(position, Mapping) and position.keys() >= {"middle", "width", "height"}:
        given = position["middle"]
        try:
            middle = [_number(value, f"{where}, middle") for value in given]
        except TypeError:  # no list
            middle = []
        if len(middle) != 2:
            raise errors.MediaError.from_overlay(where, f"middle {shown(given)}", "[x, y]")
        half = [_number(position[name], f"{where}, {name}") / 2 for name in ("width", "height")]
        found = [middle[0] - half[0], middle[1] - half[1], middle[0] + half[0], middle[1] + half[1]]
    else:
        raise errors.MediaError.from_overlay(where, f"the position {shown(position)}", _POSITION)
    if found[0] > found[2] or found[1] > found[3]:
        expected = "its lowest x and y no larger than its highest"
        raise errors.MediaError.from_overlay(where, f"the position {shown(position)}", expected)
    domain = box.get("domain")
    if domain not in (None, "pixel"):
        raise errors.MediaError.from_overlay(where, f"domain {shown(domain)}", "'pixel' or none")
    if domain == "pixel":
        return [value / size[at % 2] for at, value in enumerate(found)]
    if max(map(abs, found)) > _FAR:
        expected = "fractions of the picture, 0 to 1; for pixels give 'domain': 'pixel'"
        raise errors.MediaError.from_overlay(where, f"the position {shown(position)}", expected)
    return found


def _number(value: Any, where: str) -> float:
    number = value.item() if hasattr(value, "item") else value
    if (
        isinstance(number, bool)
        or not isinstance(number, (int, float))
        or not math.isfinite(number)
    ):
        raise errors.MediaError.from_overlay(where, shown(value), "a finite number")
    return float(number)


def _said_of(box: Mapping[str, Any], where: str, named: Labels) -> dict[str, Any]:
    """Class, caption and scores of a box."""
    scores = box.get("scores")
    if scores is not None and not isinstance(scores, Mapping):
        raise errors.MediaError.from_overlay(
            where, f"scores {shown(scores)}", 'a dict {"acc": 0.9}'
        )
    id = None if box.get("class_id") is None else _id(box["class_id"], where)
    if id is not None and named and id not in named:
        known = ", ".join(f"{key} ({name})" for key, name in list(named.items())[:12])
        raise errors.MediaError.from_overlay(where, f"the class id {id}", f"one of {known}")
    return {
        **({} if id is None else {"class_id": id, "label": named.get(id, f"class {id}")}),
        **given(caption=None if box.get("box_caption") is None else str(box["box_caption"])),
        **({"score": _number(box["score"], f"{where}, score")} if "score" in box else {}),
        **given(scores={str(k): _number(v, f"{where}, {k}") for k, v in (scores or {}).items()}),
    }
