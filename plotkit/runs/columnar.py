"""Reading a run's rows and columns from its file, inside a transaction that the caller holds."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from plotkit.runs import blocks, packed
from plotkit.runs.packed import Row

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

_ROWS_AT_ONCE = 2000


@dataclass(frozen=True)
class Known:
    """What is known of one logged name without reading its values.

    Attributes:
        kind: "number", "bool", "text", "list", "none", an object's "_type" (that of its objects
            for a list of objects), or "mixed"; None beside other values does not count, and a
            value that was replaced by another later may.
        count: rows that have it.
        first_step: the step of the first of them.
        last_step: and of the last.
    """

    kind: str
    count: int
    first_step: int
    last_step: int


class Series(NamedTuple):
    """All values of one name, in the order of steps; only rows that have it.

    Attributes:
        steps: int64.
        at: float64, seconds since 1970.
        values: an array, float64, int64 or bool, where that holds them exactly; a list where it
            does not: text, None, objects, integers beyond 64 bits, bools among numbers.

    Names that were logged in the same rows share their arrays `steps` and `at`.
    """

    steps: Array
    at: Array
    values: Array | list[Any]


def names_of(connection: sqlite3.Connection) -> dict[int, str]:
    """All names by their numbers, in the order in which they were first logged."""
    return dict(connection.execute("SELECT id, name FROM names ORDER BY id"))


def open_rows(connection: sqlite3.Connection, low: int, high: int, most: int = -1) -> list[Row]:
    """Rows that are in no block, from the step `low` to `high`, at most so many."""
    unpack = packed.Unpacker(names_of(connection)).unpack
    found = connection.execute(
        "SELECT step, at, data, checksum FROM rows WHERE step BETWEEN ? AND ? ORDER BY step "
        "LIMIT ?",
        (low, high, most),
    )
    return [Row(step, at, unpack(packed.checked(data, check))) for step, at, data, check in found]


def next_rows(connection: sqlite3.Connection, low: int, high: int) -> list[Row]:
    """Some rows from the step `low` on, up to `high`, in order; none where there are no more."""
    found = connection.execute(
        "SELECT first_step FROM blocks WHERE last_step >= ? AND first_step <= ? "
        "ORDER BY first_step LIMIT 1",
        (low, high),
    ).fetchone()
    rows = open_rows(connection, low, high if found is None else found[0], _ROWS_AT_ONCE)
    if rows or found is None:
        return rows
    rows = blocks.rows_of_block(connection, found[0], names_of(connection))
    # A block that has nothing in the range must not look like the end.
    inside = [row for row in rows if low <= row.step <= high]
    return inside or next_rows(connection, rows[-1].step + 1, high)


def last_step(connection: sqlite3.Connection) -> int | None:
    """The largest step, None where nothing is logged."""
    found = connection.execute(
        "SELECT max(last) FROM (SELECT max(step) AS last FROM rows UNION ALL "
        "SELECT max(last_step) FROM blocks)"
    ).fetchone()[0]
    return None if found is None else int(found)


def known(connection: sqlite3.Connection) -> dict[str, Known]:
    """Every logged name, in the order in which they were first logged."""
    kinds: dict[str, set[str]] = {}
    spans: dict[str, tuple[int, int, int]] = {}
    for name, told, count, first, last in connection.execute(
        "SELECT name, kinds, count, first_step, last_step FROM names ORDER BY id"
    ):
        kinds[name] = set(told.split())
        spans[name] = count, *((first, last) if count else (1 << 63, -(1 << 63)))
    for names, (count, first, last) in _open_spans(connection, kinds).items():
        for name in names:
            before = spans[name]
            spans[name] = before[0] + count, min(before[1], first), max(before[2], last)
    return {name: Known(_one_kind(kinds[name]), *span) for name, span in spans.items() if span[0]}


def _open_spans(
    connection: sqlite3.Connection, kinds: dict[str, set[str]]
) -> dict[tuple[str, ...], list[int]]:
    """Count, first and last step of rows in no block, by their names; adds to the kinds."""
    unpacker = packed.Unpacker(names_of(connection))
    heads: dict[bytes, list[int]] = {}
    for step, data, check in connection.execute(
        "SELECT step, data, checksum FROM rows ORDER BY step"
    ):
        head = unpacker.head(packed.checked(data, check))
        span = heads.get(head)
        if span is None:
            heads[head] = [1, step, step]
        else:
            span[0] += 1
            span[2] = step
        if packed.JSON in unpacker.layout(head)[1]:
            for name, value in unpacker.unpack(data).items():
                kinds[name].update(packed.kinds_of(packed.kind_of(type(value)), (value,)))
    spans: dict[tuple[str, ...], list[int]] = {}
    for head, (count, first, last) in heads.items():
        names, told, *_ = unpacker.layout(head)
        for name, kind in zip(names, told, strict=True):
            if kind != packed.JSON:
                kinds[name].update(packed.kinds_of(kind, ()))
        span = spans.setdefault(names, [0, first, last])
        span[:] = span[0] + count, min(span[1], first), max(span[2], last)
    return spans


def _one_kind(kinds: set[str]) -> str:
    said = kinds - {"none"}
    return "none" if not said else said.pop() if len(said) == 1 else "mixed"


# --- columns -------------------------------------------------------------------------------------


class _Piece(NamedTuple):
    """A part of a column: the rows of one block, or the rows that are in none."""

    source: object  # the same for pieces of the same rows
    steps: Callable[[], Array]
    ats: Callable[[], Array]
    numbers: Array | None  # where they are numbers
    values: Callable[[], list[Any]]  # exactly as they were


def series(
    connection: sqlite3.Connection, names: Iterable[str], low: int, high: int
) -> dict[str, Series]:
    """The columns of names, from the step `low` to `high`; empty where nothing was logged."""
    numbers = {name: number for number, name in names_of(connection).items()}
    parts = _Blocks(connection, low, high)
    rows = open_rows(connection, low, high)
    shared: dict[tuple[object, ...], tuple[Array, Array, Array | None]] = {}
    made = {}
    for name in names:
        pieces = parts.pieces(numbers[name]) if name in numbers else []
        pieces += _from_rows(name, rows)
        key = tuple(piece.source for piece in pieces)
        if key not in shared:
            shared[key] = _clipped(pieces, low, high)
        steps, at, chosen = shared[key]
        values = _joined(pieces)
        if chosen is not None:
            if isinstance(values, list):
                values = [values[place] for place in chosen.tolist()]
            else:
                values = values[chosen]
        made[name] = Series(steps, at, values)
    return made


class _Blocks:
    """The blocks of a range of steps; their steps and times are read once for all names."""

    def __init__(self, connection: sqlite3.Connection, low: int, high: int) -> None:
        self._connection = connection
        self._range = low, high
        self._spines: dict[int, tuple[Array, Array]] = {}

    def spine(self, block: int) -> tuple[Array, Array]:
        """The steps and times of a block."""
        if block not in self._spines:
            count, kind, steps, ats, check = self._connection.execute(
                "SELECT count, steps_kind, steps, ats, checksum FROM blocks WHERE first_step = ?",
                (block,),
            ).fetchone()
            packed.checked(steps + ats, check)
            self._spines[block] = (
                packed.plain_array(kind, steps, count),
                packed.plain_array(packed.FLOAT, ats, count),
            )
        return self._spines[block]

    def pieces(self, number: int) -> list[_Piece]:
        """The parts of one column."""
        low, high = self._range
        found = self._connection.execute(
            "SELECT block, kind, columns.count, present, data, columns.checksum "
            "FROM blocks JOIN columns ON columns.block = blocks.first_step AND columns.name = ? "
            "WHERE first_step <= ? AND last_step >= ? ORDER BY first_step",
            (number, high, low),
        )
        return [self._piece(*row) for row in found]

    def _piece(
        self, block: int, kind: str, count: int, present: bytes | None, data: bytes, check: int
    ) -> _Piece:
        packed.checked(data + (present or b""), check)
        places = slice(None) if present is None else packed.places(present)
        return _Piece(
            (block, present),
            lambda: self.spine(block)[0][places],
            lambda: self.spine(block)[1][places],
            packed.numbers(kind, data, count),
            lambda: packed.unpack_column(kind, data, count),
        )


def _from_rows(name: str, rows: Sequence[Row]) -> list[_Piece]:
    import numpy as np

    having = [row for row in rows if name in row.values]
    if not having:
        return []
    values = [row.values[name] for row in having]
    kind, data = packed.pack_column(values)
    return [
        _Piece(
            tuple(row.step for row in having),
            lambda: np.array([row.step for row in having], "i8"),
            lambda: np.array([row.at for row in having], "f8"),
            packed.numbers(kind, data, len(having)),
            lambda: values,
        )
    ]


def _clipped(pieces: Sequence[_Piece], low: int, high: int) -> tuple[Array, Array, Array | None]:
    """Steps and times in order, and which of the pieces' values they are (None: all, as given)."""
    import numpy as np

    if not pieces:
        return np.empty(0, "i8"), np.empty(0, "f8"), None
    steps = np.concatenate([piece.steps() for piece in pieces])
    at = np.concatenate([piece.ats() for piece in pieces])
    chosen = None
    if np.any(steps[1:] < steps[:-1]):  # rows that lie between blocks
        chosen = np.argsort(steps, kind="stable")
    ordered = steps if chosen is None else steps[chosen]
    first, last = np.searchsorted(ordered, low), np.searchsorted(ordered, high, side="right")
    if first or last < len(ordered):
        chosen = np.arange(len(steps))[first:last] if chosen is None else chosen[first:last]
    return (steps, at, None) if chosen is None else (steps[chosen], at[chosen], chosen)


def _joined(pieces: Sequence[_Piece]) -> Array | list[Any]:
    import numpy as np

    arrays = [piece.numbers for piece in pieces if piece.numbers is not None]
    if not pieces:
        return np.empty(0)
    if len(arrays) == len(pieces):
        kinds = {part.dtype.kind for part in arrays}
        if len(kinds) == 1 or ("b" not in kinds and all(map(_fit_floats, arrays))):
            return np.concatenate(arrays)
    return [value for piece in pieces for value in piece.values()]


def _fit_floats(numbers: Array) -> bool:
    return numbers.dtype.kind == "f" or packed.fit_floats(numbers)
