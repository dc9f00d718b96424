"""What a run has recorded, to be read: a running one of this process, or any in the folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plotkit.runs import values
from plotkit.runs.database import Database
from plotkit.table import Table

if TYPE_CHECKING:
    from plotkit.chart import Chart

STEP = "_step"
RUNTIME = "_runtime"  # seconds since the run was created
TIMESTAMP = "_timestamp"  # seconds since 1970


class History:
    """All rows of a run, exact and never sampled."""

    def __init__(self, record: Record) -> None:
        self._record = record

    def __call__(
        self,
        keys: Sequence[str] | None = None,
        min_step: int | None = None,
        max_step: int | None = None,
    ) -> Table:
        """As `table`."""
        return self.table(keys, min_step, max_step)

    def table(
        self,
        keys: Sequence[str] | None = None,
        min_step: int | None = None,
        max_step: int | None = None,
    ) -> Table:
        """Rows in which at least one of `keys` was logged; None where another was not.

        Columns: "_step", "_runtime", "_timestamp", then the keys in the order given (default: all
        that are numbers, bools or text). Steps from `min_step` to `max_step`, both included.
        """
        rows = list(self._record.database.rows(min_step, max_step))
        names = list(keys) if keys is not None else self.keys()
        rows = [row for row in rows if any(name in row.values for name in names)]
        start = float(self._record.meta.get("created", 0.0))
        columns: dict[str, list[Any]] = {
            STEP: [row.step for row in rows],
            RUNTIME: [row.at - start for row in rows],
            TIMESTAMP: [row.at for row in rows],
        }
        for name in names:
            if name not in columns:
                columns[name] = [row.values.get(name) for row in rows]
        return Table(columns)

    def keys(self) -> list[str]:
        """The names of all numbers, bools and texts that were logged, in their first order."""
        found: dict[str, bool] = {}
        for row in self._record.database.rows():
            for name, value in row.values.items():
                found[name] = found.get(name, True) and not isinstance(value, (dict, list))
        return [name for name, plain in found.items() if plain]

    def objects(self, name: str) -> Iterator[tuple[int, Any]]:
        """The step and the value of every row that has `name`: objects come back as objects."""
        for row in self._record.database.rows():
            if name in row.values:
                yield row.step, values.restored(row.values[name], self._record.folder)


class Record:
    """One run of the folder, to be read."""

    def __init__(self, folder: Path, database: Database | None = None) -> None:
        self.folder = folder
        self.database = database or Database(folder)
        self.history = History(self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.project}/{self.id}, {self.state}>"

    @property
    def meta(self) -> dict[str, Any]:
        """What is known of the run itself."""
        return self.database.facts("meta")

    @property
    def id(self) -> str:
        return self.folder.name

    @property
    def project(self) -> str:
        return self.folder.parent.name

    @property
    def name(self) -> str:
        return str(self.meta.get("name") or self.id)

    @property
    def state(self) -> str:
        """One of "running", "finished", "failed" (by an exception), "crashed"."""
        return str(self.meta.get("state", "running"))

    @property
    def config(self) -> dict[str, Any]:
        return self.database.facts("config")

    @property
    def summary(self) -> Any:
        return self.database.facts("summary")

    def chart(self, keys: str | Sequence[str], x: str | None = None, **options: Any) -> Chart:
        """Lines of what was logged under `keys`."""
        from plotkit.runs import charts

        return charts.chart([self], keys, x, **options)
