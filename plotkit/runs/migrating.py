"""Run files of older formats: made new when they are written to, and read as they are."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable

from plotkit.runs import blocks
from plotkit.runs.packed import Row

FORMAT = 2


def schema(connection: sqlite3.Connection) -> None:
    """Lay out a file of the newest format, inside a transaction."""
    # One by one, since `executescript` would end the transaction.
    for statement in blocks.SCHEMA.split(";\n"):
        connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {FORMAT}")


def migrate(connection: sqlite3.Connection, found: int) -> None:
    """From the format that was found to the newest, inside a transaction."""
    for number in range(found, FORMAT):
        _STEPS[number](connection)


def in_memory(connection: sqlite3.Connection, found: int) -> sqlite3.Connection:
    """What an older file holds, in the newest format, in memory; the file stays as it is."""
    made = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    connection.backup(made)
    made.execute("BEGIN")
    migrate(made, found)
    made.execute("COMMIT")
    return made


def _from_1(connection: sqlite3.Connection) -> None:
    """Format 1: a row is its step, its time and all of its values as one JSON text."""
    connection.execute("ALTER TABLE rows RENAME TO rows_1")
    connection.execute("ALTER TABLE facts RENAME TO facts_1")
    schema(connection)
    connection.execute("INSERT INTO facts SELECT section, name, value FROM facts_1")
    found = connection.execute("SELECT step, at, data FROM rows_1 ORDER BY step")
    sealing = blocks.Sealing(connection)
    while some := found.fetchmany(1000):
        sealing.write(Row(step, at, json.loads(data)) for step, at, data in some)
    connection.execute("DROP TABLE rows_1")
    connection.execute("DROP TABLE facts_1")


_STEPS: dict[int, Callable[[sqlite3.Connection], None]] = {1: _from_1}
