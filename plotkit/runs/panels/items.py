"""From a stored object to what a page is told of it: plain JSON, checked, one function a kind.

Rows of a run may come from anybody. What has not the shape that is expected is left out, and
what is left is text and finite numbers.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import compress
from typing import Any

from plotkit.report import cells
from plotkit.runs.panels.carrying import is_media
from plotkit.text import clean, shorten

Item = dict[str, Any]

_LONG = 2000  # characters of a caption or a cell
_NAME = 80  # characters of a class or a group
_BOXES = 2000  # of one picture
_CLASSES = 1000
_BINS = 512
_ROWS = 1000  # of one table that a page carries
_COLUMNS = 100
_CELLS = 100_000  # of all tables of a panel
_FACTS = 40
_WHOLE = 7  # characters of a number that has lost no digit: six, and a point
_DEEP = 8  # lists in lists
_ID = re.compile(r"-?\d{1,9}")


def item(stored: object, rows: Callable[[Mapping[str, Any]], Rows | None]) -> Item:
    """What a page is told of one stored object.

    Args:
        stored: the stored form.
        rows: reads the first rows of a table.

    Returns:
        A dict with "kind", which names one of the page's own ways to show something; "file" and
        other keys as that kind has them.
    """
    if not isinstance(stored, Mapping):
        return {"kind": "other", "type": shorten(clean(str(stored)), _NAME)}
    kind = stored.get("_type")
    made = _table(stored, rows) if kind == "table" else _KINDS.get(str(kind), _other)(stored)
    for key in ("caption", "note"):
        if told := _captioned(stored.get(key)):
            made[key] = told
    return made


Rows = tuple[Sequence[str], Sequence[Sequence[object]], int]
"""Columns, rows, and how many rows there are."""


def files(made: Item) -> Iterator[str]:
    """The files that a page needs for an item."""
    if made.get("file"):
        yield made["file"]
    for mask in made.get("masks", ()):
        yield mask["file"]
    for row in made.get("rows", ()):
        for one in inside(row):
            yield from files(one)


def inside(row: Sequence[object]) -> Iterator[Item]:
    """The objects in the cells of a row."""
    for cell in row:
        for one in cell if isinstance(cell, list) else [cell]:
            if isinstance(one, dict):
                yield one


# --- kinds ---------------------------------------------------------------------------------------


def _image(stored: Mapping[str, Any]) -> Item:
    made = {**_filed("image", stored), **_size(stored)}
    masks = [
        {"name": _short(name), "file": mask["file"], "classes": _classes(mask.get("classes"))}
        for name, mask in _pairs(stored.get("masks"))
        if isinstance(mask, Mapping) and is_media(mask.get("file"))
    ]
    if masks:
        named = _classes(stored.get("classes"))
        made["masks"] = [{**mask, "classes": mask["classes"] or named} for mask in masks]
    groups = [
        {"name": _short(name), **_boxes(group, _classes(stored.get("classes")))}
        for name, group in _pairs(stored.get("boxes"))
        if isinstance(group, Mapping)
    ]
    if groups:
        made["boxes"] = groups
    return made


def _size(stored: Mapping[str, Any]) -> Item:
    width, height = stored.get("width", 0), stored.get("height", 0)
    if _is_number(width) and _is_number(height) and width >= 1 and height >= 1:
        return {"width": int(width), "height": int(height)}
    return {}


def _classes(given: object) -> dict[str, str]:
    return {
        str(int(label)): _short(name)
        for label, name in list(_pairs(given))[:_CLASSES]
        if _ID.fullmatch(str(label))
    }


def _boxes(group: Mapping[str, Any], named: dict[str, str]) -> Item:
    """Boxes with corners as shares of the picture, a class (such as "3", or a name), a score."""
    classes = _classes(group.get("classes")) or named
    made = []
    given = group.get("boxes")
    for box in given[:_BOXES] if isinstance(given, list) else ():
        if not isinstance(box, Mapping):
            continue
        corners: list[Any] = [box.get(key) for key in ("x0", "y0", "x1", "y1")]
        if not all(map(_is_number, corners)):
            continue
        made.append(
            {
                "at": [round(float(corner), 6) for corner in corners],
                "class": _class_of(box),
                "caption": _captioned(box.get("caption")),
                "score": _score_of(box),
            }
        )
    return {"classes": classes, "boxes": made}


def _class_of(box: Mapping[str, Any]) -> str:
    """Its class id, such as "3"; else the name of its class; else ""."""
    for key in ("class_id", "label"):
        if box.get(key) is not None:
            return _short(box[key])
    return ""


def _score_of(box: Mapping[str, Any]) -> float | None:
    found = [box.get("score"), *(score for _, score in _pairs(box.get("scores")))]
    return next((score for score in found if _is_number(score)), None)


def _captioned(given: object) -> str:
    return shorten(clean(given), _LONG) if isinstance(given, str) else ""


def _video(stored: Mapping[str, Any]) -> Item:
    made = {**_filed("video", stored), **_size(stored)}
    # A GIF is played as a picture, by itself.
    if str(made.get("file", "")).lower().endswith((".gif", ".webp")):
        return {**_image(stored), "moving": True}
    return made


def _audio(stored: Mapping[str, Any]) -> Item:
    return _filed("audio", stored)


def _scene(stored: Mapping[str, Any]) -> Item:
    made = _filed("scene", {"file": stored.get("scene") or stored.get("file")})
    given = stored.get("file")
    return {**made, "given": given} if is_media(given) else made


def _html(stored: Mapping[str, Any]) -> Item:
    return _filed("html", stored)


def _histogram(stored: Mapping[str, Any]) -> Item:
    counts, edges = stored.get("counts"), stored.get("edges")
    right = (
        isinstance(counts, list)
        and isinstance(edges, list)
        and 0 < len(counts) <= _BINS
        and len(edges) == len(counts) + 1
        and all(map(_is_number, [*counts, *edges]))
        and min(counts) >= 0
        and edges == sorted(edges)
        and math.isfinite(edges[-1] - edges[0])
    )
    if not right:
        return _other(stored)
    return {"kind": "histogram", "counts": counts, "edges": edges}


def _table(stored: Mapping[str, Any], rows: Callable[[Mapping[str, Any]], Rows | None]) -> Item:
    found = rows(stored)
    if found is None:
        return _other(stored)
    columns, lines, total = found
    held = list(zip(*lines, strict=True)) or [()] * len(columns)
    held = held[:_COLUMNS]
    numeric = [
        bool(one) and all(value is None or _is_plain_number(value) for value in one) for one in held
    ]
    shown = [
        _rounded(one) if is_number else [_shown(value, rows) for value in one]
        for one, is_number in zip(held, numeric, strict=True)
    ]
    return {
        "kind": "table",
        "columns": [_short(name) for name in columns[:_COLUMNS]],
        "rows": [list(row) for row in zip(*shown, strict=True)],
        "numeric": numeric,
        "exact": _exact(dict(compress(enumerate(held), numeric)), shown),
        "total": total,
    }


def _shown(
    value: object, rows: Callable[[Mapping[str, Any]], Rows | None]
) -> str | Item | list[Item]:
    """A cell: text, or an object that was logged in it."""
    if isinstance(value, Mapping):
        return item(value, rows)
    if isinstance(value, list) and value and all(isinstance(one, Mapping) for one in value):
        return [item(one, rows) for one in value]
    return _cell(value)


def rows_each(tables: int) -> int:
    """How many rows of each table a panel with this many tables carries."""
    return max(20, min(_ROWS, _CELLS // max(tables, 1) // 10))


def _facts(stored: Mapping[str, Any]) -> Item:
    """A tensor: what is known of it, as a small table."""
    known = [(key, value) for key, value in stored.items() if key not in ("_type", "file")]
    names, values = zip(*known[:_FACTS], strict=True) if known else ((), ())
    shown = [_rounded([v])[0] if _is_plain_number(v) else _cell(v) for v in values]
    made = {
        "kind": "table",
        "columns": [],
        "rows": [[_short(name), text] for name, text in zip(names, shown, strict=True)],
        "numeric": [False, True],
        "exact": _exact({1: values}, [[], shown]),
        "total": len(known),
    }
    if is_media(stored.get("file")):
        made["given"] = stored["file"]
    return made


def _other(stored: Mapping[str, Any]) -> Item:
    made: Item = {"kind": "other", "type": _short(stored.get("_type", ""))}
    if is_media(stored.get("file")):
        made["given"] = stored["file"]
    return made


_KINDS: dict[str, Callable[[Mapping[str, Any]], Item]] = {
    "image": _image,
    "video": _video,
    "audio": _audio,
    "object3d": _scene,
    "html": _html,
    "histogram": _histogram,
    "tensor": _facts,
}


# --- values --------------------------------------------------------------------------------------


def _filed(kind: str, stored: Mapping[str, Any]) -> Item:
    if not is_media(stored.get("file")):
        return _other(stored)
    return {"kind": kind, "file": stored["file"]}


def _pairs(given: object) -> Iterator[tuple[Any, Any]]:
    yield from given.items() if isinstance(given, Mapping) else ()


def _is_number(value: Any) -> bool:
    try:
        return _is_plain_number(value) and math.isfinite(value)
    except OverflowError:  # more than a float holds
        return False


def _is_plain_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _rounded(values: Sequence[Any]) -> list[str]:
    """The numbers of a column as a table shows them; that one is NaN is said."""
    texts = cells.numbers(values)
    pairs = zip(values, texts, strict=True)
    return ["NaN" if value is not None and value != value else text for value, text in pairs]


def _exact(
    columns: Mapping[int, Sequence[Any]], shown: Sequence[Sequence[Any]]
) -> dict[str, list[str]]:
    """The numbers of those columns that are not all shown with every digit, by their place."""
    found = {at: [_cell(value) for value in values] for at, values in columns.items()}
    return {
        str(at): texts
        for at, texts in found.items()
        if any(
            len(text) > _WHOLE and text != one for text, one in zip(texts, shown[at], strict=True)
        )
    }


def _short(name: object) -> str:
    return shorten(clean(str(name)), _NAME)


def _cell(value: object, deep: int = 0) -> str:
    """A value as it was logged, not rounded."""
    if value is None:
        return "–"
    if isinstance(value, (list, tuple)):
        if deep == _DEEP:
            return "…"
        return shorten(", ".join(_cell(one, deep + 1) for one in value[:_LONG]), _LONG)
    if isinstance(value, bool):
        return "true" if value else "false"
    if _is_plain_number(value):
        return repr(value).replace("-", "\N{MINUS SIGN}")
    return shorten(clean(str(value)), _LONG)
