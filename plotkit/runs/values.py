"""From what people log to what is stored, and back."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from plotkit.runs import media
from plotkit.runs.media.base import Media


def stored(value: object, keep: media.Keep) -> Any:
    """The stored form of one logged value."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, Media):
        return value.store(keep)
    if isinstance(value, (list, tuple)):
        return [stored(one, keep) for one in value]
    item = getattr(value, "item", None)
    if item is not None:
        return item()
    return os.fspath(value) if isinstance(value, Path) else str(value)


def restored(value: Any, folder: Path) -> Any:
    """What was logged, from its stored form: objects come back as objects."""
    if isinstance(value, Mapping) and "_type" in value:
        return media.load(value, folder) or value
    if isinstance(value, list):
        return [restored(one, folder) for one in value]
    return value


def dotted(data: Mapping[str, Any], under: str = "") -> dict[str, Any]:
    """Nested dicts as one, with dotted names."""
    flat: dict[str, Any] = {}
    for name, value in data.items():
        if isinstance(value, Mapping) and "_type" not in value:
            flat.update(dotted(value, f"{under}{name}."))
        else:
            flat[f"{under}{name}"] = value
    return flat
