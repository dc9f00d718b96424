"""Files that people asked for by name: whole or not there at all, and errors of our own.

`durable.py` does more, for what must outlive a power cut; a picture can be drawn again.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from plotkit import errors


def path_of(given: object) -> Path:
    """The path of a file, where that is what was given; raises `OptionError`."""
    if not isinstance(given, (str, os.PathLike)):
        raise errors.OptionError.from_option("path", given, "the path of a file")
    name = os.fspath(given)
    try:
        fine = isinstance(name, str) and bool(name) and b"\0" not in os.fsencode(name)
    except UnicodeEncodeError:  # half of a surrogate pair
        fine = False
    if not fine:
        raise errors.OptionError.from_option("path", given, "the path of a file")
    return Path(os.fsdecode(name))


def whole(target: Path, content: str | bytes, *, through_links: bool = True) -> None:
    """Write beside the target, then put it in place in one step; raises `SaveError`.

    Where the target is a link, what it leads to is written, or else the link is replaced.
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    if not target.parent.is_dir():
        raise errors.SaveError.from_missing_folder(str(target), str(target.parent))
    place = Path(os.path.realpath(target)) if through_links else target
    beside = place.with_name(f".{place.name[:40]}-{os.urandom(8).hex()}")
    try:
        with beside.open("xb") as file:
            if place.is_file() and not place.is_symlink():  # it keeps its mode
                beside.chmod(place.stat().st_mode & 0o7777)
            file.write(data)
        beside.replace(place)
    except BaseException as reason:
        with suppress(OSError):
            beside.unlink()
        if isinstance(reason, OSError):
            told = f"{reason.strerror or reason}."
            raise errors.SaveError.from_os(str(target), told) from reason
        raise


def folder(path: Path) -> None:
    """Make a folder in one that is there already; raises `SaveError`."""
    parent = path.absolute().parent
    if not parent.is_dir():
        raise errors.SaveError.from_missing_folder(str(path), str(parent))
    try:
        path.mkdir(exist_ok=True)
    except OSError as reason:
        raise errors.SaveError.from_os(str(path), f"{reason.strerror or reason}.") from reason
