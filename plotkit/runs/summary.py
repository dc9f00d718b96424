"""One value for each metric: the last one, or what somebody set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from plotkit.runs import names, values
from plotkit.runs.database import Database
from plotkit.runs.dotted import Dotted, Facts
from plotkit.runs.writing import Writer


class SummaryFacts(Facts, Protocol):
    """Where a summary is kept, and what it needs of the run."""

    folder: Path

    def keep(self, content: bytes, suffix: str) -> str:
        """Put bytes beside the run."""

    def flush(self) -> None:
        """Write what was set."""


class Summary(Dotted):
    """The summary of a run, as a nested dict, by dotted names, or as attributes.

    It holds the last value of everything that is logged. What is set by hand stays until the same
    name is logged again. Arrays and tensors are kept whole in a file, with their minimum, maximum,
    mean, variance and percentiles: `run.summary["weights"]["p95"]`. Case does not tell names
    apart.
    """

    _section = "summary"
    _facts: SummaryFacts

    def _stored(self, name: str, value: object) -> Any:
        if isinstance(value, Mapping):
            return {}
        return values.stored(name, value, self._facts.keep, lambda *_: None, whole=True)

    def _restored(self, value: Any) -> Any:
        return values.restored(value, self._facts.folder)

    def _found(self, name: str) -> str:
        full, known = self._under + name, self._facts.all()
        if full in known:
            return full
        return names.found_in(full, known) or full

    def update(self, other: Any = (), /, **more: Any) -> None:
        """Set several; without an argument, write what was set on a run that has ended."""
        for name, value in dict(other, **more).items():
            self[name] = value
        self._facts.flush()


class Readable(Protocol):
    """A run that can be read."""

    folder: Path

    @property
    def database(self) -> Database:
        """Its file."""


class ReadSummary:
    """The summary of a run that is read. What is set is written by `update`, and nothing else."""

    def __init__(self, run: Readable) -> None:
        self.folder = run.folder
        self._run = run
        self._known: Mapping[str, Any] = {}
        self._seen: object = None
        self._set: dict[str, Any] = {}
        self._gone: set[str] = set()

    def all(self) -> Mapping[str, Any]:
        database = self._run.database
        seen = database.version()
        if self._seen is None or seen != self._seen:
            self._known, self._seen = database.facts("summary"), seen
        if not self._set and not self._gone:
            return self._known
        left = {name: value for name, value in self._known.items() if name not in self._gone}
        return {**left, **self._set}

    def set(self, pairs: Mapping[str, Any]) -> None:
        self._set.update(pairs)
        self._gone.difference_update(pairs)

    def forget(self, names: list[str]) -> None:
        self._gone.update(names)
        for name in names:
            self._set.pop(name, None)

    def keep(self, content: bytes, suffix: str) -> str:
        with _writing(self.folder) as writer:
            return writer.keep(content, suffix)

    def flush(self) -> None:
        """Write what was set, and nothing else: the run may be going on."""
        if not self._set and not self._gone:
            return
        with _writing(self.folder) as writer:
            writer.forget("summary", self._gone)
            writer.set("summary", self._set)
        self._set, self._gone, self._seen = {}, set(), None


@contextmanager
def _writing(folder: Path) -> Iterator[Writer]:
    writer = Writer(folder)
    try:
        yield writer
    finally:
        writer.close()
