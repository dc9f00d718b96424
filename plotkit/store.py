"""Finding presets: by id among the built-ins, by path, or ready-made.

The roots of a user's own presets, and writing there, have their place here too.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from plotkit import errors, ids
from plotkit.preset import Preset
from plotkit.resources import builtin_presets

OWNER = "plotkit"


def names() -> list[str]:
    """The ids of all presets that can be drawn with by id."""
    return sorted(f"{OWNER}/{file.stem}" for file in builtin_presets().glob("*.json"))


def get(asked: str | Path | Mapping[str, Any] | Preset) -> Preset:
    """The preset of an id ("plotkit/line", also W&B's ids), a path, a dict, or itself.

    Raises `PresetError` where there is none, with the nearest id and the places looked in, or
    where a spec is not valid Vega-Lite.
    """
    if isinstance(asked, Preset):
        return asked
    if isinstance(asked, Mapping):
        return _checked(Preset(asked))
    if isinstance(asked, Path) or _is_path(asked):
        return _checked(Preset.from_file(asked))
    return _builtin(asked)


def _is_path(asked: object) -> bool:
    """An id never ends in .json, and never starts with a dot or a slash."""
    return isinstance(asked, str) and (
        asked.endswith(".json") or asked.startswith(("/", "./", "../", "~"))
    )


def _checked(preset: Preset) -> Preset:
    from plotkit import schema  # heavy, and built-in presets need none of it

    schema.check(preset.spec, preset.id)
    return preset


@cache
def _builtin(asked: str) -> Preset:
    root = builtin_presets()
    if isinstance(asked, str) and "/" not in asked and f"{OWNER}/{asked}" in names():
        asked = f"{OWNER}/{asked}"  # plotkit's own may be named without their owner
    try:
        wanted = ids.parse(asked)
    except errors.PresetError:
        near = errors.nearest(asked, names()) if isinstance(asked, str) else ""
        if not near:
            raise
        raise errors.PresetError.from_unknown_id(asked, names(), [str(root)]) from None
    file = root / f"{wanted.name}.json"
    if wanted.owner != OWNER or not file.is_file():
        raise errors.PresetError.from_unknown_id(asked, names(), [str(root)])
    found = Preset.from_file(file)
    if wanted.version not in (None, found.version):
        raise errors.PresetError.from_unknown_id(
            asked, [f"{found.id}@{found.version}"], [str(root)]
        )
    return found
