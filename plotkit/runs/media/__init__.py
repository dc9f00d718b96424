"""What can be logged besides numbers and text: one file a kind, all with the shape of `Media`.

A kind is one class here and one row in `KINDS`; what is logged without being one of these (a
frame, a Pillow image, a figure) has a row in `_WRAPPED`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from plotkit import errors
from plotkit.runs.media.base import Media

_HERE = "plotkit.runs.media."

# The "_type" of a stored value -> the module and class that reads it.
KINDS: dict[str, tuple[str, str]] = {
    "histogram": (_HERE + "histogram", "Histogram"),
    "image": (_HERE + "image", "Image"),
    "video": (_HERE + "video", "Video"),
    "audio": (_HERE + "audio", "Audio"),
    "object3d": (_HERE + "object3d", "Object3D"),
    "html": (_HERE + "hypertext", "Html"),
    "table": (_HERE + "table", "LoggedTable"),
    "tensor": (_HERE + "tensor", "Tensor"),
    "chart": (_HERE + "charts", "LoggedChart"),
}

# The package and the name of a class -> the module and class that takes its objects. A class is
# recognised by its name: where its library was never imported, no value can be of it.
_WRAPPED: dict[tuple[str, str], tuple[str, str]] = {
    ("PIL", "Image"): KINDS["image"],
    ("plotkit", "Table"): KINDS["table"],
    ("pandas", "DataFrame"): KINDS["table"],
    ("polars", "DataFrame"): KINDS["table"],
    ("polars", "LazyFrame"): KINDS["table"],
    ("pyarrow", "Table"): KINDS["table"],
    ("pyarrow", "RecordBatch"): KINDS["table"],
    ("duckdb", "DuckDBPyRelation"): KINDS["table"],
    ("_duckdb", "DuckDBPyRelation"): KINDS["table"],
    ("pyspark", "DataFrame"): KINDS["table"],
    ("ibis", "Table"): KINDS["table"],
}


def load(stored: Mapping[str, Any], folder: Path) -> Media | None:
    """The object that a run logged; None where this plotkit does not know its kind.

    Raises `MediaError` (of a chart `RunError` or `TrustError`) where the stored form is torn.
    """
    home = KINDS.get(str(stored.get("_type")))
    if home is None:
        return None
    kind: type[Media] = getattr(import_module(home[0]), home[1])
    try:
        return kind.load(stored, folder)
    except errors.PlotkitError:
        raise
    except Exception as reason:  # the folder may come from anybody: whatever is wrong with its rows
        raise errors.MediaError.from_stored(home[1], reason) from reason


def wrap(value: object) -> Media | None:
    """What a value is logged as, where it is an object; None for numbers, text, arrays, lists.

    Frames and tables become tables, Pillow images become images, and charts and figures what
    `figures.wrap` says. Lists are not looked into: wrap what they hold.
    """
    if isinstance(value, Media):
        return value
    for kind in type(value).__mro__:
        home = _WRAPPED.get((kind.__module__.partition(".")[0], kind.__name__))
        if home is not None:
            made: Media = getattr(import_module(home[0]), home[1])(value)
            return made
    figure: Media | None = import_module(_HERE + "figures").wrap(value)
    return figure


# Puts bytes beside the run and returns their path inside its folder: "media/<digest><suffix>".
Keep = Callable[[bytes, str], str]
