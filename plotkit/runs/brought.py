"""A run made of what another tool recorded: its rows, as they come, into a run's folder.

The run is the same however often its source is brought in: its id comes from the source's
content, rows of equal steps join, and a source that has not changed is not read again.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from plotkit import errors, filenames
from plotkit.runs import folders, names, process, values
from plotkit.runs.database import Database
from plotkit.runs.record import Record
from plotkit.runs.writing import Writer, say

_PLAIN = (int, float, bool, str)


class Row(NamedTuple):
    """What was recorded with one step, at a time in seconds since 1970."""

    step: int
    at: float
    values: Mapping[str, Any]


class Source(NamedTuple):
    """Where a run comes from.

    Attributes:
        tool: what wrote it, such as "TensorBoard".
        name: the run's name there.
        files: what it is read from.
        start: bytes that stay the same when it grows, and are others for every other source.
        settings: files with no rows, but with its config and results.
    """

    tool: str
    name: str
    files: Sequence[Path]
    start: bytes
    settings: Sequence[Path] = ()

    @property
    def id(self) -> str:
        """The id of its run: its name, and a part that tells it from others of the name."""
        mark = hashlib.sha256(self.name.encode() + b"\0" + self.start).hexdigest()[:6]
        return f"{filenames.safe(self.name, 'run')[:60].strip('-_.') or 'run'}-{mark}"

    @property
    def state(self) -> list[list[Any]]:
        """What changes with any of the files."""
        files = [*self.files, *self.settings]
        return [[p.name, (s := p.stat()).st_size, s.st_mtime_ns] for p in files]


class Told:
    """What is said of a source besides its rows: settings, results, notes, and what was left."""

    def __init__(self) -> None:
        self.config: dict[str, Any] = {}
        self.summary: dict[str, int | float | bool | str] = {}
        self.notes: list[str] = []
        self.left: dict[str, int] = {}

    def leave(self, what: str) -> None:
        """Count a value that is not read; `what` goes on after "value"."""
        self.left[what] = self.left.get(what, 0) + 1

    def sentences(self) -> list[str]:
        """All of it but the settings."""
        left = [
            f"{count:,} value{' ' if count == 1 else 's '}{what} {'was' if count == 1 else 'were'} "
            "not read."
            for what, count in self.left.items()
        ]
        return [*self.notes, *left]


def bring(root: Path, project: str, source: Source, rows: Iterable[Row], told: Told) -> Record:
    """Record a source's rows as a run, unless that was done; `told` is full once they are read."""
    folder = folders.run(root, project, source.id)
    path = f"{project}/{source.id}"
    if (folder / folders.DATABASE).exists() and _is_there(folder, source, path):
        say(f"{path} is there already, and its source has not changed")
        return Record(folder)
    writer = Writer(folder)
    try:
        _write(writer, source, rows, told)
    except BaseException:
        writer.set("meta", {"state": "failed"})
        raise
    finally:
        writer.close()
    for sentence in told.sentences():
        say(f"{path}: {sentence}")
    return Record(folder)


def _is_there(folder: Path, source: Source, path: str) -> bool:
    database = Database(folder)
    try:
        meta = database.facts("meta")
    finally:
        database.close()
    known = meta.get("imported")
    if known is None:
        raise errors.RunError.from_existing(path)
    return bool(meta.get("state") == "finished" and known.get("files") == source.state)


def _write(writer: Writer, source: Source, rows: Iterable[Row], told: Told) -> None:
    state = source.state  # before it is read: what is added meanwhile is read the next time
    imported: dict[str, Any] = {"tool": source.tool, "from": str(source.files[0].parent)}
    writer.set("meta", {"name": source.name, "state": "running", "imported": imported})
    writer.set("meta", process.facts())
    first, last = None, 0.0
    summary: dict[str, Any] = {}
    for row in rows:
        if first is None:
            first = row.at
            writer.set("meta", {"created": first})
        last = max(last, row.at)
        found = {_named(name): _stored(writer, name, value) for name, value in row.values.items()}
        writer.row(row.step, row.at, found)
        summary.update(found)
    if first is None:
        told.notes.append("It holds no values.")
        first = last = time.time()
        writer.set("meta", {"created": first})
    writer.set("summary", {**summary, **told.summary})
    writer.set("config", told.config)
    imported |= {"files": state, "notes": told.sentences()}
    writer.set("meta", {"state": "finished", "ended": last, "imported": imported})


def _named(name: str) -> str:
    """A name that is none of ours."""
    return f"{name} (logged)" if name in names.OWN else name


def _stored(writer: Writer, name: str, value: Any) -> Any:
    if type(value) in _PLAIN:
        return value
    return values.stored(name, value, writer.keep, lambda *_: None)
