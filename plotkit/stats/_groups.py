"""Categories of a column: their order, and the rows of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from plotkit import notes

if TYPE_CHECKING:
    import narwhals as nw

    from plotkit.column import Column
    from plotkit.table import LazyColumns

Array = np.ndarray[Any, Any]

MISSING = "(missing)"
ROW = "plotkit row"  # the row number's column while a lazy frame is reduced


def factorize(column: Column) -> tuple[list[str], Array]:
    """The column's categories in drawing order, and each row's position in them.

    The order is the declared one of a categorical, else that of first appearance; categories
    without a row are left out.

    >>> from plotkit.column import Column
    >>> factorize(Column("c", "text", values=["b", "a", "b"]))
    (['b', 'a'], array([0, 1, 0]))
    """
    found, codes = column.coded()
    names = found
    if column.facts().missing:
        first = int(np.argmax(codes < 0))  # where the missing ones stand among the others
        before = 0 if first == 0 else int(codes[:first].max()) + 1
        names = [*found[:before], MISSING, *found[before:]]
    names = in_order(list(dict.fromkeys(names)), column.categories)
    position = {name: i for i, name in enumerate(names)}
    into = [*map(position.__getitem__, found), position.get(MISSING, 0)]
    return names, np.array(into, dtype=np.intp)[codes]


def in_order(names: list[str], declared: tuple[str, ...] | None) -> list[str]:
    """Names by the declared order, those outside it after, as they came."""
    if not declared:
        return names
    place = {name: i for i, name in enumerate(declared)}
    return sorted(names, key=lambda name: place.get(name, len(place)))


def split(column: Column) -> list[tuple[str, Array]]:
    """Each category with the indices of its rows, rising."""
    names, codes = factorize(column)
    if len(names) == 1:
        return [(names[0], np.arange(len(codes)))]
    order = _stable_order(codes, len(names))
    ends = np.cumsum(np.bincount(codes, minlength=len(names)))
    return [(name, rows) for name, rows in zip(names, np.split(order, ends[:-1]), strict=True)]


def _stable_order(codes: Array, count: int) -> Array:
    """The rows by their codes, those of one code rising.

    Integers of 8 and 16 bits are sorted by radix, which takes a tenth of the time.
    """
    if count <= 1 << 15:
        return np.argsort(codes.astype(np.int8 if count <= 1 << 7 else np.int16), kind="stable")
    order = np.argsort(codes.astype(np.uint16), kind="stable")  # the lower bits
    upper = codes >> 16
    if count <= 1 << 31:
        upper = upper.astype(np.uint16)
    found: Array = order[np.argsort(upper[order], kind="stable")]
    return found


def natural_key(text: str) -> tuple[int, float, str]:
    """A sorting key: numbers by value before other text by its characters.

    >>> sorted(["b", "10", "9", "-1.5"], key=natural_key)
    ['-1.5', '9', '10', 'b']
    """
    try:
        number = float(text)
    except ValueError:
        return (1, 0.0, text)
    return (0, number, text) if number == number else (1, 0.0, text)


def numbered(frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any] | None:
    """The frame with its row numbers in column `ROW`, or None where its rows have no order.

    Polars and DuckDB keep the order of a file's rows; narwhals has no word for it on lazy frames.
    """
    import narwhals as nw  # heavy: only lazy frames come here

    native: Any = frame.to_native()
    where = type(native).__module__.partition(".")[0]
    counted: nw.LazyFrame[Any] | None = None
    if where == "polars":
        counted = nw.from_native(native.with_row_index(ROW))
    elif where in ("duckdb", "_duckdb"):
        counted = nw.from_native(native.project(f'*, row_number() over () as "{ROW}"'))
    return counted


def lazy_order(data: LazyColumns, role: str, said: list[str]) -> tuple[list[str], bool]:
    """A lazy column's categories in drawing order, and whether it is that of the rows.

    The order is the declared one of a categorical, else that of first appearance, else (the
    engine's rows have none) sorted, which is said in a note.
    """
    import narwhals as nw

    declared = declared_order(data, role)
    with_rows = numbered(data.frame)
    if with_rows is None:
        found = data.collect(data.frame.select(role).unique())[role]
        names = [MISSING if v is None else str(v) for v in found.as_text()]
        declared = declared or found.categories
        if not declared:
            said.append(notes.sorted_labels(data.names[role]))
        return in_order(sorted(names, key=natural_key), declared), False
    firsts = with_rows.select(role, ROW).group_by(role).agg(nw.col(ROW).min())
    held = data.collect(firsts)
    order = np.argsort(held[ROW].as_array(), kind="stable")
    texts = held[role].as_text()
    names = [MISSING if texts[i] is None else str(texts[i]) for i in order.tolist()]
    return in_order(names, declared or held[role].categories), True


def declared_order(data: LazyColumns, role: str) -> tuple[str, ...] | None:
    """The categories of a lazy column whose type lists them (DuckDB's and Polars' enums)."""
    listed = getattr(data.frame.collect_schema()[role], "categories", None)
    return tuple(str(name) for name in listed) if listed is not None else None
