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
    values = [MISSING if v is None else str(v) for v in column.as_text()]
    names = in_order(list(dict.fromkeys(values)), column.categories)
    position = {name: i for i, name in enumerate(names)}
    codes = np.fromiter(map(position.__getitem__, values), dtype=np.intp, count=len(values))
    return names, codes


def in_order(names: list[str], declared: tuple[str, ...] | None) -> list[str]:
    """Names by the declared order, those outside it after, as they came."""
    if not declared:
        return names
    place = {name: i for i, name in enumerate(declared)}
    return sorted(names, key=lambda name: place.get(name, len(place)))


def split(column: Column) -> list[tuple[str, Array]]:
    """Each category with the indices of its rows, rising."""
    names, codes = factorize(column)
    small = codes.astype(np.int16) if len(names) < 32_000 else codes  # int16 sorts by radix
    order = np.argsort(small, kind="stable")
    ends = np.cumsum(np.bincount(codes, minlength=len(names)))
    return [(name, rows) for name, rows in zip(names, np.split(order, ends[:-1]), strict=True)]


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
