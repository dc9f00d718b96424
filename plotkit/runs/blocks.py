"""How rows lie in a run's file, and how they get there.

New rows lie in `rows`, one packed blob each, so that writing one is cheap and a kill tears none.
Once there are some thousand, they are sealed: a block is a row of `blocks` (its steps and times)
and one row of `columns` for each name, so that one metric of a million rows is read from a few
hundred blobs. Blocks and rows never share a step, and blocks do not overlap: a row that comes
late, into a block, opens that block again.
"""

from __future__ import annotations

import sqlite3
import zlib
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from plotkit.runs import packed
from plotkit.runs.packed import Row

SCHEMA = """
CREATE TABLE facts (section TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (section, name)) WITHOUT ROWID;
CREATE TABLE names (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,
    kinds TEXT NOT NULL DEFAULT '', count INTEGER NOT NULL DEFAULT 0,
    first_step INTEGER, last_step INTEGER);
CREATE TABLE rows (step INTEGER PRIMARY KEY, at REAL NOT NULL, data BLOB NOT NULL,
    checksum INTEGER NOT NULL);
CREATE TABLE blocks (first_step INTEGER PRIMARY KEY, last_step INTEGER NOT NULL,
    count INTEGER NOT NULL, steps_kind TEXT NOT NULL, steps BLOB NOT NULL, ats BLOB NOT NULL,
    checksum INTEGER NOT NULL);
CREATE TABLE columns (block INTEGER NOT NULL, name INTEGER NOT NULL, kind TEXT NOT NULL,
    count INTEGER NOT NULL, present BLOB, data BLOB NOT NULL, checksum INTEGER NOT NULL);
CREATE UNIQUE INDEX columns_of_blocks ON columns (block, name);
"""

_MOST_ROWS = 4096  # of a block
_MOST_VALUES = 1 << 18
_KEPT_OPEN = 64  # the newest rows are not sealed: what belongs to a step may come in parts

_ADD_ROW = "INSERT OR REPLACE INTO rows VALUES (?, ?, ?, ?)"
_TELL = """UPDATE names SET kinds = ?, count = count + ?,
    first_step = min(?, ifnull(first_step, ?)), last_step = max(?, ifnull(last_step, ?))
    WHERE id = ?"""


class Sealing:
    """The rows of a run, as one connection writes them.

    It knows which rows are in no block yet, and so must `forget` whenever a transaction was rolled
    back, or somebody else wrote.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._packer = packed.Packer(self._number)
        self.forget()

    def forget(self) -> None:
        """Know nothing of the file any more."""
        self._open: dict[int, Row] = {}
        self._held = 0  # values in open rows
        self._numbers: dict[str, int] = {}
        self._last_sealed: int | None = None
        self._known = False
        self._packer.forget()

    def write(self, rows: Iterable[Row]) -> None:
        """Add rows, inside a transaction; of equal steps, later values win and others stay."""
        if not self._known:
            self._learn()
        changed: dict[int, Row] = {}
        for row in rows:
            step = row.step
            if self._last_sealed is not None and step <= self._last_sealed:
                self._open_block(step)
            before = self._open.get(step)
            if before is not None:
                row = Row(step, row.at, {**before.values, **row.values})
                self._held -= len(before.values)
            self._open[step] = changed[step] = row
            self._held += len(row.values)
        self._connection.executemany(_ADD_ROW, map(self._packed, changed.values()))
        if self._full():
            self._seal()

    # --- inside --------------------------------------------------------------------------------

    def _learn(self) -> None:
        execute = self._connection.execute
        self._numbers = {name: id for id, name in execute("SELECT id, name FROM names")}
        unpacker = packed.Unpacker({id: name for name, id in self._numbers.items()})
        for step, at, data, check in execute("SELECT * FROM rows ORDER BY step"):
            self._open[step] = Row(step, at, unpacker.unpack(packed.checked(data, check)))
        self._held = sum(len(row.values) for row in self._open.values())
        self._learn_last()
        self._known = True

    def _learn_last(self) -> None:
        found = self._connection.execute("SELECT max(last_step) FROM blocks").fetchone()
        self._last_sealed = found[0]

    def _number(self, name: str) -> int:
        name = packed.writable(name)
        found = self._numbers.get(name)
        if found is None:
            made = self._connection.execute("INSERT INTO names (name) VALUES (?)", (name,))
            found = self._numbers[name] = int(made.lastrowid or 0)
        return found

    def _packed(self, row: Row) -> tuple[int, float, bytes, int]:
        data = self._packer.pack(row.values)
        return row.step, row.at, data, zlib.crc32(data)

    def _full(self) -> bool:
        return len(self._open) >= _MOST_ROWS + _KEPT_OPEN or self._held >= _MOST_VALUES

    def _seal(self) -> None:
        steps = sorted(self._open)
        while self._full():
            count = self._fitting(steps)
            chosen, steps = steps[:count], steps[count:]
            rows = [self._open.pop(step) for step in chosen]
            self._held -= sum(len(row.values) for row in rows)
            self._write_block(rows)
            self._connection.execute(
                "DELETE FROM rows WHERE step BETWEEN ? AND ?", (chosen[0], chosen[-1])
            )
        self._learn_last()

    def _fitting(self, steps: Sequence[int]) -> int:
        """How many of the oldest open rows become the next block; at least one."""
        count, values = 0, 0
        most = min(_MOST_ROWS, len(steps) - min(_KEPT_OPEN, len(steps) // 2))
        while count < most and values < _MOST_VALUES:
            values += len(self._open[steps[count]].values)
            count += 1
        if self._last_sealed is not None and steps[0] < self._last_sealed:
            found = self._connection.execute(
                "SELECT min(first_step) FROM blocks WHERE first_step > ?", (steps[0],)
            ).fetchone()[0]
            count = min(count, bisect_right(steps, found)) if found is not None else count
        return count

    def _write_block(self, rows: Sequence[Row]) -> None:
        first, last = rows[0].step, rows[-1].step
        kind, steps = packed.pack_column([row.step for row in rows])
        _, ats = packed.pack_column([float(row.at) for row in rows])
        self._connection.execute(
            "INSERT INTO blocks VALUES (?, ?, ?, ?, ?, ?, ?)",
            (first, last, len(rows), kind, steps, ats, zlib.crc32(ats, zlib.crc32(steps))),
        )
        made, told = [], []
        kinds = self._kinds()
        for name, places, values in columns_of(rows):
            number, present = self._number(name), packed.presence(places, len(rows))
            kind, data = packed.pack_column(values)
            check = zlib.crc32(present or b"", zlib.crc32(data))
            made.append((first, number, kind, len(values), present, data, check))
            found = {*kinds.get(number, "").split(), *packed.kinds_of(kind, values)}
            low, high = rows[places[0]].step, rows[places[-1]].step
            told.append((" ".join(sorted(found)), len(values), low, low, high, high, number))
        self._connection.executemany("INSERT INTO columns VALUES (?, ?, ?, ?, ?, ?, ?)", made)
        self._connection.executemany(_TELL, told)

    def _kinds(self) -> dict[int, str]:
        return dict(self._connection.execute("SELECT id, kinds FROM names"))

    def _open_block(self, step: int) -> None:
        """Make rows again of the block that a step falls into."""
        found = self._connection.execute(
            "SELECT first_step FROM blocks WHERE ? BETWEEN first_step AND last_step", (step,)
        ).fetchone()
        if found is None:
            return
        block = found[0]
        names = {id: name for name, id in self._numbers.items()}
        rows = rows_of_block(self._connection, block, names)
        self._connection.executemany(_ADD_ROW, map(self._packed, rows))
        self._connection.execute(
            "UPDATE names SET count = count - (SELECT count FROM columns WHERE block = ? AND "
            "name = names.id) WHERE id IN (SELECT name FROM columns WHERE block = ?)",
            (block, block),
        )
        self._connection.execute("DELETE FROM columns WHERE block = ?", (block,))
        self._connection.execute("DELETE FROM blocks WHERE first_step = ?", (block,))
        self._open.update((row.step, row) for row in rows)
        self._held += sum(len(row.values) for row in rows)
        self._learn_last()


def columns_of(rows: Sequence[Row]) -> Iterator[tuple[str, Sequence[int], Sequence[Any]]]:
    """Each name, in which of the rows it is, and its values.

    Rows with the same names are turned at once, which is fast; most scripts log few such groups.
    """
    groups: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for at, row in enumerate(rows):
        groups[tuple(row.values)].append(at)
    parts: dict[str, list[tuple[Sequence[int], Sequence[Any]]]] = defaultdict(list)
    for names, places in groups.items():
        turned = zip(*(rows[at].values.values() for at in places), strict=True)
        for name, values in zip(names, turned, strict=True):
            parts[name].append((places, values))
    for name, found in parts.items():
        if len(found) == 1:
            yield name, *found[0]
            continue
        pairs = sorted(
            zip(
                chain.from_iterable(places for places, _ in found),
                chain.from_iterable(values for _, values in found),
                strict=True,
            ),
            key=_place,
        )
        yield name, [at for at, _ in pairs], [value for _, value in pairs]


def _place(pair: tuple[int, Any]) -> int:
    return pair[0]


def rows_of_block(
    connection: sqlite3.Connection, block: int, names: Mapping[int, str]
) -> list[Row]:
    """The rows of the block that begins at a step."""
    count, kind, steps, ats, check = connection.execute(
        "SELECT count, steps_kind, steps, ats, checksum FROM blocks WHERE first_step = ?", (block,)
    ).fetchone()
    packed.checked(steps + ats, check)
    values: list[dict[str, Any]] = [{} for _ in range(count)]
    found = connection.execute(
        "SELECT name, kind, count, present, data, checksum FROM columns WHERE block = ? "
        "ORDER BY rowid",
        (block,),
    )
    for number, column_kind, held, present, data, column_check in found:
        packed.checked(data + (present or b""), column_check)
        places = range(count) if present is None else packed.places(present).tolist()
        column = packed.unpack_column(column_kind, data, held)
        name = names[number]
        for at, value in zip(places, column, strict=True):
            values[at][name] = value
    return list(
        map(
            Row,
            packed.unpack_column(kind, steps, count),
            packed.unpack_column(packed.FLOAT, ats, count),
            values,
        )
    )
