"""The lock file: which version and content of each preset a project uses.

It keeps the contents too, so that a difference can be shown whatever became of the file that was
locked, and stands beside the code, in git.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from plotkit import durable, errors, layout, roots
from plotkit.preset import digest_of

FORMAT = 1
_DIFF_LINES = 60


class Locked(NamedTuple):
    """One pinned preset.

    Attributes:
        id: "owner/name", or "owner/name@2" where the project asks for a version.
        version: the version in the user's store or of the built-in; None beside the code.
        origin: the kind of root it came from.
        digest: SHA-256 of its content.
        content: the content.
    """

    id: str
    version: int | None
    origin: str
    digest: str
    content: Mapping[str, Any]


def read() -> dict[str, Locked]:
    """What the project's lock file pins; nothing without a lock file."""
    path = roots.lock_path()
    if path is None:
        return {}
    try:
        state = os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as reason:
        raise errors.LockError.from_unreadable_lock(str(path), str(reason)) from reason
    return _entries(str(path), state.st_mtime_ns, state.st_size, state.st_ino)


def write(entries: Iterable[Locked]) -> Path:
    """Write the project's lock file anew; returns its path."""
    path = roots.lock_path()
    said = [str(root) for root in roots.roots()]
    if path is None:
        raise errors.PresetError.from_no_project(said)
    pinned = {entry.id: entry._asdict() for entry in sorted(entries)}
    for entry in pinned.values():
        del entry["id"]
    text = layout.pretty({"format": FORMAT, "presets": pinned})
    try:
        durable.replace(str(path), layout.encoded(text), str(path.parent))
    except OSError as reason:
        raise errors.SaveError.from_preset(path.name, "written", reason, said) from reason
    return path


def pinned(id: str, version: int | None) -> Locked | None:
    """What the project's lock file pins for a preset; None where it says nothing of it."""
    entries = read()
    return entries.get(f"{id}@{version}") or entries.get(id)


def changed(
    locked: Locked, version: int | None, digest: str, content: Mapping[str, Any]
) -> errors.LockError:
    """The error for a preset that is not the pinned one, with the difference."""
    return errors.LockError.from_difference(
        locked.id,
        str(roots.lock_path()),
        _said(locked.version, locked.digest),
        _said(version, digest),
        difference(locked, content),
    )


def difference(locked: Locked, content: Mapping[str, Any]) -> str:
    """The lines that differ between what is locked and a content."""
    import difflib  # only on the way to an error

    before = layout.pretty(locked.content).splitlines()
    after = layout.pretty(content, like=locked.content).splitlines()
    lines = list(difflib.unified_diff(before, after, "locked", "found", n=2, lineterm=""))
    if len(lines) > _DIFF_LINES:
        rest = len(lines) - _DIFF_LINES
        lines = [*lines[:_DIFF_LINES], f"... and {rest} more line{'' if rest == 1 else 's'}"]
    return "\n".join(lines)


def _said(version: int | None, digest: str) -> str:
    return f"{'' if version is None else f'version {version}, '}digest {digest[:12]}"


@lru_cache(maxsize=4)
def _entries(path: str, _changed: int, _size: int, _inode: int) -> dict[str, Locked]:
    try:
        told = layout.parse(durable.read(path), path)
    except OSError as reason:
        raise errors.LockError.from_unreadable_lock(path, str(reason)) from reason
    except errors.PresetError as reason:
        raise errors.LockError.from_unreadable_lock(path, str(reason)) from None
    if told.get("format") != FORMAT:
        raise errors.LockError.from_unreadable_lock(
            path, f"its format is {errors.shown(told.get('format'))}, this plotkit reads {FORMAT}"
        )
    found = {}
    presets = told.get("presets")
    for id, entry in presets.items() if isinstance(presets, dict) else ():
        try:
            locked = Locked(
                id, entry["version"], entry["origin"], entry["digest"], entry["content"]
            )
        except (KeyError, TypeError) as reason:
            raise errors.LockError.from_unreadable_lock(
                path, f"its entry {errors.shown(id)} lacks {reason}"
            ) from None
        if not isinstance(locked.content, dict) or digest_of(locked.content) != locked.digest:
            raise errors.LockError.from_unreadable_lock(
                path, f"the content of {errors.shown(id)} does not match its digest"
            )
        found[id] = locked
    return found
