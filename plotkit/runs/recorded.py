"""History, config and summary of a run that is recorded, over what it holds in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any

from plotkit import errors
from plotkit.runs import names, values
from plotkit.runs.record import History

if TYPE_CHECKING:
    from plotkit.runs.run import Run


class RunHistory(History):
    """The rows of a run, and the one that is being gathered."""

    _record: Run

    @property
    def row(self) -> PendingRow:
        """The row that is being gathered: names and values that can be changed."""
        return PendingRow(self._record)

    def add(self, row: Mapping[str, Any] | None = None, step: int | None = None) -> None:
        """Add to the row and write it, as `log` does with `commit=True`."""
        self._record.log(row if row is not None else {}, step, True)


class PendingRow(MutableMapping[str, Any]):
    """The row that a run is gathering, whichever it is at the moment."""

    def __init__(self, run: Run) -> None:
        self._run = run

    @property
    def _held(self) -> dict[str, Any]:
        return self._run._steps.row

    def __getitem__(self, name: str) -> Any:
        found = names.found_in(name, self._held)
        if found is None:
            raise errors.UnknownNameError.from_section("row", name, list(self._held))
        return values.restored(self._held[found], self._run.folder)

    def __setitem__(self, name: str, value: object) -> None:
        with self._run._lock:
            for old in [n for n in self._held if names.folded(n) == names.folded(name)]:
                del self._held[old]
            self._run.log({name: value}, commit=False)

    def __delitem__(self, name: str) -> None:
        with self._run._lock:
            found = names.found_in(name, self._held)
            if found is None:
                raise errors.UnknownNameError.from_section("row", name, list(self._held))
            del self._held[found]

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._held))

    def __len__(self) -> int:
        return len(self._held)

    def __repr__(self) -> str:
        return repr(dict(self))


class ConfigFacts:
    """The config of a run that is recorded."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._values = run.database.facts("config")

    def all(self) -> dict[str, Any]:
        return dict(self._values)

    def set(self, pairs: Mapping[str, Any]) -> None:
        self._run._require_open()
        self._values.update(pairs)
        self._run._writer.set("config", pairs)

    def forget(self, names: list[str]) -> None:
        self._run._require_open()
        for name in names:
            self._values.pop(name, None)
        self._run._writer.forget("config", names)


class SummaryFacts:
    """The summary of a run that is recorded: in memory, and on its way to the disk."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self.folder = run.folder

    def all(self) -> dict[str, Any]:
        if not self._run.is_open:  # in a forked child the lock may be held for ever
            return dict(self._run._totals.values)
        with self._run._lock:
            return dict(self._run._totals.values)

    def set(self, pairs: Mapping[str, Any]) -> None:
        self._run._require_open()
        with self._run._lock:
            self._run._totals.set(pairs)
            self._run._writer.set("summary", pairs)

    def forget(self, names: list[str]) -> None:
        self._run._require_open()
        with self._run._lock:
            self._run._totals.forget(names)
            self._run._writer.forget("summary", names)

    def keep(self, content: bytes, suffix: str) -> str:
        return self._run._writer.keep(content, suffix)

    def flush(self) -> None:
        """Nothing waits but for the writer, which needs no asking."""
