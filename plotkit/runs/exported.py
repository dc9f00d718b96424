"""All rows of a run as a Parquet or CSV file, exactly.

Integers stay integers, NaN and infinity stay what they are, and None is empty. A column that mixes
kinds, lists and objects are JSON text.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from plotkit import errors, written
from plotkit.runs.reading import columns_of

if TYPE_CHECKING:
    from plotkit.runs.database import Database

Array = np.ndarray[Any, Any]

FORMATS = {
    ".parquet": "FORMAT parquet, COMPRESSION zstd",
    ".csv": "FORMAT csv, HEADER true",
}
_WORDS = {"i": "BIGINT", "f": "DOUBLE", "b": "BOOLEAN"}
_GIVEN, _NAN, _NULL = 0, 1, 2  # what stands beside each number, as DuckDB takes NaN for NULL
_EXACT = 1 << 53


def write(
    database: Database, path: str | os.PathLike[str], names: Sequence[str] | None, created: float
) -> Path:
    """Write rows to a file in the format of its ending, whole or not at all.

    Args:
        database: the run.
        path: the file; its folder must exist.
        names: the columns; default all. A row is written that has at least one of them.
        created: when the run began, in seconds since 1970, for "_runtime".
    """
    target = written.path_of(path)
    how = FORMATS.get(target.suffix.lower())
    if how is None:
        raise errors.SaveError.from_suffix(str(target), list(FORMATS))
    if not target.parent.is_dir():
        raise errors.SaveError.from_missing_folder(str(target), str(target.parent))
    asked = list(database.known()) if names is None else list(names)
    columns = columns_of(database, asked, None, None)
    held: dict[str, Any] = {
        "_step": columns.steps,
        "_runtime": columns.at - created,
        "_timestamp": columns.at,
        **columns.values,
    }
    _copy(held, target, how)
    return target


def _copy(columns: dict[str, Any], target: Path, how: str) -> None:
    import duckdb

    arrays: dict[str, Array] = {}
    shown = [
        f'{_selected(f"c{number}", values, arrays)} AS "{name.replace(chr(34), chr(34) * 2)}"'
        for number, (name, values) in enumerate(columns.items())
    ]
    beside = target.with_name(f".{target.name[:40]}-{os.urandom(8).hex()}")
    quoted = str(beside).replace("'", "''")
    try:
        with duckdb.connect() as connection:
            connection.register("held", arrays)
            connection.execute(f"COPY (SELECT {', '.join(shown)} FROM held) TO '{quoted}' ({how})")
        beside.replace(target)
    except (duckdb.Error, OSError) as reason:
        raise errors.SaveError.from_os(str(target), f"{reason}") from reason
    finally:
        with suppress(OSError):
            beside.unlink()


def _selected(place: str, values: Any, arrays: dict[str, Array]) -> str:
    """Puts a column's values into `arrays`; the expression that gives them back."""
    if isinstance(values, list):
        values = _of_list(values)
    if isinstance(values, list):
        arrays[place] = _texts(values)
        return f"{place}::VARCHAR"
    absent = np.ma.getmaskarray(values) if isinstance(values, np.ma.MaskedArray) else None
    plain = np.ma.getdata(values)
    kind = plain.dtype.kind
    codes = np.full(len(plain), _GIVEN, np.int8)
    if kind == "f":
        nan = np.isnan(plain)
        codes[nan] = _NAN
        plain = np.where(nan, 0.0, plain)
    if absent is not None:
        codes[absent] = _NULL
    arrays[place], arrays[f"{place}k"] = plain, codes
    nan_case = f"WHEN {_NAN} THEN 'NaN'::DOUBLE " if kind == "f" else ""
    return f"CASE {place}k WHEN {_NULL} THEN NULL {nan_case}ELSE {place}::{_WORDS[kind]} END"


def _of_list(values: list[Any]) -> Any:
    """Numbers or bools with None among them as a masked array; texts as they are, else JSON."""
    kinds = {type(value) for value in values if value is not None}
    absent = np.fromiter((value is None for value in values), bool, len(values))
    if kinds == {bool}:
        return np.ma.MaskedArray(np.array([bool(value) for value in values]), absent)
    if kinds == {int} and all(value is None or -(1 << 63) <= value < 1 << 63 for value in values):
        return np.ma.MaskedArray(np.array([value or 0 for value in values], np.int64), absent)
    if kinds and kinds <= {int, float} and float in kinds and all(map(_is_exact, values)):
        return np.ma.MaskedArray(
            np.array([_or_zero(value) for value in values], np.float64), absent
        )
    if kinds <= {str}:
        return values
    if kinds == {int}:
        return [None if value is None else str(value) for value in values]
    return [None if value is None else json.dumps(_named(value)) for value in values]


def _or_zero(value: Any) -> Any:
    return 0.0 if value is None else value  # and -0.0 stays what it is


def _is_exact(value: Any) -> bool:
    """Whether a float holds it."""
    return not isinstance(value, int) or -_EXACT <= value <= _EXACT


def _named(value: Any) -> Any:
    """With words for the numbers that JSON does not have."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, list):
        return [_named(one) for one in value]
    if isinstance(value, dict):
        return {name: _named(one) for name, one in value.items()}
    return value


def _texts(values: list[Any]) -> Array:
    made = np.empty(len(values), dtype=object)
    made[:] = values
    return made
