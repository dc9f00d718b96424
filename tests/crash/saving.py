"""What the crash tests save, and what may be found after any of them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from plotkit import store

ID = "carey/chart"


def content(label: str) -> dict[str, Any]:
    return {
        "mark": "bar",
        "data": {"values": [{"x": label, "y": n} for n in range(40)]},
        "encoding": {"x": {"field": "x"}, "y": {"field": "y", "type": "quantitative"}},
        "usermeta": {"plotkit": {"format": 1, "id": ID, "title": label}},
    }


def label_of(found: dict[str, Any]) -> str:
    """The label of a content that is whole; anything else fails."""
    label = found["usermeta"]["plotkit"]["title"]
    assert found == content(label), f"{label} is not what was saved"
    return str(label)


def labels(kind: str, gaps: bool = False) -> list[str]:
    """The labels of all that stands in a root, oldest first; its numbers may have no gaps."""
    try:
        there = [entry for entry in store.history(ID) if entry.origin == kind]
    except store.errors.PresetError:
        return []
    for entry in there:
        assert not entry.fault, entry.fault
    if kind == "store" and not gaps:
        assert [entry.version for entry in there] == list(range(1, len(there) + 1))
    return [label_of(store.load(entry)) for entry in there]


def left_aside(folder: str) -> list[Path]:
    """Files that killed savers left."""
    return list(Path(folder).rglob(".*.tmp"))


def use(folder: str) -> None:
    """Have both roots in a folder."""
    os.environ["PLOTKIT_HOME"] = os.path.join(folder, "home")
    os.environ["PLOTKIT_PRESETS"] = os.path.join(folder, "project")
