"""Tables as Parquet files: every type, None and NaN as they were given."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from plotkit import column as columns_of
from plotkit import errors
from plotkit.column import Column
from plotkit.errors import shown
from plotkit.table import Table

Array = np.ndarray[Any, Any]

_TAKES = "numbers, bools, text, times, and objects such as pk.Image"
_NESTED = ("STRUCT", "MAP", "UNION")


class Part(NamedTuple):
    """A column: values as an array, where it has none (None: nowhere), and DuckDB's type of it."""

    values: Array
    missing: Array | None
    type: str


def parts(columns: Mapping[str, Any]) -> dict[str, Part]:
    """Columns of lists, arrays and `Column`s, copied.

    Raises:
        MediaError, DataError: a column holds lists, dicts, or values of several kinds.
    """
    return {name: _part(name, values) for name, values in columns.items()}


def written(columns: Mapping[str, Part]) -> bytes:
    """A Parquet file of columns."""
    import duckdb

    _check_names(list(columns))
    held: dict[str, Array] = {}
    said = []
    for at, (name, part) in enumerate(columns.items()):
        held[f"c{at}"] = part.values
        value = f"c{at}::{part.type}"
        if part.values.dtype.kind == "f":  # DuckDB takes NaN in an array for a missing value
            value = f"coalesce({value}, 'nan'::{part.type})"
        if part.missing is not None:
            held[f"m{at}"] = part.missing
            value = f"case when m{at} then null else {value} end"
        said.append(f"{value} as {quoted(name)}")
    with duckdb.connect() as connection:
        connection.execute("SET threads = 1")  # the same rows are the same bytes
        connection.register("given", held)
        return _saved(connection.sql(f"select {', '.join(said)} from given"))


def of_frame(frame: Any, names: Mapping[str, str]) -> tuple[bytes, int]:
    """A frame of DuckDB, Polars or PyArrow as a Parquet file, and its rows.

    `names` gives the name of each column -> what the frame calls it.
    """
    import duckdb

    library = type(frame).__module__.partition(".")[0].lstrip("_")
    if library == "duckdb":
        return _of_relation(frame, names)
    if library == "polars" and hasattr(frame, "collect"):
        frame = frame.collect()
    with duckdb.connect() as connection:
        connection.execute("SET threads = 1")
        return _of_relation(connection.from_arrow(frame), names)


def _of_relation(relation: Any, names: Mapping[str, str]) -> tuple[bytes, int]:
    _check_names(list(names))
    chosen = ", ".join(f"{quoted(inside)} as {quoted(name)}" for name, inside in names.items())
    found = relation.project(chosen)
    for name, type in zip(names, found.types, strict=True):
        if str(type).startswith(_NESTED) or str(type).endswith("]"):
            told = f"column {shown(name)} with values of type {type}"
            raise errors.MediaError.from_object("Table", told, _TAKES)
    return _saved(found), int(found.aggregate("count(*)").fetchone()[0])


def _saved(relation: Any) -> bytes:
    with tempfile.TemporaryDirectory(prefix="plotkit-") as folder:
        path = Path(folder) / "table.parquet"
        relation.write_parquet(str(path), compression="zstd")
        return path.read_bytes()


def quoted(name: str) -> str:
    """A name as SQL takes it."""
    return '"' + name.replace('"', '""') + '"'


def _check_names(names: Sequence[str]) -> None:
    if not names:
        raise errors.MediaError.from_object("Table", "a table without columns", "at least one")
    seen: dict[str, str] = {}
    for name in names:
        other = seen.setdefault(name.casefold(), name)
        if other is not name:
            told = f"columns {shown(other)} and {shown(name)}"
            expected = "names that differ in more than capital letters. Rename one"
            raise errors.MediaError.from_object("Table", told, expected)


# --- one column ----------------------------------------------------------------------------------


def _part(name: str, values: Any) -> Part:
    if isinstance(values, Column):
        values = values.as_list()
    if isinstance(values, np.ma.MaskedArray):
        made = _of_array(name, values.data)
        return made._replace(missing=np.ma.getmaskarray(values).copy())
    if isinstance(values, np.ndarray) and values.dtype.kind in "biufM":
        return _of_array(name, values)
    return _of_values(name, list(values))


def _of_array(name: str, values: Array) -> Part:
    array = values.astype(values.dtype.newbyteorder("="))  # a copy
    if array.dtype.kind == "M":
        unit = np.datetime_data(array.dtype)[0]
        if unit in ("D", "W", "M", "Y"):
            return Part(array.astype("M8[us]"), np.isnat(array), "DATE")
        kind = "TIMESTAMP_NS" if unit == "ns" else "TIMESTAMP"
        return Part(array if unit == "ns" else array.astype("M8[us]"), np.isnat(array), kind)
    if array.dtype.kind == "f" and array.dtype.itemsize not in (4, 8):
        array = array.astype(np.float32 if array.dtype.itemsize == 2 else np.float64)
    types = {"b": "BOOLEAN", "f4": "FLOAT", "f8": "DOUBLE"}
    types |= {f"{sign}{size}": "" for sign in "iu" for size in (1, 2, 4, 8)}
    kind = "b" if array.dtype.kind == "b" else f"{array.dtype.kind}{array.dtype.itemsize}"
    whole = {1: "TINYINT", 2: "SMALLINT", 4: "INTEGER", 8: "BIGINT"}.get(array.dtype.itemsize, "")
    return Part(array, None, types[kind] or ("U" if kind[0] == "u" else "") + whole)


def _of_values(name: str, values: list[Any]) -> Part:
    """A list: what `Column` makes of it, but NaN is kept apart from None."""
    for row, value in enumerate(values):
        if isinstance(value, (list, tuple, dict, set)) or getattr(value, "shape", ()) != ():
            told = f"column {shown(name)}, row {row}: {shown(value)}"
            raise errors.MediaError.from_object("Table", told, _TAKES)
    column = columns_of.from_values(name, values)  # says what is wrong with what is wrong
    known = column.as_list()
    if column.kind == "number":
        known = [v if k is None and _is_nan(v) else k for v, k in zip(values, known, strict=True)]
    missing = np.array([value is None for value in known], dtype=bool)
    filled, type = _FILLED[column.kind](name, known, column)
    return Part(filled, missing if missing.any() or column.kind == "text" else None, type)


def _is_nan(value: Any) -> bool:
    return isinstance(value, (float, np.floating)) and value != value


def _numbers(name: str, known: list[Any], column: Column) -> tuple[Array, str]:
    if any(isinstance(value, float) for value in known):
        return np.array([0.0 if v is None else float(v) for v in known]), "DOUBLE"
    whole = [0 if value is None else int(value) for value in known]
    low, high = min(whole, default=0), max(whole, default=0)
    if low >= -(2**63) and high < 2**63:
        return np.array(whole, dtype=np.int64), "BIGINT"
    if low >= 0 and high < 2**64:
        return np.array(whole, dtype=np.uint64), "UBIGINT"
    told = f"column {shown(name)} with whole numbers from {low} to {high}"
    raise errors.MediaError.from_object("Table", told, "whole numbers of up to 64 bits, or text")


def _bools(name: str, known: list[Any], column: Column) -> tuple[Array, str]:
    return np.array([bool(value) for value in known], dtype=bool), "BOOLEAN"


def _texts(name: str, known: list[Any], column: Column) -> tuple[Array, str]:
    made = np.empty(len(known), dtype=object)
    made[:] = ["" if value is None else value for value in known]
    return made, "VARCHAR"


_UTC = dt.UTC


def _times(name: str, known: list[Any], column: Column) -> tuple[Array, str]:
    """Dates, naive times, and moments, which are kept in UTC."""
    type = {"date": "DATE", "naive": "TIMESTAMP"}.get(column.zone or "", "TIMESTAMPTZ")
    plain = [
        value.astimezone(_UTC).replace(tzinfo=None) if type == "TIMESTAMPTZ" and value else value
        for value in known
    ]
    made = np.array([np.datetime64("NaT") if v is None else v for v in plain], dtype="M8[us]")
    return made, type


_FILLED = {"number": _numbers, "bool": _bools, "text": _texts, "time": _times}


def of_table(table: Table) -> Mapping[str, Any] | tuple[Any, dict[str, str]]:
    """The columns of a table as lists and arrays, or its frame where that is written as it is."""
    held, names = table.given()
    if isinstance(held, dict):
        return held
    library = type(held).__module__.partition(".")[0].lstrip("_")
    if library in ("duckdb", "polars", "pyarrow"):
        return held, names
    if library == "pandas":
        return {name: _of_series(held[inside]) for name, inside in names.items()}
    return {name: table.column(name) for name in names}


def _of_series(series: Any) -> Any:
    """A pandas column: an array, a masked array (its nullable types), or a list."""
    dtype = series.dtype
    if isinstance(dtype, np.dtype) and dtype.kind in "biufM":
        return series.to_numpy()
    if type(dtype).__name__ in _NULLABLE:
        kind = dtype.numpy_dtype
        missing = series.isna().to_numpy()
        return np.ma.MaskedArray(series.to_numpy(dtype=kind, na_value=kind.type(0)), missing)
    return series.tolist()


_NULLABLE = {
    "BooleanDtype", "Float32Dtype", "Float64Dtype",
    *(f"{sign}Int{bits}Dtype" for sign in ("", "U") for bits in (8, 16, 32, 64)),
}  # fmt: skip
