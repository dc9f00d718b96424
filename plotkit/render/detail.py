"""Rows for a closer look, as an HTML page carries them: small, exact, and within a limit.

A column is written in the shortest of a few forms, each of which gives back the same values:

- a list, the values as they are;
- ``{"of": [...], "at": ...}``, a table of values and for each row its place in it;
- ``{"of": [...], "runs": [place, rows, ...]}``, the same where values repeat in runs;
- ``{"steps": [...], "by": n}``, whole numbers as differences from row to row in units of ``n``;
- ``{"f64": ...}`` or ``{"f32": ...}``, numbers as the base64 of their bytes, lowest byte first,
  with NaN for null.

Small whole numbers, such as places and levels, are one digit of base 36 each where all fit. The
page's ``detail.js`` reads these forms; no row is ever rounded.
"""

from __future__ import annotations

import json
import math
import sys
from array import array
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from plotkit.stats import Detail

__all__ = ["carried", "size"]

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_EXACT = 2**52  # whole numbers up to here, and their differences, are numbers of JavaScript
_LEAST = 2  # bytes, that a row takes at the very least
_TABLE = 4096  # values that a table may have


def carried(detail: Detail, limit: int, *, base: int = 0, zooms: bool = True) -> dict[str, Any]:
    """As many levels of detail as fit a limit, ready for JSON.

    Parameters
    ----------
    detail
        Rows of all levels.
    limit
        Bytes of JSON that they may take; the picture itself is there in any case.
    base
        The level that is the picture itself.
    zooms
        Whether a reader can come closer at all; if not, the picture is all that is wanted.

    Returns
    -------
    dict
        ``rows`` (how many), ``columns`` (by field, in the forms above), ``first`` and ``last``
        (digits of levels, or null), ``base``, ``levels``, and ``whole``: whether the last of the
        levels that are there shows every row of the data.

    Examples
    --------
    >>> detail = Detail({"x": [1, 2, 3]}, [0, 1, 0], None, 2, True)
    >>> carried(detail, 1000)["columns"]
    {'x': [1, 2, 3]}
    >>> carried(detail, 1000)["first"], carried(detail, 0)["levels"]
    ('010', 1)
    """
    levels = detail.levels if zooms else base + 1
    while levels > base + 1 and sum(low < levels for low in detail.first) * _LEAST > limit:
        levels -= 1
    while True:
        made = {**_encoded(detail, levels), "base": base}
        if levels == base + 1 or size(made) <= limit:
            return made
        levels -= 1


def _encoded(detail: Detail, levels: int) -> dict[str, Any]:
    """The first so many levels."""
    kept = [row for row, low in enumerate(detail.first) if low < levels]
    last = None
    if detail.last is not None:
        high = [min(detail.last[row], levels - 1) for row in kept]
        last = _places(high) if min(high, default=levels) < levels - 1 else None
    return {
        "rows": len(kept),
        "columns": {
            name: _column([values[row] for row in kept]) for name, values in detail.columns.items()
        },
        "first": _places([detail.first[row] for row in kept]),
        "last": last,
        "levels": levels,
        "whole": detail.whole and levels == detail.levels,
    }


def size(value: object) -> int:
    """The bytes of a value as JSON."""
    return len(json.dumps(value, separators=(",", ":")))


def _column(values: list[Any]) -> Any:
    """One column in its shortest form."""
    return min(_forms(values), key=size)


def _forms(values: list[Any]) -> Iterator[Any]:
    if not all(value is None or type(value) in (int, float) for value in values):
        yield values
        if all(value is None or isinstance(value, (str, bool)) for value in values):
            yield from _tables(values)
        return
    yield [_short(value) for value in values]
    yield from _tables(values)
    yield from _steps(values)
    yield from _bytes(values)


def _tables(values: Sequence[Any]) -> Iterator[dict[str, Any]]:
    """A table of the values that there are, and where each row finds its own."""
    place = {value: at for at, value in enumerate(dict.fromkeys(values))}
    if len(place) > _TABLE:
        return
    at = [place[value] for value in values]
    of = [_short(value) for value in place]
    yield {"of": of, "at": _places(at)}
    runs = [(found, sum(1 for _ in rows)) for found, rows in groupby(at)]
    if 2 * len(runs) < len(at):
        yield {"of": of, "runs": [part for run in runs for part in run]}


def _places(numbers: Sequence[int]) -> str | list[int]:
    """Small whole numbers, one digit each where all fit."""
    if max(numbers, default=0) < len(_DIGITS):
        return "".join([_DIGITS[number] for number in numbers])
    return list(numbers)


def _short(value: Any) -> Any:
    """Whole numbers without a fraction, which JSON would write as ``.0``."""
    if type(value) is float and value.is_integer() and _is_exact(value):
        return int(value)
    return value


def _is_exact(value: float) -> bool:
    return -_EXACT <= value <= _EXACT and (value != 0 or math.copysign(1.0, value) > 0)


def _steps(values: Sequence[float | None]) -> Iterator[dict[str, Any]]:
    """Whole numbers as differences; null takes no part in them."""
    whole = [value if value is None else _short(value) for value in values]
    if not all(value is None or (type(value) is int and _is_exact(value)) for value in whole):
        return
    steps: list[int | None] = []
    before = 0
    for value in whole:
        steps.append(None if value is None else value - before)
        before = before if value is None else value
    by = math.gcd(*(step for step in steps if step is not None)) or 1
    yield {"steps": [None if step is None else step // by for step in steps], "by": by}


def _bytes(values: Sequence[float | None]) -> Iterator[Mapping[str, str]]:
    """Numbers as their bytes, where that gives back each of them."""
    if any(type(value) is int and not _is_exact(value) for value in values):
        return
    numbers = [math.nan if value is None else value for value in values]
    for kind, name in (("f", "f32"), ("d", "f64")):
        try:
            packed = array(kind, numbers)
        except OverflowError:  # a number too large for four bytes
            continue
        if all(
            back == value for back, value in zip(packed, values, strict=True) if value is not None
        ):
            if sys.byteorder == "big":
                packed.byteswap()
            yield {name: b64encode(packed.tobytes()).decode()}
            return
