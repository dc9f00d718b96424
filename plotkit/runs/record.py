"""What a run has recorded, to be read: a running one of this process, or any in the folder."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from plotkit import errors
from plotkit.runs import folders, names, process, values
from plotkit.runs.config import Config
from plotkit.runs.database import Database
from plotkit.runs.definitions import Definition, Definitions
from plotkit.runs.drawing import Drawing
from plotkit.runs.remarks import Remarks
from plotkit.runs.summary import ReadSummary, Summary
from plotkit.table import Table

if TYPE_CHECKING:
    import pandas as pd


STEP = "_step"
RUNTIME = "_runtime"  # seconds since the run was created
TIMESTAMP = "_timestamp"  # seconds since 1970
# What can stand in a column of a table.
_PLAIN = ("number", "bool", "text", "none", "mixed")


class History:
    """All rows of a run, exact and never sampled."""

    def __init__(self, record: Record) -> None:
        self._record = record

    def __repr__(self) -> str:
        known = self._record.database.known()
        return f"<History of {self._record.project}/{self._record.id}: {len(known)} names>"

    def __call__(
        self,
        keys: str | Sequence[str] | None = None,
        min_step: int | None = None,
        max_step: int | None = None,
        *,
        samples: int | None = None,
        pandas: bool = False,
    ) -> Table | pd.DataFrame:
        """As `table`; with `pandas=True` as a frame.

        `samples`, which W&B's users give, has no effect: all rows come.
        """
        found = self.table(keys, min_step, max_step)
        return found.to_pandas() if pandas else found

    def table(
        self,
        keys: str | Sequence[str] | None = None,
        min_step: int | None = None,
        max_step: int | None = None,
    ) -> Table:
        """Rows in which at least one of `keys` was logged; missing where another was not.

        Args:
            keys: names (case does not tell them apart); default: all numbers, bools and texts.
            min_step: the first step.
            max_step: the last step, included.

        Columns: "_step", "_runtime" (seconds since the run was created), "_timestamp" (seconds
        since 1970), then the keys in the order given.

        Raises:
            RunError: a name under which nothing was logged.
        """
        from plotkit.runs.reading import columns_of  # NumPy: only where rows are read

        wanted = self.keys() if keys is None else self.found(keys)
        columns = columns_of(self._record.database, wanted, min_step, max_step)
        start = float(self._record.meta.get("created", 0.0))
        return Table(
            {
                STEP: columns.steps,
                RUNTIME: columns.at - start,
                TIMESTAMP: columns.at,
                **columns.values,
            }
        )

    def rows(
        self,
        keys: str | Sequence[str] | None = None,
        min_step: int | None = None,
        max_step: int | None = None,
    ) -> Iterator[dict[str, Any]]:
        """The same rows as dicts of what was logged, exactly: NaN and None as such, objects too.

        Each has "_step", "_runtime", "_timestamp", and those of `keys` that were logged with it.
        """
        wanted = None if keys is None else set(self.found(keys))
        start = float(self._record.meta.get("created", 0.0))
        for row in self._record.database.rows(min_step, max_step):
            held = {n: v for n, v in row.values.items() if wanted is None or n in wanted}
            if held or not wanted:
                own = {STEP: row.step, RUNTIME: row.at - start, TIMESTAMP: row.at}
                folder = self._record.folder
                yield own | {name: values.restored(v, folder) for name, v in held.items()}

    def keys(self) -> list[str]:
        """The names of all numbers, bools and texts that were logged, in their first order."""
        known = self._record.database.known()
        return [name for name, found in known.items() if found.kind in _PLAIN]

    def objects(self, name: str) -> Iterator[tuple[int, Any]]:
        """The step and the value of every row that has `name`: objects come back as objects."""
        for step, value in self.stored(name):
            yield step, values.restored(value, self._record.folder)

    def stored(self, name: str) -> Iterator[tuple[int, Any]]:
        """The step and the stored form of every row that has `name`."""
        (found,) = self.found([name]) or [name]
        series = self._record.database.series([found])[found]
        held = series.values if isinstance(series.values, list) else series.values.tolist()
        yield from zip(series.steps.tolist(), held, strict=True)

    def found(self, keys: str | Sequence[str]) -> list[str]:
        """Names as they are recorded; raises `RunError` for one that is not."""
        known = list(self._record.database.known())
        asked = [keys] if isinstance(keys, str) else list(keys)
        made = []
        for key in asked:
            if key in names.OWN:
                continue
            found = names.found_in(key, known)
            if found is None:
                where = f"{self._record.project}/{self._record.id}"
                raise errors.RunError.from_unknown_key(key, known, where, "names")
            made.append(found)
        return list(dict.fromkeys(made))


# Those that were read last: a folder may hold more runs than a process may open files.
_MOST_OPEN = 64
_open: WeakValueDictionary[int, Database] = WeakValueDictionary()
_opening = threading.Lock()


def _recently(database: Database) -> None:
    """Let go of the file that was not read for the longest time, if there are many."""
    with _opening:
        _open.pop(id(database), None)
        _open[id(database)] = database
        if len(_open) > _MOST_OPEN:
            oldest = next(iter(_open.values()))
            del _open[id(oldest)]
            oldest.close()  # it opens again when it is read


class SectionFacts:
    """One section of a run that is read; it is not changed afterwards."""

    def __init__(self, record: Record, section: str) -> None:
        self._record, self._section = record, section

    def all(self) -> dict[str, Any]:
        return self._record.database.facts(self._section)

    def set(self, pairs: object) -> None:
        raise errors.RunError.from_read_only_section(str(self._record.folder), self._section)

    forget = set


class Record(Drawing):
    """One run of the folder, to be read; of its data, only the summary can be changed.

    Attributes:
        folder: where it lies.
        history: its rows.
        summary: a value for each name.
        config: its settings.
    """

    error: str | None = None
    """Why it cannot be read; None of all that can."""
    config: Config
    summary: Summary

    def __init__(self, folder: Path, database: Database | None = None) -> None:
        self.folder = folder
        self._database = database or Database(folder)
        self.history = History(self)
        self.config = Config(SectionFacts(self, "config"))
        self.summary = Summary(ReadSummary(self))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.project}/{self.id}, {self.state}>"

    @property
    def database(self) -> Database:
        """The file with everything; it is opened when it is read, and few are at a time."""
        _recently(self._database)
        return self._database

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
    def path(self) -> str:
        """Its project and id: "project/id"."""
        return f"{self.project}/{self.id}"

    @property
    def name(self) -> str:
        return str(self.meta.get("name") or self.id)

    @property
    def tags(self) -> Sequence[str]:
        return list(self.meta.get("tags") or ())

    @property
    def group(self) -> str | None:
        """What `init(group=)` said."""
        return self.meta.get("group")

    @property
    def job_type(self) -> str | None:
        """What `init(job_type=)` said."""
        return self.meta.get("job_type")

    @property
    def dir(self) -> str:
        """Its folder, as text."""
        return str(self.folder)

    @property
    def url(self) -> str:
        """Its folder, as an address: "file:///..."."""
        return self.folder.absolute().as_uri()

    @property
    def entity(self) -> str:
        """The user or team in W&B's paths; there are none here, so it is the empty text."""
        return ""

    @property
    def state(self) -> str:
        """One of "running", "finished", "failed" (by an exception), "crashed"."""
        # Where nothing is said of it yet, it begins, if its file is new.
        meta = self.meta or {"seen": (self.folder / folders.DATABASE).stat().st_mtime}
        state = str(meta.get("state", "running"))
        return "crashed" if state == "running" and not process.is_alive(meta) else state

    @property
    def notes(self) -> list[str]:
        """What was not recorded as it was given, with counts; what was lost comes first."""
        return [*self.losses, *Remarks(self.meta.get("remarks")).sentences(informing=True)]

    @property
    def losses(self) -> list[str]:
        """Those of the notes that say what was dropped, replaced or not read."""
        meta = self.meta
        brought = meta.get("imported") or {}
        return [*Remarks(meta.get("remarks")).sentences(informing=False), *brought.get("notes", ())]

    def metric(self, name: str) -> Definition:
        """What `define_metric` said of a name."""
        return Definitions(self.database.facts("metrics")).of(name)

    def scan_history(
        self,
        keys: str | Sequence[str] | None = None,
        page_size: int | None = None,
        min_step: int | None = None,
        max_step: int | None = None,
    ) -> Iterator[dict[str, Any]]:
        """`history.rows` under W&B's name; rows that have all of `keys`. `max_step` is left out."""
        last = None if max_step is None else max_step - 1
        if keys is None:
            yield from self.history.rows(None, min_step, last)
            return
        asked = [keys] if isinstance(keys, str) else list(keys)
        spelt = {key: (self.history.found([key]) or [key])[0] for key in asked}
        for row in self.history.rows(asked, min_step, last):
            if all(name in row for name in spelt.values()):
                yield {key: row[name] for key, name in spelt.items()}

    def export(self, path: str | os.PathLike[str], keys: str | Sequence[str] | None = None) -> Path:
        """Write all rows to a Parquet or CSV file, exactly; returns its path.

        Args:
            path: ends with .parquet or .csv.
            keys: the names to write; default: all. Lists and objects are written as JSON text.

        Raises:
            SaveError: another ending, or the file cannot be written.
        """
        from plotkit.runs import exported

        wanted = None if keys is None else self.history.found(keys)
        return exported.write(self.database, path, wanted, self.meta.get("created", 0.0))
