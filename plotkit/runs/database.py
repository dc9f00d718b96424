"""What one run has recorded, in one SQLite file: rows, summary, config and what is known of it.

Any number of readers may look while the one writer writes.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from plotkit.runs import folders

_SCHEMA = """
CREATE TABLE rows (step INTEGER PRIMARY KEY, at REAL NOT NULL, data TEXT NOT NULL);
CREATE TABLE facts (section TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (section, name)) WITHOUT ROWID;
PRAGMA user_version = 1;
"""


class Row(NamedTuple):
    """One step: what was logged with it, at a time in seconds since 1970.

    A value is a number, a bool, text, None, a list, or an object in its stored form (a dict with
    "_type").
    """

    step: int
    at: float
    values: Mapping[str, Any]


class Database:
    """One run's file.

    Sections of facts: "meta" (id, project, name, state, created, ended, ...), "config",
    "summary", "metrics" (what `define_metric` said, by name or glob); each maps names to JSON.
    """

    def __init__(self, folder: Path, *, create: bool = False) -> None:
        self.folder = folder
        if create:
            (folder / folders.MEDIA).mkdir(parents=True, exist_ok=True)
        mode = "rwc" if create else "rw"
        self._connection = sqlite3.connect(
            f"{(folder / folders.DATABASE).as_uri()}?mode={mode}",
            uri=True,
            check_same_thread=False,
        )
        self._connection.execute("PRAGMA journal_mode = WAL")
        if create and not self._connection.execute("PRAGMA user_version").fetchone()[0]:
            self._connection.executescript(_SCHEMA)

    # --- reading -------------------------------------------------------------------------------

    def facts(self, section: str) -> dict[str, Any]:
        """All of one section."""
        found = self._connection.execute(
            "SELECT name, value FROM facts WHERE section = ?", (section,)
        )
        return {name: json.loads(value) for name, value in found}

    def rows(self, min_step: int | None = None, max_step: int | None = None) -> Iterable[Row]:
        """The rows of the steps from `min_step` to `max_step`, both included, in their order."""
        low, high = -(1 << 62) if min_step is None else min_step, max_step
        found = self._connection.execute(
            "SELECT step, at, data FROM rows WHERE step >= ? AND step <= ? ORDER BY step",
            (low, (1 << 62) if high is None else high),
        )
        for step, at, data in found:
            yield Row(step, at, json.loads(data))

    def last_step(self) -> int | None:
        """The largest step, None where nothing is logged."""
        found = self._connection.execute("SELECT max(step) FROM rows").fetchone()[0]
        return None if found is None else int(found)

    def version(self) -> object:
        """A value that differs once another process or thread has written."""
        return self._connection.execute("PRAGMA data_version").fetchone()[0]

    # --- writing -------------------------------------------------------------------------------

    def write(
        self, rows: Iterable[Row] = (), facts: Mapping[str, Mapping[str, Any]] | None = None
    ) -> None:
        """Add rows, and set facts by section and name; all of it or nothing."""
        with self._connection:
            self._connection.executemany(
                "INSERT OR REPLACE INTO rows VALUES (?, ?, ?)",
                ((row.step, row.at, json.dumps(dict(row.values))) for row in rows),
            )
            self._connection.executemany(
                "INSERT OR REPLACE INTO facts VALUES (?, ?, ?)",
                (
                    (section, name, json.dumps(value))
                    for section, pairs in (facts or {}).items()
                    for name, value in pairs.items()
                ),
            )

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()
