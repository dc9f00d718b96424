"""Tables and frames as logged values."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np

from plotkit import errors
from plotkit.errors import shown
from plotkit.runs import media
from plotkit.runs.media import parquet
from plotkit.runs.media.base import File, Media, given
from plotkit.table import Table


class LoggedTable(Media):
    """A table, kept as a Parquet file with the types that its columns have.

    Args:
        source: a `Table`, or anything that `Table` takes: a frame, rows, columns.

    Whole numbers, None beside NaN, times, text and bools come back as they were. Moments of a time
    zone are kept in UTC. Cells may be objects: images, histograms, figures; a column of them is
    kept as the JSON of their stored forms, and read back as objects.

    Raises:
        MediaError: cells that are lists or dicts, whole numbers beyond 64 bits, no columns.
        DataError: a column holds values of several kinds.

    >>> made = LoggedTable({"step": [1, 2], "loss": [0.5, None]})
    >>> made
    LoggedTable(2 rows: step, loss)
    """

    kind = "table"

    columns: list[str]
    """The names of its columns."""

    def __init__(self, source: object) -> None:
        self._table: Table | None = source if isinstance(source, Table) else Table(source)
        self.columns = self._table.columns
        self._folder: Path | None = None
        self._cells: dict[str, list[Media | None]] = {}
        self._parts: dict[str, parquet.Part] = {}
        self._file: File | None = None
        found = parquet.of_table(self._table)
        if isinstance(found, tuple):
            written, self._rows = parquet.of_frame(*found)
            self._file = File(written, ".parquet")
            return
        self._cells = {
            name: cells for name in found if (cells := _objects(name, found[name])) is not None
        }
        plain = {name: found[name] for name in found if name not in self._cells}
        self._parts = parquet.parts(plain)
        self._rows = len(self._table)
        if not self._cells:
            self._file = File(parquet.written(self._parts), ".parquet")

    def __len__(self) -> int:
        return self._rows

    def __repr__(self) -> str:
        rows = f"{self._rows:,} row{'' if self._rows == 1 else 's'}"
        return f"LoggedTable({rows}: {', '.join(self.columns)})"

    def _repr_html_(self) -> str:
        return self.table._repr_html_()

    @property
    def path(self) -> Path | None:
        """Its Parquet file; None where it is not on the disk yet."""
        return self._file.path if self._file is not None else None

    @property
    def table(self) -> Table:
        """It, as a `Table`: of a logged one the rows are read when they are asked for."""
        if self._table is None:
            assert self.path is not None and self._folder is not None
            found = Table.read(self.path)
            if self._names:
                columns = {name: found.column(name).as_list() for name in self.columns}
                for name in self._names:
                    columns[name] = [_restored(text, self._folder) for text in columns[name]]
                found = Table(columns)
            self._table = found
        return self._table

    def store(self, keep: Callable[[bytes, str], str]) -> dict[str, Any]:
        file = self._file
        if file is None:
            texts = {name: _texts(cells, keep) for name, cells in self._cells.items()}
            every = {name: texts.get(name) or self._parts[name] for name in self.columns}
            file = File(parquet.written(every), ".parquet")
        return {
            "_type": self.kind,
            "file": file.keep(keep),
            "rows": self._rows,
            "columns": self.columns,
            **given(objects=self._names),
        }

    @property
    def _names(self) -> list[str]:
        """The columns of objects."""
        return list(self._cells)

    @classmethod
    def load(cls, stored: Mapping[str, Any], folder: Path) -> Self:
        made = cls.__new__(cls)
        made._file = File.of_run(stored.get("file"), folder)
        made._folder, made._table, made._parts = folder, None, {}
        made.columns, made._rows = list(stored["columns"]), int(stored["rows"])
        made._cells = {name: [] for name in stored.get("objects", [])}
        return made


# --- objects in cells ----------------------------------------------------------------------------


def _objects(name: str, values: Any) -> list[Media | None] | None:
    """The objects of a column that holds some; None of a column without any."""
    if not isinstance(values, list):
        return None
    made = [media.wrap(value) if _may_be_object(value) else None for value in values]
    if not any(made):
        return None
    for row, (value, one) in enumerate(zip(values, made, strict=True)):
        if one is None and value is not None:
            told = f"column {shown(name)}, row {row}: {shown(value)} among objects"
            raise errors.MediaError.from_object("Table", told, "objects and None in one column")
    return made


def _may_be_object(value: Any) -> bool:
    return value is not None and not isinstance(value, (bool, int, float, str, list, dict))


def _texts(cells: list[Media | None], keep: Callable[[bytes, str], str]) -> parquet.Part:
    made = ["" if one is None else json.dumps(one.store(keep), ensure_ascii=False) for one in cells]
    missing = np.array([one is None for one in cells], dtype=bool)
    return parquet.Part(np.array(made, dtype=object), missing, "VARCHAR")


def _restored(text: str | None, folder: Path) -> Any:
    if text is None:
        return None
    stored = json.loads(text)
    return media.load(stored, folder) or stored
