"""What can be logged besides numbers and text: one file a kind, all with the shape of `Media`.

A kind is one class here and one row in `KINDS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from plotkit.runs.media.base import Media

# The "_type" of a stored value -> the module and class that reads it.
KINDS: dict[str, tuple[str, str]] = {}


def load(stored: Mapping[str, Any], folder: Path) -> Media | None:
    """The object that a run logged; None where this plotkit does not know its kind."""
    home = KINDS.get(str(stored.get("_type")))
    if home is None:
        return None
    kind: type[Media] = getattr(import_module(home[0]), home[1])
    return kind.load(stored, folder)


# Puts bytes beside the run and returns their path inside its folder: "media/<digest><suffix>".
Keep = Callable[[bytes, str], str]
