"""From what people log to what is stored, and back.

Numbers stay numbers, whatever library they come from; no library is imported to recognise its
values. What is stored is a copy: an array or a list that changes afterwards changes nothing here.
"""

from __future__ import annotations

import datetime as dt
import enum
import math
import numbers
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import cache, partial
from pathlib import Path
from typing import Any

from plotkit import errors
from plotkit.runs import media
from plotkit.runs.media.base import Media

# Arrays, tensors and lists of up to so many values are kept as lists, larger ones as histograms.
LIST_VALUES = 64

Note = Callable[[str, str], None]
"""Gets "none" or "histogram" and the name of the value that it was kept so."""

_NOTHING = object()  # a kind of value that a function does not know
_TAKEN = (
    "numbers, bools, text, None, arrays, tensors, lists, data frames, charts, figures, pk.Image, "
    "pk.Video, pk.Audio, pk.Object3D, pk.Html, pk.Histogram and pk.Table can be logged."
)
_FRAMES = {"pandas", "polars", "pyarrow", "duckdb", "pyspark", "ibis", "modin", "cudf", "dask"}


def stored(name: str, value: object, keep: media.Keep, note: Note, *, whole: bool = False) -> Any:
    """The stored form of one value.

    Args:
        name: what it is logged as, for messages.
        value: the value.
        keep: puts bytes beside the run.
        note: is told of None, and of arrays that become histograms.
        whole: keep arrays and tensors whole, in a file, as the summary does, where a value is set
            by itself.

    Raises:
        RunError: nothing of this kind can be recorded.
    """
    fault = partial(errors.RunError.from_value, name, value, is_one_of_a_call=not whole)
    try:
        made = _scalar(value)
        if made is None and value is None:
            note("none", name)
        if made is _NOTHING:
            made = _object(name, value, keep, note, whole)
    except errors.PlotkitError as reason:
        raise fault(str(reason)) from reason
    except Exception as reason:  # what a value of any library does when it is read
        told = f"reading it failed with {type(reason).__name__}: {reason}."
        raise fault(told) from reason
    if made is _NOTHING:
        raise fault(_hint(value))
    return made


def restored(value: Any, folder: Path) -> Any:
    """What was logged, from its stored form: objects come back as objects."""
    if isinstance(value, Mapping) and "_type" in value:
        return media.load(value, folder) or value
    if isinstance(value, list):
        return [restored(one, folder) for one in value]
    return value


@cache
def is_numpy_number(kind: type) -> bool:
    """Whether these are NumPy's single numbers or bools, whose `item()` is Python's own."""
    if kind.__module__ != "numpy":
        return False
    import numpy as np  # it is there, as its number is

    return issubclass(kind, (np.floating, np.integer, np.bool_)) and kind is not np.longdouble


def is_object(value: object) -> bool:
    """Whether a stored form is an object, or a list of objects."""
    if isinstance(value, list):
        return any(is_object(one) for one in value)
    return isinstance(value, Mapping)


def same(one: object, other: object) -> bool:
    """Whether two stored forms are equal; NaN equals NaN."""
    return one is other or one == other or (one != one and other != other)


# --- one value -----------------------------------------------------------------------------------


def _scalar(value: Any) -> Any:
    """A single number, bool or text as Python's own."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, enum.Enum) and not isinstance(value, (int, float, str)):
        return _scalar(value.value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, str):
        return str(value).encode("utf-8", "replace").decode()  # half a character as "?"
    if isinstance(value, (dt.datetime, dt.date, dt.time)):
        return None if value != value else value.isoformat()  # pandas' NaT
    if isinstance(value, dt.timedelta):
        return math.nan if value != value else value.total_seconds()
    if isinstance(value, os.PathLike):
        return os.fsdecode(value)
    if type(value).__name__ == "NAType":  # pandas' missing value
        return None
    if isinstance(value, numbers.Number) and type(value).__module__ != "numpy":
        return _number(value)
    return _NOTHING


def _number(value: Any) -> Any:
    """Decimal, Fraction and others of the kind; complex numbers are two."""
    if isinstance(value, (Decimal, numbers.Rational, numbers.Real)):
        try:
            return _float(value)
        except (OverflowError, ValueError):  # too large; a signalling NaN
            return _NOTHING
    return _NOTHING


def _float(value: Any) -> Any:
    """A number as a float; nothing where only infinity would be left of it."""
    found = float(value)
    return _NOTHING if math.isinf(found) and found != value else found


def _object(name: str, value: Any, keep: media.Keep, note: Note, whole: bool) -> Any:
    if isinstance(value, Media):
        return value.store(keep)
    single = _single(value)
    if single is not _NOTHING:
        return single
    wrapped = media.wrap(value)
    if wrapped is not None:
        return wrapped.store(keep)
    if isinstance(value, (list, tuple, range)):
        return _sequence(name, value, keep, note)
    if hasattr(value, "shape") or hasattr(value, "__array__"):
        return _array(name, value, keep, note, whole)
    if isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray, memoryview)):
        return _sequence(name, list(value), keep, note)
    return _NOTHING


def _single(value: Any) -> Any:
    """An array or a tensor of one value, of any library, as that value."""
    shape = getattr(value, "shape", None)
    if shape is None or type(value).__module__.partition(".")[0] in _FRAMES:
        return _NOTHING
    if callable(shape) or math.prod(shape) != 1:
        return _NOTHING
    from plotkit.runs.media import reading

    numpy = sys.modules.get("numpy")
    if numpy is not None and numpy.ma.is_masked(value):
        return None
    found = reading.array(value)
    return _NOTHING if found is None else _element(found.reshape(()))


def _element(found: Any) -> Any:
    """A NumPy array without dimensions as a Python value."""
    kind = found.dtype.kind
    if kind == "M":
        return None if str(found) == "NaT" else str(found)
    if kind == "m":
        return _scalar(found.astype("m8[us]").item()) if str(found) != "NaT" else math.nan
    if kind == "c" or kind == "V":
        return _NOTHING
    return _float(found) if kind == "f" else _scalar(found.item())


def _array(name: str, value: Any, keep: media.Keep, note: Note, whole: bool) -> Any:
    """More or fewer than one value: whole, as a list, or as a histogram."""
    from plotkit.runs.media import reading

    found = reading.array(value)
    if found is None or found.dtype.kind in "cV":
        return _NOTHING
    if whole and found.dtype.kind in "biuf":
        from plotkit.runs.media.tensor import Tensor

        return Tensor(found).store(keep)
    if found.size <= LIST_VALUES:
        if found.dtype.kind == "f" and type(value).__module__.partition(".")[0] in _FRAMES:
            return _sequence(name, _column(value, found), keep, note)
        masked = getattr(value, "mask", None) is not None and hasattr(value, "filled")
        return _elements(value if masked else found)
    return _histogram(name, value, keep, note) if found.dtype.kind in "biufO" else _NOTHING


def _column(value: Any, found: Any) -> Sequence[Any]:
    """A column of numbers; as an array, whole ones would be floats where some are missing."""
    for way in ("to_list", "tolist", "to_pylist"):
        if callable(getattr(value, way, None)):
            listed: Sequence[Any] = getattr(value, way)()
            return listed
    made: Sequence[Any] = found.tolist()
    return made


def _elements(found: Any) -> Any:
    """An array as lists in lists."""
    if not found.ndim:
        return _element(found)
    if found.dtype.kind in "biu":
        return found.tolist()
    numpy = sys.modules["numpy"]
    made = [
        None if part is numpy.ma.masked else _elements(numpy.asanyarray(part)) for part in found
    ]
    if any(part is _NOTHING for part in made):
        raise errors.DataError.from_sentence(None, None, f"an array of {found.dtype} in it.")
    return made


def _sequence(name: str, value: Sequence[Any], keep: media.Keep, note: Note) -> Any:
    """A list: of numbers and texts if it is short, of objects at any length."""
    count = _leaves(value)
    if count is not None and count > LIST_VALUES:
        return _histogram(name, value, keep, note)
    made = []
    for one in value:
        part = _scalar(one)
        if part is _NOTHING and not isinstance(one, Mapping):
            part = _object(name, one, keep, note, False)
        if part is _NOTHING:
            raise errors.RunError.from_value(name, one, _hint(one), is_one_of_a_call=False)
        made.append(part)
    if len(made) > LIST_VALUES and not any(is_object(part) for part in made):
        # Tensors of one value are numbers by now.
        return _NOTHING if _leaves(made) is None else _histogram(name, made, keep, note)
    return made


def _leaves(value: Sequence[Any]) -> int | None:
    """How many numbers lists in lists hold; None where they hold anything else."""
    count = 0
    for one in value:
        if isinstance(one, (list, tuple, range)):
            inside = _leaves(one)
            if inside is None:
                return None
            count += inside
        elif one is None or isinstance(one, numbers.Real):
            count += 1
        else:
            return None
    return count


def _histogram(name: str, value: Any, keep: media.Keep, note: Note) -> Any:
    from plotkit.runs.media.histogram import Histogram

    note("histogram", name)
    return Histogram(value).store(keep)


def _hint(value: object) -> str:
    """What to log instead."""
    if isinstance(value, (bytes, bytearray, memoryview)):
        return "bytes say nothing of what they are; wrap them: pk.Image, pk.Audio, pk.Video."
    if isinstance(value, numbers.Complex) and not isinstance(value, numbers.Real):
        return "a complex number is two; log its real and its imaginary part."
    if isinstance(value, numbers.Number):
        return "it is beyond what a float holds; log its logarithm, or its text."
    if isinstance(value, Mapping):
        return "a dict inside a list has no name; log pk.Table(rows) instead."
    if isinstance(value, (set, frozenset)):
        return "a set has no order; log sorted(values)."
    if isinstance(value, (list, tuple)):
        return f"a list of more than {LIST_VALUES} texts is a table; log pk.Table(...)."
    if callable(value):
        return "it is a function or a class; log what it returns."
    return _TAKEN
