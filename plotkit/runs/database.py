"""What one run has recorded, in one SQLite file: rows, summary, config and what is known of it.

Any number of readers may look while the one writer writes.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from plotkit.runs import columnar, folders, opening, packed
from plotkit.runs.blocks import Sealing
from plotkit.runs.columnar import Known, Series
from plotkit.runs.packed import Row

__all__ = ["GONE", "Database", "Known", "Row", "Series"]

GONE = object()  # instead of a value: the fact is to be forgotten

_LARGEST_LOG = 4 << 20  # bytes beside the file that are put into it

_FIRST, _LAST = -(1 << 63), (1 << 63) - 1


class Database:
    """One run's file.

    Sections of facts: "meta" (id, project, name, state, created, ended, ...), "config",
    "summary", "metrics" (what `define_metric` said, by name or glob); each maps names to JSON.

    Args:
        folder: the run's folder.
        create: make it where there is none.
        first: facts by section and name that a file which is made holds from the beginning.

    Reading changes nothing, not even a file of an older format, and works in a folder that
    cannot be written; the first `write` opens the file for that. Any thread may use it.

    Raises `RunError` where there is no run, its file is damaged, or a newer plotkit made it.

    >>> import tempfile
    >>> database = Database(Path(tempfile.mkdtemp()), create=True)
    >>> database.write([Row(0, 1.7e9, {"loss": 0.5}), Row(1, 1.7e9, {"loss": 0.25, "epoch": 1})])
    >>> database.known()["loss"]
    Known(kind='number', count=2, first_step=0, last_step=1)
    >>> database.series(["loss"])["loss"].values
    array([0.5 , 0.25])
    >>> database.close()
    """

    def __init__(
        self,
        folder: Path,
        *,
        create: bool = False,
        first: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        self.folder = folder
        self._path = folder / folders.DATABASE
        self._reading_lock = threading.RLock()
        self._writing_lock = threading.RLock()
        self._opened: opening.Opened | None = None
        self._pen: sqlite3.Connection | None = None
        self._sealing: Sealing | None = None
        self._seen: object = None  # what the pen knows of others' writing
        self._merge_at = _LARGEST_LOG
        self._tight = False  # whether the disk was full: then as little as possible lies beside
        self._process = os.getpid()
        if create:
            with opening.told(self._path, writing=True):
                opening.create(self._path, lambda pen: _write_facts(pen, first or {}))
            self._open_pen()
        with self._reading_lock:
            self._connection()

    # --- reading -------------------------------------------------------------------------------

    def facts(self, section: str) -> dict[str, Any]:
        """All of one section."""
        with self._reading() as connection:
            found = connection.execute(
                "SELECT name, value FROM facts WHERE section = ?", (section,)
            )
            return {name: json.loads(value) for name, value in found}

    def rows(self, min_step: int | None = None, max_step: int | None = None) -> Iterator[Row]:
        """The rows of the steps from `min_step` to `max_step`, both included, in their order."""
        low, high = _span(min_step, max_step)
        while low <= high:
            with self._reading() as connection:  # never held while the caller works
                some = columnar.next_rows(connection, low, high)
            yield from some
            low = some[-1].step + 1 if some else high + 1

    def last_step(self) -> int | None:
        """The largest step, None where nothing is logged."""
        with self._reading() as connection:
            return columnar.last_step(connection)

    def known(self) -> dict[str, Known]:
        """Every logged name and what is known of it, in the order in which they came."""
        with self._reading() as connection:
            return columnar.known(connection)

    def series(
        self, names: Iterable[str], min_step: int | None = None, max_step: int | None = None
    ) -> dict[str, Series]:
        """The columns of names, over the steps from `min_step` to `max_step`, both included.

        A name that was never logged has an empty column.
        """
        with self._reading() as connection:
            return columnar.series(connection, names, *_span(min_step, max_step))

    def version(self) -> object:
        """A value that differs once anything was written, by whomever."""
        with self._reading_lock, opening.told(self._path):
            opened = self._connection()
            if opened.live:
                return opened.connection.execute("PRAGMA data_version").fetchone()[0]
            now = opening.stamp(self._path)
            if now != self._stamp:
                opened.close()
                self._opened = None
                self._connection()
            return now

    # --- writing -------------------------------------------------------------------------------

    def write(
        self, rows: Iterable[Row] = (), facts: Mapping[str, Mapping[str, Any]] | None = None
    ) -> None:
        """Add rows, and set facts by section and name; all of it or nothing.

        A row of a step that is there joins it: later values win, others stay. Raises `RunError`.
        """
        with self._writing_lock, opening.told(self._path, writing=True):
            pen, sealing = self._open_pen()
            if self._tight:
                self._make_room(pen)
            try:
                pen.execute("BEGIN IMMEDIATE")
                others = pen.execute("PRAGMA data_version").fetchone()[0]
                if others != self._seen:
                    sealing.forget()
                    self._seen = others
                if rows:
                    sealing.write(rows)
                if facts:
                    _write_facts(pen, facts)
                pen.execute("COMMIT")
            except BaseException as reason:
                sealing.forget()
                if pen.in_transaction:
                    pen.execute("ROLLBACK")
                self._tight |= isinstance(reason, sqlite3.Error)
                raise
            self._merge(pen)

    def forget(self, section: str, names: Iterable[str]) -> None:
        """Take facts away; raises `RunError`."""
        self.write(facts={section: dict.fromkeys(names, GONE)})

    def close(self) -> None:
        """Let go of the file; using the database again opens it again."""
        with self._writing_lock, self._reading_lock:
            self._after_fork()
            if self._opened is not None:
                self._opened.close()
            if self._pen is not None:
                opening.close_writing(self._pen)
            self._opened = self._pen = self._sealing = None

    # --- inside --------------------------------------------------------------------------------

    def __del__(self) -> None:
        with suppress(Exception):
            self.close()

    def _after_fork(self) -> None:
        """In a forked child connections are the parent's: closing them here could harm it."""
        if self._process != os.getpid():
            _inherited.append((self._opened, self._pen))
            self._opened = self._pen = self._sealing = None
            self._process = os.getpid()

    def _connection(self) -> opening.Opened:
        self._after_fork()
        if self._opened is None:
            self._stamp = opening.stamp(self._path)
            self._opened = opening.for_reading(self._path)
        return self._opened

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """One state of the file for all that is read within."""
        with self._reading_lock, opening.told(self._path):
            connection = self._connection().connection
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.execute("ROLLBACK")

    def _merge(self, pen: sqlite3.Connection) -> None:
        if opening.beside(self._path) >= self._merge_at:
            with suppress(sqlite3.Error):  # a full disk; what was written is safe where it is
                opening.merge(pen)
            # A reader may have kept us from it: then not at once again.
            self._merge_at = opening.beside(self._path) + (0 if self._tight else _LARGEST_LOG)

    def _make_room(self, pen: sqlite3.Connection) -> None:
        """What lies beside the file may fill the disk: a failed write leaves it long."""
        with suppress(sqlite3.Error):
            opening.make_room(pen)
        self._merge_at = 0

    def _open_pen(self) -> tuple[sqlite3.Connection, Sealing]:
        self._after_fork()
        if self._pen is None or self._sealing is None:
            self._pen = opening.for_writing(self._path)
            self._sealing = Sealing(self._pen)
            self._seen = None
            if self._opened is not None and not self._opened.live:  # it was of an older format
                self._opened.close()
                self._opened = None
        return self._pen, self._sealing


_inherited: list[object] = []


def _span(min_step: int | None, max_step: int | None) -> tuple[int, int]:
    low = _FIRST if min_step is None else max(min_step, _FIRST)
    return low, _LAST if max_step is None else min(max_step, _LAST)


def _write_facts(pen: sqlite3.Connection, facts: Mapping[str, Mapping[str, Any]]) -> None:
    pairs = [
        (section, packed.writable(name), value)
        for section, named in facts.items()
        for name, value in named.items()
    ]
    pen.executemany(
        "INSERT OR REPLACE INTO facts VALUES (?, ?, ?)",
        (
            (section, name, packed.to_json(value))
            for section, name, value in pairs
            if value is not GONE
        ),
    )
    pen.executemany(
        "DELETE FROM facts WHERE section = ? AND name = ?",
        ((section, name) for section, name, value in pairs if value is GONE),
    )
