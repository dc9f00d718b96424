"""Runs are deleted whole: set aside in one move, then removed; never half of one in its place."""

from __future__ import annotations

import os
import secrets
import shutil
import time
from contextlib import suppress
from pathlib import Path

from plotkit import errors
from plotkit.runs import folders

# Beside the projects, and deeper than runs lie, so that nobody takes what is in it for a run.
ASIDE = ".deleted"
_ABANDONED = 3600.0  # seconds after which what another call set aside is no longer its own


def delete(folder: Path) -> None:
    """Delete one run with all that it keeps.

    Raises:
        RunError: the folder is no run's, or a link to one.
        SaveError: the system does not allow it; nothing is deleted then.
    """
    if folder.is_symlink() or not (folder / folders.DATABASE).is_file():
        raise errors.RunError.from_no_run(str(folder))
    place = folder.parent.parent / ASIDE
    aside = place / secrets.token_hex(8)
    moved = aside / folder.parent.name / folder.name
    try:
        moved.parent.mkdir(parents=True)
        os.rename(folder, moved)  # from here on it is no run
    except OSError as reason:
        with suppress(OSError):
            os.removedirs(moved.parent)
        raise errors.SaveError.from_os(str(folder), reason.strerror or str(reason)) from reason
    shutil.rmtree(aside, ignore_errors=True)
    _sweep(place)
    for empty in (place, folder.parent):
        with suppress(OSError):  # other runs of the project, or another call's
            os.rmdir(empty)


def _sweep(place: Path) -> None:
    """Remove what calls that were interrupted left behind."""
    with suppress(OSError):
        for left in place.iterdir():
            if time.time() - left.lstat().st_mtime > _ABANDONED:
                shutil.rmtree(left, ignore_errors=True)


def size(folder: Path) -> int:
    """Bytes of all files of a run; links count nothing."""
    sizes = (path.lstat() for path in folder.rglob("*") if not path.is_symlink())
    return sum(facts.st_size for facts in sizes)
