"""The files of what a run logged, copied to a folder where people find them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plotkit import errors, filenames, written
from plotkit.runs.media.base import File

if TYPE_CHECKING:
    from plotkit.runs.record import Record

_DIGITS = 6  # of a step in a name, so that names stand in the order of steps


def copy(record: Record, folder: Path, names: Sequence[str]) -> list[Path]:
    """Copy images, masks, tables and all other files of a run, as NAME/STEP-NUMBER.ending.

    Args:
        record: the run.
        folder: where to; it is made, also inside one that is there.
        names: what was logged under these.

    Returns:
        The files that were written. Those of the run that are gone or torn are left out: their
        names stand in the run's rows, and `plotkit report` says so in their place.

    Raises:
        SaveError: the folder cannot be made or written to.
    """
    written.folder(folder)
    made: list[Path] = []
    used: set[str] = set()
    for name in names:
        place = _unlike(filenames.safe(name, "object"), used)
        for step, stored in record.history.stored(name):
            for number, file in enumerate(_files(stored)):
                try:
                    content = File.of_run(file, record.folder).read()
                except (errors.PlotkitError, OSError):
                    continue
                suffix = Path(file).suffix
                target = folder / place / f"{step:0{_DIGITS}d}-{number}{suffix}"
                written.folder(target.parent)
                written.whole(target, content, through_links=False)
                made.append(target)
    return made


def _unlike(name: str, used: set[str]) -> str:
    """A folder's name that no other has, also where case does not tell names apart."""
    made, number = name, 1
    while made.casefold() in used:
        number += 1
        made = f"{name}-{number}"
    used.add(made.casefold())
    return made


def _files(stored: Any) -> Iterator[str]:
    """The files that a stored object names, in their order, masks after their image."""
    if isinstance(stored, Mapping):
        if isinstance(stored.get("file"), str):
            yield stored["file"]
        for key, inside in stored.items():
            if key != "scene":  # for the viewer; `file` is what was logged
                yield from _files(inside)
    elif isinstance(stored, list):
        for one in stored:
            yield from _files(one)
