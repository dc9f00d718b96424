"""Older formats of preset files, brought to the current one: a pure function for each step.

Format 0 is the short form of the first drafts: roles as a list of names or as name -> kind, and
strings as name -> default, standing where their names say.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

from plotkit import errors

CURRENT = 1
_META = "/usermeta/plotkit"
# Where the strings of format 0 stood.
_PLACES = {
    "title": "/title",
    "subtitle": "/title/subtitle",
    "x-axis-title": "/encoding/x/title",
    "y-axis-title": "/encoding/y/title",
    "legend-title": "/encoding/color/title",
}


def to_current(content: Mapping[str, Any], where: str) -> Mapping[str, Any]:
    """The content in the current format; the very same object where it is in that already.

    Raises `PresetError` for a format that is newer than this plotkit, or none at all.

    >>> old = {"usermeta": {"plotkit": {"format": 0, "id": "a/b", "roles": ["x"]}}}
    >>> to_current(old, "old")["usermeta"]["plotkit"]["roles"]
    {'x': {'types': ['number', 'text', 'bool', 'time']}}
    """
    usermeta = content.get("usermeta")
    meta = usermeta.get("plotkit") if isinstance(usermeta, Mapping) else None
    if not isinstance(usermeta, Mapping) or not isinstance(meta, Mapping):
        return content
    found = meta.get("format", CURRENT)
    if found == CURRENT and not isinstance(found, bool):
        return content
    if not isinstance(found, int) or isinstance(found, bool) or not 0 <= found < CURRENT:
        newer = isinstance(found, int) and found > CURRENT
        expected = f"a format from 0 to {CURRENT}"
        told = expected + ("; it was written by a newer plotkit" if newer else "")
        raise errors.PresetError.from_file(where, f"{_META}/format", found, told)
    held = copy.deepcopy(dict(meta))
    for step in range(found, CURRENT):
        held = {**_STEPS[step](held, where), "format": step + 1}
    return {**content, "usermeta": {**usermeta, "plotkit": held}}


def _from_0(meta: dict[str, Any], where: str) -> dict[str, Any]:
    """Roles and strings written out."""
    kinds = ["number", "text", "bool", "time"]
    roles = meta.get("roles", {})
    if isinstance(roles, list):
        meta["roles"] = {str(name): {"types": kinds} for name in roles}
    elif isinstance(roles, Mapping):
        meta["roles"] = {
            name: {"types": [kind]} if isinstance(kind, str) else kind
            for name, kind in roles.items()
        }
    strings = meta.get("strings", {})
    if not isinstance(strings, Mapping):
        raise errors.PresetError.from_file(where, f"{_META}/strings", strings, "an object")
    meta["strings"] = {
        name: {"default": text, "at": [_PLACES[name]] if name in _PLACES else []}
        if isinstance(text, str)
        else text
        for name, text in strings.items()
    }
    return meta


_STEPS: dict[int, Callable[[dict[str, Any], str], dict[str, Any]]] = {0: _from_0}
