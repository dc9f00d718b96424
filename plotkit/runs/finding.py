"""Which run is meant by what somebody typed: a folder, "project/id", an id, a name, "latest"."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

from plotkit import errors
from plotkit.runs import folders
from plotkit.runs.record import Record

LATEST = "latest"


class Place(NamedTuple):
    """Where a run lies."""

    project: str
    id: str
    folder: Path

    def __str__(self) -> str:
        return f"{self.project}/{self.id}"


def places(root: Path, project: str | None = None) -> list[Place]:
    """All runs of a root, or of one project, sorted by project and id; none is opened."""
    found = (path.parent for path in root.glob(f"*/*/{folders.DATABASE}"))
    made = [Place(folder.parent.name, folder.name, folder) for folder in found]
    return sorted(place for place in made if project in (None, place.project))


def find(asked: str, dir: str | os.PathLike[str] | None = None) -> Record:
    """The run that is meant.

    Args:
        asked: a run's folder; "project/id", also with a user's name before it; "project/latest"
            or "latest", the one that began last; an id, or a name, if only one run has it.
        dir: where the runs lie; default `PLOTKIT_DIR`, else `plotkit-runs` here.

    Raises:
        RunError: there is none, or more than one; with those that there are.
    """
    return Record(locate(asked, dir).folder)


def locate(asked: str, dir: str | os.PathLike[str] | None = None) -> Place:
    """As `find`: where the run lies. It is opened only where it is asked for by name or time."""
    given = Path(asked)
    if (given / folders.DATABASE).is_file():
        folder = given.absolute()
        return Place(folder.parent.name, folder.name, folder)
    root = folders.root(dir)
    known = places(root)
    *before, last = asked.strip("/").split("/")
    inside = [place for place in known if place.project == before[-1]] if before else known
    for matching in (_by_id, _by_time, _by_name):
        found = matching(inside, last)
        if len(found) == 1:
            return found[0]
        if found:
            raise errors.RunError.from_ambiguous(asked, [str(place) for place in found])
    project = [place for place in known if place.project == last]
    if project and not before:
        raise errors.RunError.from_project(asked, last, len(project))
    available = [str(place) for place in inside or known]
    raise errors.RunError.from_unknown(asked, available, str(root))


def locate_all(asked: str, dir: str | os.PathLike[str] | None = None) -> list[Place]:
    """As `locate`; of a project, or a pattern such as "digits/lr0.1*", all its runs.

    They come in the order in which they began.
    """
    try:
        return [locate(asked, dir)]
    except errors.RunError:
        wanted = asked.strip("/")
        found = [
            place
            for place in places(folders.root(dir))
            if place.project == wanted or fnmatchcase(str(place), wanted)
        ]
        if not found:
            raise
        return _in_order(found)


def _in_order(found: Sequence[Place]) -> list[Place]:
    """Places by the time their runs began; those that cannot be read, in their place at the end."""
    began = {place: record.meta.get("created", 0.0) for place, record in _opened(found)}
    return sorted(found, key=lambda place: (place not in began, began.get(place, 0.0), place))


_Matching = Callable[[Sequence[Place], str], list[Place]]


def _by_id(known: Sequence[Place], asked: str) -> list[Place]:
    return [place for place in known if place.id == asked]


def _by_time(known: Sequence[Place], asked: str) -> list[Place]:
    """The run that began last; of equal ones the last by name."""
    if asked != LATEST:
        return []
    began = [(record.meta.get("created", 0.0), place) for place, record in _opened(known)]
    return [max(began)[1]] if began else []


def _by_name(known: Sequence[Place], asked: str) -> list[Place]:
    return [place for place, record in _opened(known) if record.name == asked]


def _opened(known: Sequence[Place]) -> Iterator[tuple[Place, Record]]:
    """The runs that can be read; one that is torn has no name and no time."""
    for place in known:
        try:
            record = Record(place.folder)
        except (errors.PlotkitError, OSError):
            continue
        try:
            yield place, record
        finally:
            record.database.close()


def completed(started: str, dir: str | os.PathLike[str] | None = None) -> list[str]:
    """What a shell offers for the beginning of a run: "project/id", and bare ids that are unique.

    It never raises: a shell that completes is no place for messages.
    """
    try:
        known = places(folders.root(dir))
    except OSError:
        return []
    whole = [str(place) for place in known]
    latest = [f"{project}/{LATEST}" for project in sorted({place.project for place in known})]
    ids = [place.id for place in known]
    alone = [id for id in ids if ids.count(id) == 1]
    return [name for name in (*whole, *latest, *alone) if name.startswith(started)]
