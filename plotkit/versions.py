"""The presets in the user's store: numbered versions, `<owner>/<name>/<version>.json`.

A version never changes once it is there, and its number is never used again, also when it was
deleted: that is remembered under `.gone`. Its file carries a hash of its bytes.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from plotkit import durable, errors, ids, layout
from plotkit.ids import PresetId
from plotkit.layout import Content
from plotkit.preset import digest_of
from plotkit.roots import STORE, Root, Stored, entries, inside

_FILE = re.compile(r"([1-9][0-9]{0,8})\.json")
_GONE = ".gone"
_READ_ONLY = 0o444


def folder_of(root: Root, wanted: PresetId) -> str:
    """The folder of a preset's versions."""
    return inside(root, wanted.owner, wanted.name)


def path_of(root: Root, wanted: PresetId) -> str:
    """The file of a version."""
    return inside(root, wanted.owner, wanted.name, f"{wanted.version}.json")


def numbers(root: Root, wanted: PresetId) -> list[int]:
    """The numbers of a preset's versions, smallest first."""
    return _numbers(folder_of(root, wanted))


def _numbers(folder: str) -> list[int]:
    try:
        found = [_FILE.fullmatch(name) for name in os.listdir(folder)]
    except (FileNotFoundError, NotADirectoryError):
        return []
    return sorted(int(match[1]) for match in found if match)


def read(root: Root, wanted: PresetId) -> tuple[Stored, Content] | None:
    """A version, or the newest, and its content; None where there is none."""
    while True:
        there = [wanted.version] if wanted.version else numbers(root, wanted)
        if not there:
            return None
        found = _read(root, wanted._replace(version=there[-1]))
        # A newest version that is not there was deleted after it was listed: look again.
        if found is not None or wanted.version is not None:
            return found


def _read(root: Root, wanted: PresetId) -> tuple[Stored, Content] | None:
    path, id = path_of(root, wanted), str(wanted._replace(version=None))
    try:
        data = durable.read(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    content = layout.normal(layout.unsealed(data, wanted.version or 0, path), id, path)
    return Stored(id, wanted.version, Path(path), STORE, digest_of(content)), content


def known(root: Root) -> Iterator[PresetId]:
    """The ids that have a version."""
    for owner, entry, folder in entries(root):
        if ids.is_part(entry) and _numbers(os.path.join(folder, entry)):
            yield PresetId(owner, entry)


def save(root: Root, wanted: PresetId, content: Content) -> Stored:
    """Add a version, unless the newest has the same content.

    Nobody waits: savers race for the next number, and who loses looks at the newest again.
    """
    folder, top = folder_of(root, wanted), str(root.folder)
    digest = digest_of(content)
    number = 0
    while True:
        there = _numbers(folder)
        newest = None
        if there:
            with suppress(errors.PresetError):  # a damaged one is no reason not to save
                newest = _read(root, wanted._replace(version=there[-1]))
            if newest and newest[0].digest == digest:
                durable.settle(folder, top)  # whoever saved it may not have got to this
                return newest[0]
        # What is gone is looked up after what is there: a version is remembered as gone before
        # its file goes.
        number = max(number, *there[-1:], *_gone(root, wanted)[-1:], 0) + 1
        path = os.path.join(folder, f"{number}.json")
        data = layout.sealed(content, number, newest[1] if newest else None)
        try:
            durable.create(path, data, top, _READ_ONLY)
        except FileExistsError:
            continue
        durable.sweep(folder)
        return Stored(str(wanted), number, Path(path), STORE, digest)


def delete(root: Root, wanted: PresetId) -> None:
    """Take a version away, and remember its number."""
    _bury(root, wanted, {})
    durable.remove(path_of(root, wanted))


def rename(root: Root, wanted: PresetId, target: PresetId) -> None:
    """Move all versions to another id, in one step.

    Raises `PresetError` where versions of the new id were deleted; renaming back is allowed.
    """
    for number in _gone(root, target):
        told = _burial(root, target._replace(version=number))
        if told.get("renamed") != str(wanted):
            raise errors.PresetError.from_taken_id(
                str(target), f"its version {number} was deleted, and numbers are not used again"
            )
    newest = max(numbers(root, wanted), default=1)
    _bury(root, wanted._replace(version=newest), {"renamed": str(target)})
    durable.move(folder_of(root, wanted), folder_of(root, target))


def _gone(root: Root, wanted: PresetId) -> list[int]:
    return _numbers(inside(root, _GONE, wanted.owner, wanted.name))


def _bury(root: Root, wanted: PresetId, told: Mapping[str, Any]) -> None:
    path = inside(root, _GONE, wanted.owner, wanted.name, f"{wanted.version}.json")
    text = layout.pretty({"id": str(wanted._replace(version=None)), **told})
    durable.replace(path, layout.encoded(text), str(root.folder))


def _burial(root: Root, wanted: PresetId) -> Content:
    path = inside(root, _GONE, wanted.owner, wanted.name, f"{wanted.version}.json")
    try:
        return layout.parse(durable.read(path), path)
    except (OSError, errors.PresetError):
        return {}
