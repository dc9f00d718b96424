"""The presets beside the code: plain files, `<owner>/<name>.json`, that people edit and git keeps.

A preset's id is where it stands; what a file says of its own id is not believed, since files are
copied and renamed by hand.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from plotkit import durable, errors, ids, layout
from plotkit.ids import PresetId
from plotkit.layout import Content
from plotkit.preset import digest_of
from plotkit.roots import PROJECT, Root, Stored, entries, inside


def path_of(root: Root, wanted: PresetId) -> str:
    """The file of a preset."""
    return inside(root, wanted.owner, f"{wanted.name}.json")


def holds(root: Root, wanted: PresetId) -> bool:
    """Whether a file stands there, readable or not."""
    return os.path.lexists(path_of(root, wanted))


def read(root: Root, wanted: PresetId) -> tuple[Stored, Content] | None:
    """A preset and its content, or None; these have no versions, so asking for one finds none."""
    path = path_of(root, wanted)
    if wanted.version is not None:
        return None
    try:
        data = durable.read(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    content = layout.normal(layout.parse(data, path), str(wanted), path)
    return Stored(str(wanted), None, Path(path), PROJECT, digest_of(content)), content


def known(root: Root) -> Iterator[PresetId]:
    """The ids of all files."""
    for owner, entry, _ in entries(root):
        name = entry.removesuffix(".json")
        if name != entry and ids.is_part(name):
            yield PresetId(owner, name)


def save(root: Root, wanted: PresetId, content: Content, expect_digest: str | None) -> Stored:
    """Put a content in the place of what is there; see `store.save` for `expect_digest`."""
    path, top = path_of(root, wanted), str(root.folder)
    folder = os.path.dirname(path)
    durable.make_folders(folder)
    digest = digest_of(content)
    with durable.held(folder):
        found = read(root, wanted)
        before = found[0].digest if found else ""
        if before == digest:
            durable.settle(folder, top)  # whoever saved it may not have got to this
        elif expect_digest is not None and before != expect_digest:
            raise errors.PresetChangedError.from_digests(path, expect_digest, before)
        else:
            _write(root, path, content, found[1] if found else None)
    durable.sweep(folder)
    return Stored(str(wanted), None, Path(path), PROJECT, digest)


def delete(root: Root, wanted: PresetId) -> None:
    """Take a preset's file away."""
    durable.remove(path_of(root, wanted))


def rename(root: Root, wanted: PresetId, target: PresetId) -> None:
    """Move a preset's file to another id; then write that id into it, where people read it."""
    path, new_path = path_of(root, wanted), path_of(root, target)
    folder = os.path.dirname(new_path)
    durable.make_folders(folder)
    with durable.held(folder):
        if os.path.lexists(new_path):
            raise errors.PresetError.from_taken_id(str(target), new_path)
        durable.move(path, new_path)
        found = read(root, target)
        if found:
            _write(root, new_path, found[1], None)


def _write(root: Root, path: str, content: Content, like: Content | None) -> None:
    text = layout.pretty(content, like)
    durable.replace(path, layout.encoded(text), str(root.folder))
