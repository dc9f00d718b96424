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
    """Copy images, masks, tables and all other files of a run, a folder for each name.

    A file is called by its name, step and place in a list: "examples/examples-step000020-0.png",
    its masks "examples/examples-step000020-0-mask-truth.png".

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
            called: set[str] = set()
            for part, file in _files(stored):
                try:
                    content = File.of_run(file, record.folder).read()
                except (errors.PlotkitError, OSError):
                    continue
                base = _unlike(f"{place}-step{step:0{_DIGITS}d}-{part}", called)
                target = folder / place / f"{base}{Path(file).suffix}"
                written.folder(target.parent)
                written.whole(target, content, through_links=False)
                made.append(target)
    return made


def _unlike(name: str, used: set[str]) -> str:
    """A name that no other has, also where case does not tell names apart."""
    made, number = name, 1
    while made.casefold() in used:
        number += 1
        made = f"{name}-{number}"
    used.add(made.casefold())
    return made


def _files(stored: Any) -> Iterator[tuple[str, str]]:
    """The files that were logged at one step, each with what tells it from the others.

    >>> mask = {"file": "media/b.png"}
    >>> list(_files([{"file": "media/a.png", "masks": {"truth": mask}}]))
    [('0', 'media/a.png'), ('0-mask-truth', 'media/b.png')]
    """
    for number, one in enumerate(stored if isinstance(stored, list) else [stored]):
        yield from _named(str(number), one)


def _named(part: str, stored: Any) -> Iterator[tuple[str, str]]:
    if isinstance(stored, list):
        for one in stored:
            yield from _named(part, one)
    if not isinstance(stored, Mapping):
        return
    if isinstance(stored.get("file"), str):
        yield part, stored["file"]
    for key, inside in stored.items():
        if key == "masks" and isinstance(inside, Mapping):
            for name, mask in inside.items():
                yield from _named(f"{part}-mask-{filenames.safe(str(name), 'mask')}", mask)
        elif key != "scene":  # for the viewer; `file` is what was logged
            yield from _named(part, inside)
