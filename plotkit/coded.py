"""Categories as codes: each row's position in a short list of labels.

A column of a hundred million rows has few labels; a text for each row would take longer to make
than to draw. Everything said of labels (cleaning, order, notes) is said of the list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from plotkit.facts import PIECE

Array = np.ndarray[Any, Any]

_SMALL_TABLE = 1 << 16  # a lookup table of so many entries is always worth making
_UNSEEN, _MISSING = -2, -1


class Coded(NamedTuple):
    """Labels, and each row's position in them as int32, -1 where the row has none."""

    labels: list[str]
    codes: Array


def of_texts(values: Sequence[str | None]) -> Coded:
    """Codes of a list of texts.

    >>> of_texts(["b", "a", None, "b"])
    Coded(labels=['b', 'a'], codes=array([ 0,  1, -1,  0], dtype=int32))
    """
    return of_hashed(values, str)


def of_hashed(values: Sequence[Any], label: Callable[[Any], str]) -> Coded:
    """Codes of a list of any values, None where missing, by their labels."""
    found = dict.fromkeys(values)
    found.pop(None, None)
    place: dict[Any, int] = {value: at for at, value in enumerate(found)}
    place[None] = _MISSING
    codes = np.fromiter(map(place.__getitem__, values), dtype=np.int32, count=len(values))
    return merged([label(value) for value in found], codes)


def of_strings(array: Array) -> Coded:
    """Codes of a NumPy array of strings."""
    place: dict[str, int] = {}
    codes = np.empty(len(array), dtype=np.int32)
    for start in range(0, len(array), PIECE):
        values = array[start : start + PIECE].tolist()
        for value in dict.fromkeys(values):
            place.setdefault(value, len(place))
        codes[start : start + PIECE] = np.fromiter(
            map(place.__getitem__, values), dtype=np.int32, count=len(values)
        )
    return Coded(list(place), codes)


def merged(labels: list[str], codes: Array) -> Coded:
    """The same, equal labels made one."""
    place: dict[str, int] = {}
    for label in labels:
        place.setdefault(label, len(place))
    if len(place) == len(labels):
        return Coded(labels, codes)
    into = np.array([*map(place.__getitem__, labels), _MISSING], dtype=np.int32)
    return Coded(list(place), into[codes])


def compacted(found: Coded) -> Coded:
    """The labels that have rows, in the order in which these first come.

    >>> compacted(Coded(["a", "b", "c"], np.array([2, 0, 2])))
    Coded(labels=['c', 'a'], codes=array([0, 1, 0], dtype=int32))
    """
    places = (piece + 1 for piece in _pieces(found.codes))
    codes, firsts = _ranked(places, len(found.codes), len(found.labels) + 1)
    return Coded([found.labels[at] for at in found.codes[firsts].tolist()], codes)


def of_numbers(
    array: Array, missing: Array | None, ends: tuple[int, int] | None
) -> tuple[Array, Array]:
    """Codes of numbers in the order in which these first come, and the first row of each.

    `missing` marks the rows without a value (NaN is one in any case). `ends` are the lowest and
    the highest of values that are all whole, else None.

    >>> of_numbers(np.array([30, 10, 30]), None, (10, 30))
    (array([0, 1, 0], dtype=int32), array([0, 1]))
    """
    if ends is not None and ends[1] - ends[0] < max(_SMALL_TABLE, 2 * len(array)):
        size = int(ends[1] - ends[0]) + 2
        return _ranked(_places(array, missing, int(ends[0])), len(array), size)
    return _sorted_out(array, missing)


def _pieces(array: Array) -> Iterator[Array]:
    return (array[start : start + PIECE] for start in range(0, len(array), PIECE))


def _places(array: Array, missing: Array | None, low: int) -> Iterator[Array]:
    """Each value's place in a table that begins with the missing one."""
    for number, piece in enumerate(_pieces(array)):
        absent = None if missing is None else missing[number * PIECE : (number + 1) * PIECE]
        if piece.dtype.kind == "f":
            absent = np.isnan(piece)
            piece = np.where(absent, low, piece)
        wide = piece if piece.dtype == np.uint64 else piece.astype(np.int64, copy=False)
        place = (wide - low).astype(np.intp, copy=False)
        place += 1
        if absent is not None:
            place[absent] = 0
        yield place


def _ranked(places: Iterator[Array], rows: int, size: int) -> tuple[Array, Array]:
    """Ranks by first appearance of values that are places in a small table."""
    rank = np.full(size, _UNSEEN, dtype=np.int32)
    rank[0] = _MISSING
    codes = np.empty(rows, dtype=np.int32)
    firsts: list[Array] = []
    start = seen = 0
    for place in places:
        found = rank[place]
        if found.min() == _UNSEEN:
            new = np.flatnonzero(found == _UNSEEN)
            values, at = np.unique(place[new], return_index=True)
            order = np.argsort(at)
            rank[values[order]] = np.arange(seen, seen + len(values), dtype=np.int32)
            firsts.append(start + new[at[order]])
            seen += len(values)
            found = rank[place]
        codes[start : start + len(place)] = found
        start += len(place)
    return codes, np.concatenate(firsts) if firsts else np.empty(0, dtype=np.intp)


def _sorted_out(array: Array, missing: Array | None) -> tuple[Array, Array]:
    """Ranks by first appearance of any values, by sorting them."""
    if array.dtype.kind == "f":
        missing = np.isnan(array)
    rows = np.arange(len(array)) if missing is None else np.flatnonzero(~missing)
    known = array if missing is None else array[rows]
    values, at, inverse = np.unique(known, return_index=True, return_inverse=True)
    order = np.argsort(at)
    rank = np.empty(len(values), dtype=np.int32)
    rank[order] = np.arange(len(values), dtype=np.int32)
    codes = np.full(len(array), _MISSING, dtype=np.int32)
    codes[rows] = rank[inverse]
    return codes, rows[at[order]]


# --- text of other libraries ---------------------------------------------------------------------


def of_pandas(native: Any, label: Callable[[Any], str]) -> Coded:
    """Codes of a pandas series of texts or a categorical."""
    if hasattr(native, "cat"):
        codes = native.cat.codes.to_numpy().astype(np.int32, copy=False)
        return merged([label(value) for value in native.cat.categories.tolist()], codes)
    import pandas as pd

    codes, found = pd.factorize(native)
    return merged([label(value) for value in found.tolist()], codes.astype(np.int32))


def of_polars(native: Any) -> Coded:
    """Codes of a Polars series of texts, a categorical or an enum."""
    import polars as pl

    missing = native.is_null().to_numpy() if native.null_count() else None
    if native.dtype == pl.String:
        labels = native.drop_nulls().unique(maintain_order=True)
        native = native.cast(pl.Enum(labels))
        codes = native.to_physical().fill_null(0).to_numpy().astype(np.int32)
        if missing is not None:
            codes[missing] = _MISSING
        return Coded(labels.to_list(), codes)
    physical = native.to_physical().fill_null(0).to_numpy()
    ends = (int(physical.min()), int(physical.max())) if len(physical) else (0, 0)
    codes, firsts = of_numbers(physical, missing, ends)
    return merged(native.gather(firsts).cast(pl.String).to_list(), codes)


def of_arrow(native: Any, label: Callable[[Any], str]) -> Coded:
    """Codes of a PyArrow chunked array of texts or of a dictionary."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_dictionary(native.type):
        native = pc.dictionary_encode(native)
    native = native.unify_dictionaries()
    codes = np.empty(len(native), dtype=np.int32)
    labels: list[Any] = []
    start = 0
    for chunk in native.chunks:
        labels = chunk.dictionary.to_pylist()
        found = chunk.indices
        held = found.fill_null(0).to_numpy(zero_copy_only=False)
        part = codes[start : start + len(chunk)]
        part[:] = held
        if found.null_count:
            part[found.is_null().to_numpy(zero_copy_only=False)] = _MISSING
        start += len(chunk)
    return _without_null(labels, codes, label)


def _without_null(labels: list[Any], codes: Array, label: Callable[[Any], str]) -> Coded:
    """A dictionary may list null as one of its values."""
    if None not in labels:
        return merged([label(value) for value in labels], codes)
    known = [value for value in labels if value is not None]
    into = np.full(len(labels) + 1, _MISSING, dtype=np.int32)
    into[[at for at, value in enumerate(labels) if value is not None]] = np.arange(len(known))
    return merged([label(value) for value in known], into[codes])
