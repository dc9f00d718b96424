"""Where presets stand: a folder beside the code, the user's store, and the built-in ones.

They are looked through in this order.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from plotkit import durable, errors, ids
from plotkit.resources import builtin_presets

PROJECT, STORE, BUILTIN = "project", "store", "builtin"
LOCK_NAME = "plotkit.lock.json"
_PROJECT_FILE = "pyproject.toml"


class Root(NamedTuple):
    """One place of presets.

    Attributes:
        kind: "project" (plain files beside the code), "store" (the user's numbered versions) or
            "builtin".
        folder: the folder; it need not exist yet.
        by: what names it, such as "PLOTKIT_PRESETS".
    """

    kind: str
    folder: Path
    by: str

    def __str__(self) -> str:
        return f"{self.kind} {self.folder} ({self.by})"


class Stored(NamedTuple):
    """One preset as it stands in a root.

    Attributes:
        id: "owner/name".
        version: its number in the store, what a built-in says of itself, None beside the code.
        path: its file.
        origin: "project", "store" or "builtin".
        digest: SHA-256 of its content; "" where it cannot be read.
        fault: why it cannot be read, else "".
    """

    id: str
    version: int | None
    path: Path
    origin: str
    digest: str
    fault: str = ""

    def __str__(self) -> str:
        return self.id if self.version is None else f"{self.id}@{self.version}"


def roots() -> list[Root]:
    """The places that presets are looked for in, in this order; without a project, two of them."""
    beside = project()
    return [*([beside] if beside else []), store(), builtin()]


def builtin() -> Root:
    """The presets that come with plotkit."""
    return Root(BUILTIN, builtin_presets(), "built-in, read-only")


def store() -> Root:
    """The user's own store: PLOTKIT_HOME, else the user's data folder of this system."""
    named = os.environ.get("PLOTKIT_HOME")
    if named:
        return Root(STORE, _absolute(named), "PLOTKIT_HOME")
    import platformdirs  # a built-in preset is drawn without looking here

    return Root(STORE, Path(platformdirs.user_data_dir("plotkit", appauthor=False)), "default")


def project() -> Root | None:
    """The folder beside the code, if one is named.

    By PLOTKIT_PRESETS, else by `[tool.plotkit] presets` of the nearest pyproject.toml upward.
    """
    named = os.environ.get("PLOTKIT_PRESETS")
    if named:
        return Root(PROJECT, _absolute(named), "PLOTKIT_PRESETS")
    found = _upward(_PROJECT_FILE)
    if found is None:
        return None
    try:
        state = os.stat(found)
    except OSError as reason:
        raise errors.OptionError.from_project_file(found, str(reason)) from reason
    said = _presets_of(found, state.st_mtime_ns, state.st_size)
    if said is None:
        return None
    return Root(PROJECT, Path(os.path.abspath(os.path.join(os.path.dirname(found), said))), found)


def said() -> list[str]:
    """The places that presets are looked for in, as messages name them."""
    return [str(root) for root in roots()]


def inside(root: Root, *parts: str) -> str:
    """The real path of something in a root; `PresetError` where a symlink leads out of it."""
    path = durable.inside(str(root.folder), *parts)
    if path is None:
        raise errors.PresetError.from_outside(os.path.join(root.folder, *parts), str(root.folder))
    return path


def entries(root: Root) -> Iterator[tuple[str, str, str]]:
    """The owners in a root and what stands under each: owner, name of the entry, owner's folder.

    What is no owner's folder, and what lies outside of the root, is passed over.
    """
    for owner in _listed(str(root.folder)):
        if owner not in ids.RESERVED and ids.is_part(owner):
            folder = durable.inside(str(root.folder), owner)
            for entry in _listed(folder) if folder else ():
                yield owner, entry, str(folder)


def _listed(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as reason:
        raise errors.PresetError.from_unreadable(folder, reason) from reason


def lock_path() -> Path | None:
    """Where the project's lock file stands or would stand; None outside of a project.

    Beside the nearest pyproject.toml upward, or where a lock file stands nearer; in the folder
    of PLOTKIT_PRESETS where that is set.
    """
    named = os.environ.get("PLOTKIT_PRESETS")
    if named:
        return _absolute(named) / LOCK_NAME
    found = _upward(LOCK_NAME, _PROJECT_FILE)
    return None if found is None else Path(os.path.dirname(found)) / LOCK_NAME


def _absolute(named: str) -> Path:
    return Path(os.path.abspath(os.path.expanduser(named)))


def _upward(*names: str) -> str | None:
    """The nearest file of one of these names, from the current folder upward."""
    try:
        at = os.getcwd()
    except OSError:  # it was removed under us
        return None
    while True:
        for name in names:
            path = os.path.join(at, name)
            try:
                if stat.S_ISREG(os.stat(path).st_mode):
                    return path
            except (FileNotFoundError, NotADirectoryError, PermissionError):
                continue
            except OSError as reason:  # not to be taken for "no project", it might save elsewhere
                raise errors.OptionError.from_project_file(path, str(reason)) from reason
        parent = os.path.dirname(at)
        if parent == at:
            return None
        at = parent


@lru_cache(maxsize=8)
def _presets_of(path: str, _changed: int, _size: int) -> str | None:
    import tomllib  # only inside a project

    try:
        with open(path, "rb") as opened:
            table = tomllib.load(opened).get("tool", {}).get("plotkit", {})
    except (OSError, ValueError) as reason:
        raise errors.OptionError.from_project_file(path, str(reason)) from None
    said = table.get("presets") if isinstance(table, dict) else None
    if said is not None and (not isinstance(said, str) or not said):
        raise errors.OptionError.from_project_file(
            path, f"[tool.plotkit] presets is {errors.shown(said)}, not the name of a folder"
        )
    return said
